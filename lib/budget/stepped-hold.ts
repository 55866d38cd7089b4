import { type ByteClaim, type ByteShare, chunkBytes } from './byte-budget.js'

/**
 * Bytes of a common budget for something that grows and shrinks a little at a time: they are taken and given back in steps, so
 * that most changes cost one comparison.
 */
export class SteppedHold {
  readonly #share: ByteShare
  #granted: number
  #claim: ByteClaim | undefined

  constructor(share: ByteShare) {
    this.#share = share
    this.#granted = share.isBounded ? 0 : Number.POSITIVE_INFINITY
  }

  /** Takes what is missing for so many bytes, as far as there is room. @returns whether there was */
  covers(bytes: number): boolean {
    while (bytes > this.#granted) {
      if (!this.#share.tryTake(chunkBytes)) return false
      this.#granted += chunkBytes
    }
    return true
  }

  /** Gives back what so many bytes don't need. */
  shrink(bytes: number): void {
    if (this.#granted === Number.POSITIVE_INFINITY) return
    const spare = Math.floor((this.#granted - bytes) / chunkBytes) * chunkBytes
    if (spare <= 0) return
    this.#granted -= spare
    this.#share.give(spare)
  }

  /** Waits for a step in turn with others; waiting goes on until it is granted or {@link stop} is called. */
  async step(): Promise<void> {
    if (this.#claim === undefined) {
      const claim = this.#share.claim(chunkBytes)
      this.#claim = claim
      claim.granted.then(() => {
        if (this.#claim !== claim) return
        this.#claim = undefined
        this.#granted += chunkBytes
      })
    }
    await this.#claim.granted
  }

  /** Waits no longer. */
  stop(): void {
    this.#claim?.release()
    this.#claim = undefined
  }
}
