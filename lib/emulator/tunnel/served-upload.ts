import type { PartitionSpec } from '../../schema/partition-spec.js'
import type { TableSchema } from '../../schema/table-schema.js'
import type { Catalog, Table } from '../catalog.js'
import type { ServiceClock } from '../clock.js'
import { noSuchUpload, schemaModified, statusConflict } from '../server/service-refusal.js'
import type { Segment } from '../store/table-store.js'
import { withSegments } from '../table.js'
import { SessionMap } from './session-map.js'

/*
 * Upload sessions as the service keeps them. Blocks lie outside the table until the commit, one change of the table's state
 * that shows all of them at once. Only whole and verified blocks get here, so nothing that a client may send can make
 * a commit fail halfway. Committing again changes nothing: a client whose answer was lost repeats it.
 * The session is known for a day after that, but its rows are the table's alone, which may drop them: an emulator that a program
 * loads over and over would else hold all of a day's rows.
 */

export interface ReceivedBlock {
  readonly rows: number
  readonly uploadedAt: number
  readonly version: number
}

export interface ServedUpload {
  readonly id: string
  readonly table: Table
  readonly schema: TableSchema
  readonly schemaVersion: number
  readonly spec: PartitionSpec
  readonly overwrite: boolean
  readonly quotaName: string
  readonly createdAt: number
  readonly blocks: Map<number, ReceivedBlock>
  /** Of the blocks, until they are committed. */
  readonly segments: Map<number, Segment>
  status: 'normal' | 'closing' | 'closed'
  committing: Promise<void> | undefined
}

export type NewServedUpload = Pick<
  ServedUpload,
  'table' | 'schema' | 'schemaVersion' | 'spec' | 'overwrite' | 'quotaName'
>

export class ServedUploads {
  readonly #catalog: Catalog
  readonly #clock: ServiceClock
  readonly #sessions: SessionMap<ServedUpload>

  constructor(catalog: Catalog, clock: ServiceClock) {
    this.#catalog = catalog
    this.#clock = clock
    this.#sessions = new SessionMap(clock, ({ status, segments }) => {
      if (status === 'normal') for (const segment of segments.values()) void segment.discard()
    })
  }

  create(upload: NewServedUpload): ServedUpload {
    return this.#sessions.add((id, createdAt) => ({
      ...upload,
      id,
      createdAt,
      blocks: new Map(),
      segments: new Map(),
      status: 'normal',
      committing: undefined,
    }))
  }

  /** @throws ServiceRefusal NoSuchUpload when it is unknown, over, or of another table. */
  get(id: string, table: Table): ServedUpload {
    const session = this.#sessions.get(id)
    if (session?.table !== table) throw noSuchUpload()
    return session
  }

  /** Takes a complete block, in place of an older one with its id unless that has a higher version. */
  async addBlock(session: ServedUpload, blockId: number, segment: Segment, version: number): Promise<void> {
    const older = session.blocks.get(blockId)
    if (session.status !== 'normal' || (older !== undefined && older.version > version)) {
      await segment.discard()
      if (session.status !== 'normal') throw statusConflict()
      return
    }
    const replaced = session.segments.get(blockId)
    session.blocks.set(blockId, { rows: segment.rows, uploadedAt: this.#clock.now(), version })
    session.segments.set(blockId, segment)
    await replaced?.discard()
  }

  /**
   * Appends the rows of all blocks in the order of their ids, or puts them in place of the old rows. A second commit
   * waits for the first and changes nothing, for clients repeat one whose answer was lost (protocol 3.5).
   */
  async commit(session: ServedUpload): Promise<void> {
    if (session.status === 'closed') return
    session.committing ??= this.#commit(session).finally(() => {
      session.committing = undefined
    })
    await session.committing
  }

  async #commit(session: ServedUpload): Promise<void> {
    session.status = 'closing'
    const segments = [...session.segments]
      .sort(([a], [b]) => a - b)
      .map(([, segment]) => segment)
      .filter(segment => segment.rows > 0)
    try {
      await this.#catalog.update(session.table, state => {
        if ((state.refieldedAt ?? 0) > session.schemaVersion) throw schemaModified()
        return withSegments(state, session.spec, segments, {
          overwrite: session.overwrite,
          now: this.#clock.now(),
        })
      })
      session.status = 'closed'
      session.segments.clear()
    } catch (error) {
      session.status = 'normal'
      throw error
    }
  }
}
