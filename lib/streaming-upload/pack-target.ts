import { raceAbort } from '../abort.js'
import { TunnelServiceError } from '../errors.js'
import type { FailedSending } from '../http/request-spec.js'
import { retryDelay } from '../http/retry-policy.js'
import type { CallOptions } from '../session/call-options.js'
import { deferred } from '../session/deferred.js'
import type { ResourceRequest } from '../session/resource.js'
import type { TableResource } from '../session/table-resource.js'
import type { PreparedBlock } from '../upload/block-builder.js'
import type { BlockLimits } from '../upload/block-plan.js'
import type { BlockTarget } from '../upload/block-target.js'
import { followSchema, type OnSchemaChange } from './schema-change.js'
import { Slots, type Turn } from './slots.js'
import {
  type CreateStreamOptions,
  createStreamSession,
  loadStream,
  type StreamSession,
} from './stream-session.js'

/*
 * Packs are in the table as soon as the service has answered, so a pack whose answer is lost is sent again: at least once. What
 * is refused goes to the next slot, after a look at the session where its servers may be gone; a session that has ended, or is
 * older than the table's columns, is replaced. All of it happens within the sending of one pack, whose body stays as it is.
 */

export interface PackTargetOptions {
  readonly limits: BlockLimits
  readonly contentEncoding: string | undefined
  readonly createPartition: boolean
  readonly slots: number | undefined
  readonly onSchemaChange: OnSchemaChange
}

/** What the service said of a pack that it took. */
export interface PackAnswer {
  /** The service's id of the request, for its support. */
  readonly requestId: string | undefined
  /** The service's number of the pack; undefined when it gives none. */
  readonly batchId: number | undefined
}

export interface PackEvents {
  /** Called with every session, also those that take the place of another. */
  readonly onSession: (session: StreamSession) => void
  /** Called for each pack that is in the table. */
  readonly onTaken: (place: number, block: PreparedBlock, answer: PackAnswer) => void
}

const purpose = 'Sending a pack to'
const hints = {
  ODPS_SCHEMA_CHANGED:
    "The table's columns were changed; create a new stream, or pass onSchemaChange: 'reload' so that this one goes on.",
}

export class PackTarget implements BlockTarget {
  readonly limits: BlockLimits
  readonly #resource: TableResource
  readonly #options: PackTargetOptions
  readonly #slots: Slots
  readonly #places = new Map<number, Place>()
  readonly #events: PackEvents
  #session: StreamSession
  #placeCount = 0
  #placed: Promise<void> = Promise.resolve()
  /** The service has another number of slots than we know. */
  #isStale = false
  #reloading: Promise<void> | undefined
  #renewing: Promise<void> | undefined

  private constructor(
    resource: TableResource,
    session: StreamSession,
    options: PackTargetOptions,
    events: PackEvents,
  ) {
    this.limits = options.limits
    this.#resource = resource
    this.#session = session
    this.#options = options
    this.#events = events
    this.#slots = new Slots(session.slots, resource.client.clock.random())
  }

  static async open(
    named: TableResource,
    options: PackTargetOptions,
    events: PackEvents,
    call: CallOptions,
  ): Promise<PackTarget> {
    const resource = await named.ordered(call)
    const session = await createStreamSession(resource, createOptions(options, call))
    events.onSession(session)
    return new PackTarget(resource, session, options, events)
  }

  /** The latest; its columns begin with those of all before. */
  get session(): StreamSession {
    return this.#session
  }

  get partition(): TableResource['partition'] {
    return this.#resource.partition
  }

  place(): number {
    const place = this.#placeCount++
    const queued = deferred<void>()
    this.#places.set(place, { before: this.#placed, queued: queued.resolve })
    this.#placed = queued.promise
    return place
  }

