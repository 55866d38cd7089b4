import type { Call } from '../call.js'
import { exitCode } from '../exit-code.js'
import { printTo } from '../terminal.js'

/** The first Ctrl-C stops cleanly, the second one at once. */
export class Interrupt {
  readonly #abort = new AbortController()
  readonly #stop: () => void
  /** What to print before the process ends at once: how to go on. */
  lastWords: () => string | undefined = () => undefined

  constructor({ terminal }: Call) {
    this.#stop = terminal.onInterrupt(() => {
      if (this.#abort.signal.aborted) {
        const words = this.lastWords()
        if (words !== undefined) printTo(terminal.stderr, `${words}\n`)
        terminal.exit(exitCode.interrupted)
      }
      printTo(terminal.stderr, '\nStopping; Ctrl-C again stops at once.\n')
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
