import type { ServiceClock } from '../clock.js'
import { newSessionId, sessionLifeMs } from './session-id.js'

/*
 * What lives for a day from its creation: sessions of the tunnel, and instances. What is over isn't found any more, but it is
 * forgotten, with the rows it holds, only when the next one comes: an emulator needs no timer then, and one that runs for weeks
 * keeps no blocks that nobody can commit.
 */

interface Session<T> {
  readonly value: T
  readonly createdAt: number
}

export class SessionMap<T extends { readonly id: string }> {
  readonly #clock: ServiceClock
  readonly #onForget: (value: T) => void
  /** Oldest first. */
  readonly #sessions = new Map<string, Session<T>>()

  /** @param onForget gets what is over */
  constructor(clock: ServiceClock, onForget: (value: T) => void) {
    this.#clock = clock
    this.#onForget = onForget
  }

  add(create: (id: string, createdAt: number) => T): T {
    this.#forgetOld()
    const createdAt = this.#clock.now()
    const value = create(newSessionId(this.#clock), createdAt)
    this.#sessions.set(value.id, { value, createdAt })
    return value
  }

  #forgetOld(): void {
    for (const session of this.#sessions.values()) {
      if (this.#isLiving(session)) break
      this.#sessions.delete(session.value.id)
      this.#onForget(session.value)
    }
  }

  #isLiving({ createdAt }: Session<T>): boolean {
    return createdAt + sessionLifeMs > this.#clock.now()
  }

  /** Undefined when it is unknown or over. */
  get(id: string): T | undefined {
    const session = this.#sessions.get(id)
    return session !== undefined && this.#isLiving(session) ? session.value : undefined
  }

  /** Puts a changed value in place of the one with its id. */
  replace(value: T): void {
    this.#sessions.set(value.id, { ...this.#sessions.get(value.id)!, value })
  }

  /** Oldest first. */
  list(): T[] {
    return [...this.#sessions.values()].filter(session => this.#isLiving(session)).map(({ value }) => value)
  }
}
