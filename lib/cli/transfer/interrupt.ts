import type { Call } from '../call.js'
import { exitCode } from '../exit-code.js'
import { printTo } from '../terminal.js'

/** The first Ctrl-C stops cleanly, the second one at once, and each says so before anything else can go wrong. */
export class Interrupt {
  readonly #abort = new AbortController()
  readonly #stop: () => void
  /** Tells how to go on, before the process ends at once. */
  lastWords: () => void = () => {}

  constructor(call: Call) {
    const { terminal } = call
    this.#stop = terminal.onInterrupt(() => {
      if (this.#abort.signal.aborted) {
        this.lastWords()
        terminal.exit(exitCode.interrupted)
        return
      }
      if (call.json) call.event('stopping', {})
      else printTo(terminal.stderr, '\nStopping; press Ctrl-C again to stop immediately.\n')
      this.#abort.abort()
    })
  }

  get signal(): AbortSignal {
    return this.#abort.signal
  }

  get happened(): boolean {
    return this.#abort.signal.aborted
  }

  close(): void {
    this.#stop()
  }
}
