import type { PartitionSpec } from '../../schema/partition-spec.js'
import type { TableSchema } from '../../schema/table-schema.js'
import type { Catalog, Table } from '../catalog.js'
import type { ServiceClock } from '../clock.js'
import { noSuchStreamUpload, schemaModified } from '../server/service-refusal.js'
import type { Segment } from '../store/table-store.js'
import { withSegments } from '../table.js'
import { SessionMap } from './session-map.js'

/*
 * Streaming uploads as the service keeps them. A pack is in the table as soon as it was taken: there is no commit, and nothing
 * tells a pack from the same one sent again. A session holds no rows, only the schema that its records are encoded for.
 */

export interface ServedStream {
  readonly id: string
  readonly table: Table
  readonly schema: TableSchema
  readonly schemaVersion: number
  /** Undefined when each pack names its partition. */
  readonly spec: PartitionSpec | undefined
  readonly wantedSlots: number | undefined
  readonly quotaName: string
  /** Counted from 1; 0 before the first pack. */
  lastBatchId: number
  lastBatchAt: number
}

export type NewServedStream = Omit<ServedStream, 'id' | 'lastBatchId' | 'lastBatchAt'>

export class ServedStreams {
  readonly #catalog: Catalog
  readonly #clock: ServiceClock
  readonly #sessions: SessionMap<ServedStream>

  constructor(catalog: Catalog, clock: ServiceClock) {
    this.#catalog = catalog
    this.#clock = clock
    this.#sessions = new SessionMap(clock, () => {})
  }

  create(stream: NewServedStream): ServedStream {
    return this.#sessions.add(id => ({ ...stream, id, lastBatchId: 0, lastBatchAt: 0 }))
  }

  /** @throws ServiceRefusal StreamSessionNotFound when it is unknown, over, or of another table. */
  get(id: string, table: Table): ServedStream {
    const session = this.#sessions.get(id)
    if (session?.table !== table) throw noSuchStreamUpload()
    return session
  }

  /**
   * @param wantsLatest any other version of the schema is refused, not only one whose records don't fit
   * @throws ServiceRefusal SchemaModified
   */
  checkSchema({ table, schemaVersion }: ServedStream, wantsLatest: boolean): void {
    const { state } = table
    const oldest = wantsLatest ? state.schemaVersion : (state.refieldedAt ?? 0)
    if (schemaVersion < oldest) throw schemaModified(state.schemaVersion)
  }

  /**
   * Puts a pack into the table, and counts it.
   * @throws ServiceRefusal SchemaModified, NoSuchPartition, NoSuchTable; then the pack is discarded
   */
  async append(
    session: ServedStream,
    spec: PartitionSpec,
    segment: Segment,
    wantsLatest: boolean,
  ): Promise<number> {
    const now = this.#clock.now()
    try {
      await this.#catalog.update(session.table, state => {
        this.checkSchema(session, wantsLatest)
        return withSegments(state, spec, segment.rows > 0 ? [segment] : [], { overwrite: false, now })
      })
    } catch (error) {
      await segment.discard()
      throw error
    }
    session.lastBatchAt = now
    return ++session.lastBatchId
  }
}
