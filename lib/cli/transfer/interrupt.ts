import type { Call } from '../call.js'
import { exitCode } from '../exit-code.js'
import { printTo } from '../terminal.js'
import { reportInterrupted } from './failed-transfer.js'

/** The first Ctrl-C stops cleanly, the second one at once, and each says so before anything else can go wrong. */
export class Interrupt {
  readonly #abort = new AbortController()
  readonly #stop: () => void
  /** Tells that it was interrupted, and how to go on, before the process ends at once. */
  lastWords: () => number
  /** Called before it says that it stops: bars that are drawn again would hide what it says. */
  onStopping = (): void => {}

  /** @param what says what came of the work, as long as nobody tells more: a sentence */
  constructor(call: Call, what: () => string) {
    const { terminal } = call
    this.lastWords = () => reportInterrupted(call, undefined, what())
    this.#stop = terminal.onInterrupt(() => {
      if (this.#abort.signal.aborted) {
        this.lastWords()
        terminal.exit(exitCode.interrupted)
        return
      }
      this.onStopping()
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
