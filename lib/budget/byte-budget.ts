/*
 * Memory that transfers use together. What they hold of it is what could as well wait: chunks read ahead, and blocks that are
 * sent while the next one grows. What a transfer needs to get on at all (the block that grows, the chunk that its reader
 * waits for) is never refused, so that one transfer can't be stopped by another, not even by the one that feeds it. Those
 * that wait get their turn one after the other, one claim each; a large claim isn't passed by small ones, or it would wait
 * for ever.
 */

/** The largest piece that a socket gives at a time. */
export const chunkBytes = 64 * 1024

/** Bytes that several {@link ByteShare}s hold together. */
export class ByteBudget {
  readonly limit: number
  #used = 0
  /** Shares with claims that wait, the one that has waited longest first. */
  readonly #waiting = new Set<ByteShare>()

  /** @param limit bytes; default none */
  constructor(limit = Number.POSITIVE_INFINITY) {
    this.limit = limit
  }

  /** Whether it can ever refuse. */
  get isBounded(): boolean {
    return this.limit !== Number.POSITIVE_INFINITY
  }

  get used(): number {
    return this.#used
  }

  /** @param limit of this share alone: it stops once it holds so many */
  share(limit = Number.POSITIVE_INFINITY): ByteShare {
    return new ByteShare(this, limit)
  }

  /** @internal */
  fits(bytes: number): boolean {
    return this.#used + bytes <= this.limit || this.#used === 0
  }

  /** @internal Whether somebody waits for bytes of all. */
  get isContended(): boolean {
    for (const share of this.#waiting) if (share.isDue) return true
    return false
  }

  /** @internal */
  add(bytes: number): void {
    this.#used += bytes
  }

  /** @internal */
  enqueue(share: ByteShare): void {
    this.#waiting.add(share)
  }

  /** @internal */
  dequeue(share: ByteShare): void {
    this.#waiting.delete(share)
  }

  /** @internal Gives those that wait what there is, one claim of each in turn. */
  serve(): void {
    for (const share of this.#waiting) {
      if (!share.isDue) continue
      if (!this.fits(share.nextBytes)) return
      this.#waiting.delete(share)
      share.grantNext()
    }
  }
}

/** Bytes that wait for room. */
export interface ByteClaim {
  /** Resolves when they are held. It never rejects. */
  readonly granted: Promise<void>
  /** Holds them at once, room or not. */
  force(): void
  /** Gives them back, or waits no longer. To be called once when they are not needed any more. */
  release(): void
}

/** What one transfer holds of a budget. */
export class ByteShare {
  readonly #budget: ByteBudget
  #limit: number
  #used = 0
  #isClosed = false
  readonly #claims = new Set<WaitingClaim>()

  /** @internal */
  constructor(budget: ByteBudget, limit: number) {
    this.#budget = budget
    this.#limit = limit
  }

  /** Whether the transfers together are limited. */
  get isBounded(): boolean {
    return this.#budget.isBounded
  }

  get used(): number {
    return this.#used
  }

  /** From now on it stops only once it holds so many. */
  raise(limit: number): void {
    this.#limit = limit
    this.#budget.serve()
  }

  /** Holds bytes if there is room for them and nobody waits. */
  tryTake(bytes: number): boolean {
    if (this.#used >= this.#limit || this.#claims.size > 0) return false
    if (!this.#budget.fits(bytes) || this.#budget.isContended) return false
    this.take(bytes)
    return true
  }

  /** Holds bytes, room or not. */
  take(bytes: number): void {
    if (this.#isClosed) return
    this.#used += bytes
    this.#budget.add(bytes)
  }

  /** Gives bytes back. */
  give(bytes: number): void {
    if (this.#isClosed) return
    this.#used -= bytes
    this.#budget.add(-bytes)
    this.#budget.serve()
  }

  /** Holds bytes as soon as there is room for them. */
  claim(bytes: number): ByteClaim {
    const claim = new WaitingClaim(bytes, this)
    if (this.tryTake(bytes)) claim.grant()
    else {
      this.#claims.add(claim)
      this.#budget.enqueue(this)
    }
    return claim
  }

  /** Gives all back and waits for nothing more. What is taken or given later doesn't count. */
  close(): void {
    for (const claim of [...this.#claims]) claim.release()
    this.give(this.#used)
    this.#isClosed = true
  }

  /** @internal Whether its next claim waits for the others, and not for the limit of its own. */
  get isDue(): boolean {
    return this.#claims.size > 0 && this.#used < this.#limit
  }

  /** @internal Of the next claim. */
  get nextBytes(): number {
    return this.#next.bytes
  }

  /** @internal */
  grantNext(): void {
    const claim = this.#next
    this.forget(claim)
    this.take(claim.bytes)
    if (this.#claims.size > 0) this.#budget.enqueue(this)
    claim.grant()
  }

  /** @internal */
  forget(claim: WaitingClaim): void {
    this.#claims.delete(claim)
    if (this.#claims.size === 0) this.#budget.dequeue(this)
  }

  get #next(): WaitingClaim {
    return this.#claims.values().next().value!
  }
}

class WaitingClaim implements ByteClaim {
  readonly bytes: number
  readonly granted: Promise<void>
  readonly #share: ByteShare
  #resolve = (): void => {}
  #state: 'waiting' | 'granted' | 'released' = 'waiting'

  constructor(bytes: number, share: ByteShare) {
    this.bytes = bytes
    this.#share = share
    this.granted = new Promise(resolve => {
      this.#resolve = resolve
    })
  }

  grant(): void {
    this.#state = 'granted'
    this.#resolve()
  }

  force(): void {
    if (this.#state !== 'waiting') return
    this.#share.forget(this)
    this.#share.take(this.bytes)
    this.grant()
  }

  release(): void {
    const held = this.#state === 'granted'
    if (this.#state === 'waiting') this.#share.forget(this)
    this.#state = 'released'
    // Whoever waits for it has nothing to wait for any more.
    this.#resolve()
    this.#share.give(held ? this.bytes : 0)
  }
}