  async put(place: number, block: PreparedBlock, call: CallOptions): Promise<number> {
    const { before, queued } = this.#places.get(place)!
    this.#places.delete(place)
    await raceAbort(before, call.signal)
    const pack: Sending = { turn: this.#slots.take() }
    queued()
    try {
      await raceAbort(pack.turn.ready, call.signal)
      const answer = await this.#send(pack, block, call)
      this.#events.onTaken(place, block, answer)
      return block.body.reduce((sum, { length }) => sum + length, 0)
    } finally {
      pack.turn.release()
    }
  }

  /** Each pack is in the table when it was put. */
  async finish(): Promise<void> {}

  async #send(pack: Sending, block: PreparedBlock, call: CallOptions): Promise<PackAnswer> {
    const { clock, retry } = this.#resource.client
    for (let renewals = 0; ; renewals++) {
      if (this.#isStale) await this.#reload(call)
      const session = this.#session
      try {
        return await this.#request(pack, block, call)
      } catch (error) {
        if (renewals >= retry.attempts || !this.#isRenewable(error)) throw error
        // At once the first time; a service that goes on refusing its own new sessions is left alone for a while.
        if (renewals > 0) await clock.sleep(retryDelay(renewals, 0, retry, clock.random()) ?? 0, call.signal)
        await this.#renew(session, error, call)
      }
    }
  }

  async #request(pack: Sending, block: PreparedBlock, call: CallOptions): Promise<PackAnswer> {
    const { body } = block
    const request: ResourceRequest = {
      ...{ purpose, method: 'PUT', below: 'streams', body, repeat: 'safe', hints, ...call },
      ...this.#addressed(pack, block),
      renew: async failed => {
        await this.#goElsewhere(pack, failed, call)
        return this.#addressed(pack, block)
      },
    }
    const { headers, requestId } = await this.#resource.exchange(request, async response => {
      await response.discard()
      return response
    })
    this.#follow(pack.turn, headers)
    const batchId = Number(headers['odps-tunnel-batch-id'] || Number.NaN)
    return { requestId, batchId: Number.isSafeInteger(batchId) ? batchId : undefined }
  }

  /** What a pack's request says of the slot it is for, in the session of now. */
  #addressed({ turn }: Sending, { rows }: PreparedBlock): Pick<ResourceRequest, 'query' | 'headers'> {
    const { sessionId, schemaVersion } = this.#session
    const { contentEncoding } = this.#options
    return {
      query: {
        ...{ uploadid: sessionId, slotid: turn.slot.id, record_count: String(rows) },
        ...(schemaVersion !== undefined && { schema_version: schemaVersion }),
        check_latest_schema: 'true',
      },
      headers: {
        'Content-Type': 'application/octet-stream',
        'odps-tunnel-slot-num': String(this.#slots.count),
        'odps-tunnel-routed-server': turn.slot.server,
        ...(contentEncoding !== undefined && { 'Content-Encoding': contentEncoding }),
      },
    }
  }

  /** Where a pack that was not taken, or whose answer was lost, is sent next. */
  async #goElsewhere(pack: Sending, { error, headers }: FailedSending, call: CallOptions): Promise<void> {
    const status = error instanceof TunnelServiceError ? error.statusCode : undefined
    const server = status === 308 ? headers['odps-tunnel-routed-server'] : undefined
    if (server) {
      pack.turn.slot.server = server
      return
    }
    if (status === 308 || status === 502 || status === 504) await this.#reload(call)
    pack.turn = this.#slots.takeOther(pack.turn)
    await raceAbort(pack.turn.ready, call.signal)
  }

  /** The answer to a pack tells how the slots are by now; what it doesn't tell is as before. */
  #follow({ slot }: Turn, headers: Readonly<Record<string, string>>): void {
    const server = headers['odps-tunnel-routed-server']
    if (server?.includes(':')) slot.server = server
    const count = Number(headers['odps-tunnel-slot-num'] || this.#slots.count)
    if (count !== this.#slots.count) this.#isStale = true
  }

  /** Once for all packs that wait for it. */
  async #reload(call: CallOptions): Promise<void> {
    this.#reloading ??= this.#load(call).finally(() => {
      this.#reloading = undefined
    })
    await this.#reloading
  }

  async #load(call: CallOptions): Promise<void> {
    const session = this.#session
    const { slots } = await loadStream(this.#resource, session, call)
    if (session === this.#session) this.#slots.update(slots)
    this.#isStale = false
  }

  #isRenewable(error: unknown): boolean {
    const code: unknown = Reflect.get(Object(error), 'code')
    if (code === 'ODPS_NO_SUCH_SESSION') return true
    return code === 'ODPS_SCHEMA_CHANGED' && this.#options.onSchemaChange === 'reload'
  }

  /** Once for all packs that failed with the same session. */
  async #renew(ended: StreamSession, cause: unknown, call: CallOptions): Promise<void> {
    if (this.#session !== ended) return
    this.#renewing ??= this.#create(ended, cause, call).finally(() => {
      this.#renewing = undefined
    })
    await this.#renewing
  }

  async #create(ended: StreamSession, cause: unknown, call: CallOptions): Promise<void> {
    const schemaVersion = cause instanceof TunnelServiceError ? cause.latestSchemaVersion : undefined
    const options = { ...createOptions(this.#options, call), schemaVersion }
    const session = await createStreamSession(this.#resource, options)
    followSchema(ended, session, this.#options.onSchemaChange, this.#resource.title)
    this.#session = session
    this.#slots.update(session.slots)
    this.#isStale = false
    this.#events.onSession(session)
  }
}

/**
 * Packs queue at slots in the order of their rows, but only once they may be sent: one that queued before, and still waits for
 * its permit, could keep one that has it from going to another slot.
 */
interface Place {
  /** Resolves when the pack before has queued. */
  readonly before: Promise<void>
  readonly queued: () => void
}

/** A pack on its way. */
interface Sending {
  /** Another one once it goes to another slot. */
  turn: Turn
}

const createOptions = (
  { createPartition, slots }: PackTargetOptions,
  call: CallOptions,
): CreateStreamOptions => ({ createPartition, slots, ...call })
