import { TunnelServiceError } from '../errors.js'
import { retryDelay } from '../http/retry-policy.js'
import type { CallOptions } from '../session/call-options.js'
import type { TableResource } from '../session/table-resource.js'
import { followSchema, type OnSchemaChange } from './schema-change.js'
import { type Slot, Slots } from './slots.js'
import { createStreamSession, loadStream, type StreamSession } from './stream-session.js'

/*
 * Sessions end, and slots move whenever the service likes, while a stream may go on for months. So a stream asks for
 * the session of now each time it sends: one that is stale is loaded again, and one that has ended, or is older than the table's
 * columns, is replaced. However many packs find that out at the same time, it is done once.
 */

export interface LiveSessionOptions {
  readonly createPartition: boolean
  /** Each pack names its partition, which the service creates. */
  readonly isDynamic: boolean
  /** How many slots to ask for; undefined leaves it to the service. */
  readonly slots: number | undefined
  readonly onSchemaChange: OnSchemaChange
  /** Called with every session, also those that take the place of another. */
  readonly onSession: (session: StreamSession) => void
}

export class LiveSession {
  readonly slots: Slots
  readonly #resource: TableResource
  readonly #options: LiveSessionOptions
  #session: StreamSession
  /** The service has another number of slots than we know. */
  #isStale = false
  #reloading: Promise<void> | undefined
  #renewing: Promise<void> | undefined

  private constructor(resource: TableResource, session: StreamSession, options: LiveSessionOptions) {
    this.#resource = resource
    this.#session = session
    this.#options = options
    this.slots = new Slots(session.slots, resource.client.clock.random())
  }

  static async open(
    resource: TableResource,
    options: LiveSessionOptions,
    call: CallOptions,
  ): Promise<LiveSession> {
    const session = await create(resource, options, undefined, call)
    return new LiveSession(resource, session, options)
  }

  /** Its columns begin with those of all sessions before. */
  get now(): StreamSession {
    return this.#session
  }

  /**
   * Does work in the session of now, and again in the one that takes its place when the work fails because the session has ended
   * or, with `'reload'`, because columns have changed.
   * @throws TunnelSessionError ODPS_SCHEMA_CHANGED; what the work, or creating a session, fails with
   */
  async run<T>(work: () => Promise<T>, call: CallOptions): Promise<T> {
    const { clock, retry } = this.#resource.client
    for (let renewals = 0; ; renewals++) {
      if (this.#isStale) await this.reload(call)
      const session = this.#session
      try {
        return await work()
      } catch (error) {
        if (renewals >= retry.attempts || !this.#isRenewable(error)) throw error
        // At once the first time; a service that goes on refusing its own new sessions is left alone for a while.
        if (renewals > 0) await clock.sleep(retryDelay(renewals, 0, retry, clock.random()) ?? 0, call.signal)
        await this.#renew(session, error, call)
      }
    }
  }

  /** The answer to a pack tells how the slots are by now; what it doesn't tell is as before. */
  follow(slot: Slot, headers: Readonly<Record<string, string>>): void {
    const server = headers['odps-tunnel-routed-server']
    if (server?.includes(':')) slot.server = server
    const count = Number(headers['odps-tunnel-slot-num'] || this.slots.count)
    if (count !== this.slots.count) this.#isStale = true
  }

  /** Takes over the slots as they are now. */
  async reload(call: CallOptions): Promise<void> {
    this.#reloading ??= this.#load(call).finally(() => {
      this.#reloading = undefined
    })
    await this.#reloading
  }

  async #load(call: CallOptions): Promise<void> {
    const session = this.#session
    const { slots } = await loadStream(this.#resource, session, call)
    if (session === this.#session) this.slots.update(slots)
    this.#isStale = false
  }

  #isRenewable(error: unknown): boolean {
    const code: unknown = Reflect.get(Object(error), 'code')
    if (code === 'ODPS_NO_SUCH_SESSION') return true
    return code === 'ODPS_SCHEMA_CHANGED' && this.#options.onSchemaChange === 'reload'
  }

  async #renew(ended: StreamSession, cause: unknown, call: CallOptions): Promise<void> {
    if (this.#session !== ended) return
    this.#renewing ??= this.#replace(ended, cause, call).finally(() => {
      this.#renewing = undefined
    })
    await this.#renewing
  }

  async #replace(ended: StreamSession, cause: unknown, call: CallOptions): Promise<void> {
    const version = cause instanceof TunnelServiceError ? cause.latestSchemaVersion : undefined
    const session = await create(this.#resource, this.#options, version, call)
    followSchema(ended, session, this.#options.onSchemaChange, this.#resource.title)
    this.#session = session
    this.slots.update(session.slots)
    this.#isStale = false
  }
}

const create = async (
  resource: TableResource,
  options: LiveSessionOptions,
  schemaVersion: string | undefined,
  call: CallOptions,
): Promise<StreamSession> => {
  const session = await createStreamSession(resource, { ...options, schemaVersion, ...call })
  options.onSession(session)
  return session
}
