import { AbortError, watchAbort } from '../abort.js'

/*
 * How many requests are under way at once. How many a service takes isn't known, and changes with what others do: so the
 * number follows its answers, as TCP does. It is halved when a request is refused because there are too many, once for all
 * requests that were under way together, and grows by one with every round of good answers, while more would be sent. It never
 * falls below one, so that something always tries.
 *
 * Transfers get their turn one after the other, however many requests each of them has. An answer whose reader has stopped
 * doesn't count: nobody works on it, and whoever the reader waits for may need the place.
 */
export class RequestGate {
  readonly #limit: number
  #allowed: number
  #underWay = 0
  /** How often the number was lowered. */
  #round = 0
  /** By transfer, the one whose turn is next first. */
  readonly #waiting = new Map<object, Waiter[]>()

  /** @param limit requests at once; default as many as there are */
  constructor(limit = Number.POSITIVE_INFINITY) {
    this.#limit = limit
    this.#allowed = limit
  }

  /** Requests that may be under way at once, now. */
  get allowed(): number {
    return Math.floor(this.#allowed)
  }

  get underWay(): number {
    return this.#underWay
  }

  /**
   * @param transfer what shares turns; requests of one transfer keep their order
   * @returns a promise when it has to wait
   * @throws AbortError while it waits
   */
  enter(transfer: object, signal: AbortSignal | undefined): RequestPlace | Promise<RequestPlace> {
    const place = new RequestPlace(this, transfer, signal)
    const wait = this.admit(place)
    return wait === undefined ? place : wait.then(() => place)
  }

  /** @internal */
  admit(place: RequestPlace): Promise<void> | undefined {
    if (this.#waiting.size === 0 && this.#underWay < this.allowed) {
      this.#take(place)
      return undefined
    }
    return this.#wait(place)
  }

  /** @internal */
  leave(): void {
    this.#underWay--
    this.#serve()
  }

  /** @internal A request was answered. */
  rise(): void {
    const { allowed } = this
    if (allowed >= this.#limit || this.#underWay + this.#waiting.size < allowed) return
    this.#allowed = Math.min(this.#limit, this.#allowed + 1 / allowed)
    this.#serve()
  }

  /** @internal A request of this round was refused because there are too many. */
  lower(round: number): void {
    if (round !== this.#round) return
    this.#round++
    this.#allowed = Math.max(1, Math.floor(Math.min(this.#allowed, this.#underWay) / 2))
  }

  #wait(place: RequestPlace): Promise<void> {
    const { transfer, signal } = place
    const waiters = this.#waiting.get(transfer) ?? []
    if (waiters.length === 0) this.#waiting.set(transfer, waiters)
    return new Promise((resolve, reject) => {
      const unwatch =
        signal &&
        watchAbort(signal, () => {
          waiters.splice(waiters.indexOf(waiter), 1)
          if (waiters.length === 0) this.#waiting.delete(transfer)
          reject(new AbortError(signal.reason))
        })
      const waiter: Waiter = () => {
        unwatch?.()
        this.#take(place)
        resolve()
      }
      waiters.push(waiter)
    })
  }

  #take(place: RequestPlace): void {
    this.#underWay++
    place.round = this.#round
  }

  #serve(): void {
    for (const [transfer, waiters] of this.#waiting) {
      if (this.#underWay >= this.allowed) return
      this.#waiting.delete(transfer)
      const next = waiters.shift()!
      if (waiters.length > 0) this.#waiting.set(transfer, waiters)
      next()
    }
  }
}

type Waiter = () => void

/** The place of one request, from before it is sent until nothing more comes. */
export class RequestPlace {
  readonly transfer: object
  readonly signal: AbortSignal | undefined
  /** @internal Of the gate, when it was sent. */
  round = 0
  readonly #gate: RequestGate
  #state: 'held' | 'paused' | 'left' = 'held'

  /** @internal */
  constructor(gate: RequestGate, transfer: object, signal: AbortSignal | undefined) {
    this.#gate = gate
    this.transfer = transfer
    this.signal = signal
  }

  /** The answer's reader has stopped: others may have the place. */
  pause(): void {
    if (this.#state !== 'held') return
    this.#state = 'paused'
    this.#gate.leave()
  }

  /**
   * The reader goes on.
   * @returns a promise when it has to wait for a place
   */
  async resume(): Promise<void> {
    if (this.#state !== 'paused') return
    await this.#gate.admit(this)
    // It may have been left while it waited.
    if (this.#state === 'paused') this.#state = 'held'
    else this.#gate.leave()
  }

  /** Nothing more comes of the request. */
  leave(): void {
    if (this.#state === 'held') this.#gate.leave()
    this.#state = 'left'
  }

  /** The service did what was asked. */
  succeeded(): void {
    this.#gate.rise()
  }

  /** The service refused it because there are too many. */
  throttled(): void {
    this.#gate.lower(this.round)
  }
}
