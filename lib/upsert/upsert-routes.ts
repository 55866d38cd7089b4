import { AbortError } from '../abort.js'
import { TunnelServiceError, TunnelSessionError } from '../errors.js'
import type { FailedSending } from '../http/request-spec.js'
import type { CallOptions } from '../session/call-options.js'
import type { TableResource } from '../session/table-resource.js'
import { loadUpsert, movedTo, type Route } from './upsert-requests.js'
import type { Slot, UpsertState } from './upsert-state.js'

/** Java's client asks as often, so that the service does not take the session for abandoned. */
const keepAliveMs = 30_000

/** Knows where each bucket of a session is, and keeps the session alive. */
export class UpsertRoutes {
  readonly #resource: TableResource
  readonly #sessionId: string
  #slots: Slot[]
  #status: string
  #timer: NodeJS.Timeout | undefined

  constructor(resource: TableResource, { sessionId, slots, status }: UpsertState) {
    this.#resource = resource
    this.#sessionId = sessionId
    this.#slots = [...slots]
    this.#status = status
  }

  /** As of the last answer. */
  get status(): string {
    return this.#status
  }

  slotOf(bucket: number): Slot {
    return this.#slots[bucket]!
  }

  /** The way of a request that goes to the slot of a bucket. */
  routeOf(bucket: number, call: CallOptions): Route {
    return {
      slot: () => this.slotOf(bucket),
      renew: failed => this.#renew(bucket, failed, call),
    }
  }

  /** Asks for the state of the session, and takes over where its buckets are. */
  async load(call: CallOptions, repeat: 'safe' | 'never' = 'safe'): Promise<UpsertState> {
    const state = await loadUpsert(this.#resource, this.#sessionId, call, repeat)
    if (state.slots.length !== this.#slots.length) throw this.#otherBuckets(state.slots.length)
    this.#slots = [...state.slots]
    this.#status = state.status
    return state
  }

  keepAlive(call: CallOptions): void {
    this.#timer = setInterval(() => {
      this.load(call, 'never').catch(error => {
        if (isNoSuchSession(error)) this.stop()
      })
    }, keepAliveMs).unref()
  }

  /** Ends the requests that keep the session alive. */
  stop(): void {
    clearInterval(this.#timer)
  }

  /** Where a session can't be asked, the same server is tried again. */
  async #renew(bucket: number, failed: FailedSending, { signal }: CallOptions): Promise<void> {
    const to = movedTo(failed)
    if (to === undefined) return
    if (to !== 'ask') {
      this.#slots[bucket] = { ...this.slotOf(bucket), address: to }
      return
    }
    try {
      await this.load({ signal }, 'never')
    } catch (error) {
      const isLasting = error instanceof AbortError || error instanceof TunnelSessionError
      if (isLasting || isNoSuchSession(error)) throw error
    }
  }

  /** Rows were given to buckets by their old number. */
  #otherBuckets(count: number): TunnelSessionError {
    const sessionId = this.#sessionId
    const what = `Upsert session ${sessionId} has ${count} buckets now, and had ${this.#slots.length}; upsert again in a new session`
    return new TunnelSessionError('ODPS_SESSION_STATUS', what, { sessionId, status: this.#status })
  }
}

export const isNoSuchSession = (error: unknown): boolean =>
  error instanceof TunnelServiceError && error.code === 'ODPS_NO_SUCH_SESSION'
