import { raceAbort } from '../abort.js'
import { TunnelServiceError } from '../errors.js'
import type { FailedSending } from '../http/request-spec.js'
import type { CallOptions } from '../session/call-options.js'
import { deferred } from '../session/deferred.js'
import type { ResourceRequest } from '../session/resource.js'
import type { TableResource } from '../session/table-resource.js'
import { parentOf, traced } from '../tracing.js'
import type { PreparedBlock } from '../upload/block-builder.js'
import type { BlockLimits } from '../upload/block-plan.js'
import type { BlockTarget } from '../upload/block-target.js'
import { type BlockTrace, blocks, type UploadTrace } from '../upload/upload-traces.js'
import { LiveSession, type LiveSessionOptions } from './live-session.js'
import type { Turn } from './slots.js'
import type { StreamSession } from './stream-session.js'

/*
 * Packs are in the table as soon as the service has answered, so a pack whose answer is lost is sent again: at least once. What
 * is refused goes to the next slot, after a look at the session where its servers may be gone. All of it happens within the
 * sending of one pack, whose body stays as it is.
 */

export interface PackTargetOptions extends LiveSessionOptions {
  readonly limits: BlockLimits
  readonly contentEncoding: string | undefined
  /** Called for each pack that is in the table. */
  readonly onTaken: (place: number, block: PreparedBlock, answer: PackAnswer) => void
}

/** What the service said of a pack that it took. */
export interface PackAnswer {
  /** The service's id of the request, for its support. */
  readonly requestId: string | undefined
  /** The service's number of the pack; undefined when it gives none. */
  readonly batchId: number | undefined
}

/**
 * Packs queue at slots in the order of their rows, but only once they may be sent: one that queued before, and still waits for
 * its permit, could keep one that has it from going to another slot.
 */
interface Place {
  /** Resolves when the pack before has queued. */
  readonly before: Promise<void>
  readonly queued: () => void
  readonly partitionSpec: string | undefined
}

/** A pack on its way. */
interface Sending {
  readonly block: PreparedBlock
  /** Where it goes, if the session has no partition. */
  readonly partitionSpec: string | undefined
  /** Another one once it goes to another slot. */
  turn: Turn
}

const purposeOf = (partitionSpec: string | undefined): string =>
  `Sending a pack${partitionSpec === undefined ? '' : ` of ${partitionSpec}`} to`
const hints = {
  ODPS_SCHEMA_CHANGED:
    "The table's columns were changed; create a new stream, or pass onSchemaChange: 'reload' so that this one goes on.",
}

export class PackTarget implements BlockTarget {
  readonly #resource: TableResource
  readonly #options: PackTargetOptions
  readonly #live: LiveSession
  readonly #places = new Map<number, Place>()
  #placeCount = 0
  #placed: Promise<void> = Promise.resolve()

  private constructor(resource: TableResource, live: LiveSession, options: PackTargetOptions) {
    this.#resource = resource
    this.#live = live
    this.#options = options
  }

  static async open(
    named: TableResource,
    options: PackTargetOptions,
    call: CallOptions,
  ): Promise<PackTarget> {
    const resource = await named.ordered(call)
    return new PackTarget(resource, await LiveSession.open(resource, options, call), options)
  }

  get limits(): BlockLimits {
    return this.#options.limits
  }

  /** That of now. */
  get session(): StreamSession {
    return this.#live.now
  }

  get partition(): TableResource['partition'] {
    return this.#resource.partition
  }

  /** @param partitionSpec of the pack, in a session that takes those of any partition */
  place(partitionSpec?: string): number {
    const place = this.#placeCount++
    const queued = deferred<void>()
    this.#places.set(place, { before: this.#placed, queued: queued.resolve, partitionSpec })
    this.#placed = queued.promise
    return place
  }

  async put(place: number, block: PreparedBlock, call: CallOptions): Promise<number> {
    const { rows, rawBytes } = block
    const { partitionSpec } = this.#places.get(place)!
    const context = (): BlockTrace => ({
      ...this.#resource.named,
      ...(partitionSpec !== undefined && { partitionSpec }),
      parent: parentOf<UploadTrace>(call),
      ...{ sessionId: this.session.sessionId, blockId: place, rows, rawBytes },
    })
    const { wireBytes } = await traced(blocks, context, async () => {
      await this.#put(place, block, call)
      return { blockId: place, rows, rawBytes, wireBytes: sizeOf(block) }
    })
    return wireBytes
  }

  /** Each pack is in the table when it was put. */
  async finish(): Promise<void> {}

  async #put(place: number, block: PreparedBlock, call: CallOptions): Promise<void> {
    const { before, queued, partitionSpec } = this.#places.get(place)!
    this.#places.delete(place)
    await raceAbort(before, call.signal)
    const pack: Sending = { block, partitionSpec, turn: this.#live.slots.take() }
    queued()
    try {
      await raceAbort(pack.turn.ready, call.signal)
      const answer = await this.#live.run(() => this.#send(pack, call), call)
      this.#options.onTaken(place, block, answer)
    } finally {
      pack.turn.release()
    }
  }

  async #send(pack: Sending, call: CallOptions): Promise<PackAnswer> {
    const { body } = pack.block
    const purpose = purposeOf(pack.partitionSpec)
    const request: ResourceRequest = {
      ...{ purpose, method: 'PUT', below: 'streams', body, repeat: 'safe', hints, ...call },
      ...this.#addressed(pack),
      renew: async failed => {
        await this.#goElsewhere(pack, failed, call)
        return this.#addressed(pack)
      },
    }
    const { headers, requestId } = await this.#resource.exchange(request, async response => {
      await response.discard()
      return response
    })
    this.#live.follow(pack.turn.slot, headers)
    const batchId = Number(headers['odps-tunnel-batch-id'] || Number.NaN)
    return { requestId, batchId: Number.isSafeInteger(batchId) ? batchId : undefined }
  }

  /** What a pack's request says of the slot it is for, in the session of now. */
  #addressed({ block, partitionSpec, turn }: Sending): Pick<ResourceRequest, 'query' | 'headers'> {
    const { sessionId, schemaVersion } = this.session
    const { contentEncoding } = this.#options
    return {
      query: {
        ...{ uploadid: sessionId, slotid: turn.slot.id, record_count: String(block.rows) },
        ...(schemaVersion !== undefined && { schema_version: schemaVersion }),
        check_latest_schema: 'true',
        ...(partitionSpec !== undefined && { partition: partitionSpec, dynamic_partition: 'true' }),
      },
      headers: {
        'Content-Type': 'application/octet-stream',
        'odps-tunnel-slot-num': String(this.#live.slots.count),
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
    if (status === 308 || status === 502 || status === 504) await this.#live.reload(call)
    pack.turn = this.#live.slots.takeOther(pack.turn)
    await raceAbort(pack.turn.ready, call.signal)
  }
}

const sizeOf = ({ body }: PreparedBlock): number => body.reduce((sum, { length }) => sum + length, 0)
