/** The bytes that answers may hold before they are due, shared by all ranges of one reader. */
export class ReadAheadBudget {
  readonly #limit: number
  #used = 0
  #waiting: (() => void)[] = []

  /** @param limit bytes; one chunk an answer may go beyond it */
  constructor(limit: number) {
    this.#limit = limit
  }

  get exhausted(): boolean {
    return this.#used >= this.#limit
  }

  take(bytes: number): void {
    this.#used += bytes
  }

  give(bytes: number): void {
    this.#used -= bytes
    const waiting = this.#waiting
    this.#waiting = []
    for (const wake of waiting) wake()
  }

  /** Resolves when bytes were given back. */
  changed(): Promise<void> {
    return new Promise(resolve => this.#waiting.push(resolve))
  }
}
