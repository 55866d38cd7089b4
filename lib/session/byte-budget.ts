/*
 * Memory that several may use together. It is counted when it is there and given back when it is gone; nobody asks
 * beforehand, since what a socket brings next is not known. So whoever shares a budget stops when it is exhausted, but
 * may always go on while it holds nothing itself: the one that all others wait for never waits for them. The limit is
 * exceeded by one chunk of each sharer at most. Those that wait go on in turn, each with one chunk more.
 */
export class ByteBudget {
  readonly #limit: number
  #used = 0
  #waiting: (() => void)[] = []

  /** @param limit bytes */
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

  /** Resolves when bytes were given back; look again whether there is room. */
  changed(): Promise<void> {
    return new Promise(resolve => this.#waiting.push(resolve))
  }
}
