/*
 * Slots spread the packs of one session over servers. The service changes their number and their servers while sessions go
 * on, and says so in the answers to packs; clients must follow. Here one server plays all of them, told apart by their
 * addresses alone, so that a pack sent to a former server is seen.
 */

export interface Slot {
  readonly id: number
  /** `ip:port`. */
  readonly server: string
}

/** Of a session whose client asks for no number. */
const usualCount = 2
export const maxSlots = 64

/** The slots of all sessions. */
export class Slots {
  #count: number | undefined
  #moves = 0

  /** How many each session has; unless it was set, those that asked for a number have that. */
  get count(): number {
    return this.#count ?? usualCount
  }

  set count(count: number) {
    this.#count = count
  }

  /** Gives all slots other servers. */
  move(): void {
    this.#moves++
  }

  /**
   * The slots of a session now.
   * @param wanted what its client asked for
   * @param authority `host:port` of this server
   */
  list(wanted: number | undefined, authority: string): readonly Slot[] {
    const length = this.#count ?? wanted ?? usualCount
    return Array.from({ length }, (_, id) => ({ id, server: this.serverOf(id, authority) }))
  }

  /** Also of slots that a session has no longer: it may still send to them. */
  serverOf(id: number, authority: string): string {
    const port = /:(\d+)$/.exec(authority)?.[1] ?? '80'
    return `127.0.${this.#moves % 256}.${id + 1}:${port}`
  }
}
