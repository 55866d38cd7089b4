/** Other work of the process waits no longer than this and one batch of rows. */
const turnMs = 10

/**
 * Gives the event loop back now and then. Code that always has the next rows at hand would hold it until they end:
 * awaiting promises that are settled already ends no turn of the loop.
 */
export class LoopTurns {
  #since = performance.now()

  /** Undefined while the turn is young, else a promise that resolves in the next one. */
  due(): Promise<void> | undefined {
    if (performance.now() - this.#since < turnMs) return undefined
    return new Promise(resolve =>
      setImmediate(() => {
        this.#since = performance.now()
        resolve()
      }),
    )
  }
}
