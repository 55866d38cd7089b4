import { deferred } from '../session/deferred.js'

/*
 * Slots are the service's: each takes packs on a server of its own, and their number and servers change while packs are on
 * their way. A slot takes one pack at a time, in the order of their rows, so that rows of one slot never overtake each other.
 * Who is refused queues again behind those of another slot, and holds no turn while it waits for one: nobody can wait in a circle.
 */

export interface Slot {
  readonly id: string
  /** `ip:port`; the service tells another one when the slot has moved. */
  server: string
}

/** A pack's place in the queue of a slot. */
export interface Turn {
  readonly slot: Slot
  /** Resolves when all packs before it have left the slot. */
  readonly ready: Promise<void>
  /** Lets the next one go; to be called once. */
  release(): void
}

interface Lane {
  readonly slot: Slot
  waiting: number
  last: Promise<void>
}

/** The slots of one stream, whatever sessions it has. */
export class Slots {
  /** All there ever were: a slot that is gone may come back while packs still wait for it. */
  readonly #known = new Map<string, Lane>()
  #lanes: readonly Lane[] = []
  #cursor: number

  /** @param random from 0 to 1: where to begin, so that many streams don't begin at one slot */
  constructor(slots: readonly Slot[], random: number) {
    this.update(slots)
    this.#cursor = Math.floor(random * slots.length)
  }

  get count(): number {
    return this.#lanes.length
  }

  /** Takes over what the service says now; packs that wait for a slot that is gone still get their turn there. */
  update(slots: readonly Slot[]): void {
    this.#lanes = slots.map(({ id, server }) => {
      const lane = this.#known.get(id) ?? { slot: { id, server }, waiting: 0, last: Promise.resolve() }
      lane.slot.server = server
      this.#known.set(id, lane)
      return lane
    })
  }

  /** Queues a pack at the next slot, or at one behind it where fewer wait. */
  take(): Turn {
    return this.#queue(this.#lanes)
  }

  /** Gives up a turn for one at another slot; where there is one slot only, the turn stays. */
  takeOther(turn: Turn): Turn {
    const others = this.#lanes.filter(({ slot }) => slot !== turn.slot)
    if (others.length === 0) return turn
    turn.release()
    return this.#queue(others)
  }

  #queue(lanes: readonly Lane[]): Turn {
    const inOrder = lanes.map((_, i) => lanes[(this.#cursor + i) % lanes.length]!)
    const lane = inOrder.reduce((best, each) => (each.waiting < best.waiting ? each : best))
    this.#cursor = this.#lanes.indexOf(lane) + 1
    const { slot, last: ready } = lane
    const left = deferred<void>()
    lane.last = left.promise
    lane.waiting++
    const release = (): void => {
      lane.waiting--
      left.resolve()
    }
    return { slot, ready, release }
  }
}
