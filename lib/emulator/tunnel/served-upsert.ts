import type { PartitionSpec } from '../../schema/partition-spec.js'
import type { Table } from '../catalog.js'
import { changeRows, type KeyedTables } from '../change-rows.js'
import { bucketCountOf } from '../primary-key.js'
import { noSuchUpsert, schemaModified, statusConflict } from '../server/service-refusal.js'
import type { RowChange } from '../store/merge-rows.js'
import type { Segment, TableState } from '../store/table-store.js'
import { newSessionId } from './session-id.js'
import { readChanges } from './upsert-records.js'

/*
 * Upsert sessions as the service keeps them. What was flushed lies outside the table until the commit, which applies it in
 * one change of the table's state, in the order in which it arrived: the last version of a key wins. A commit that comes
 * again changes nothing, and a session that was aborted or has ended isn't there any more.
 */

const hourMs = 3_600_000

export interface NewServedUpsert {
  readonly table: Table
  readonly spec: PartitionSpec
  readonly schemaVersion: number
  readonly quotaName: string
  readonly slots: readonly UpsertSlot[]
  readonly lifeHours: number
}

/** Some buckets, and who takes their rows. */
export interface UpsertSlot {
  readonly id: string
  readonly buckets: readonly number[]
  readonly address: string
}

export interface ServedUpsert extends NewServedUpsert {
  readonly id: string
  readonly createdAt: number
  readonly flushed: Segment[]
  status: 'normal' | 'committing' | 'committed'
  committing: Promise<void> | undefined
}

/** Gives all buckets of a table to so many slots, or to fewer if there are fewer buckets. */
export const slotsOf = (state: TableState, count: number, address: string): UpsertSlot[] => {
  const buckets = Array.from({ length: bucketCountOf(state) }, (_, bucket) => bucket)
  const slots = Math.min(count, buckets.length)
  return Array.from({ length: slots }, (_, slot) => ({
    id: String(slot),
    buckets: buckets.filter(bucket => Math.floor((bucket * slots) / buckets.length) === slot),
    address,
  }))
}

export class ServedUpserts {
  readonly #tables: KeyedTables
  readonly #sessions = new Map<string, ServedUpsert>()

  constructor(tables: KeyedTables) {
    this.#tables = tables
  }

  create(upsert: NewServedUpsert): ServedUpsert {
    const { clock } = this.#tables
    this.#expire(clock.now())
    const session: ServedUpsert = {
      ...upsert,
      id: newSessionId(clock),
      createdAt: clock.now(),
      flushed: [],
      status: 'normal',
      committing: undefined,
    }
    this.#sessions.set(session.id, session)
    return session
  }

  /** @throws ServiceRefusal UpsertSessionNotFound when it is unknown, over, or of another table. */
  get(id: string, table: Table): ServedUpsert {
    const session = this.#sessions.get(id)
    const isThere = session?.table === table && !isOver(session, this.#tables.clock.now())
    if (!isThere) throw noSuchUpsert()
    return session
  }

  /**
   * Takes a flush that is whole and verified.
   * @throws ServiceRefusal StatusConflict when the session takes no more; MalformedDataStream for a record that asks for no change
   */
  async flush(session: ServedUpsert, segment: Segment): Promise<void> {
    try {
      // A commit must not fail halfway for what could have been refused here.
      for await (const _ of readChanges(session.table.state, segment));
      if (session.status !== 'normal' || !this.#sessions.has(session.id)) throw statusConflict()
    } catch (error) {
      await segment.discard()
      throw error
    }
    session.flushed.push(segment)
  }

  /** A second commit waits for the first and changes nothing. */
  async commit(session: ServedUpsert): Promise<void> {
    if (session.status === 'committed') return
    session.committing ??= this.#commit(session).finally(() => {
      session.committing = undefined
    })
    await session.committing
  }

  async abort(session: ServedUpsert): Promise<void> {
    if (session.status !== 'normal') throw statusConflict()
    this.#sessions.delete(session.id)
    await discardAll(session)
  }

  async #commit(session: ServedUpsert): Promise<void> {
    session.status = 'committing'
    try {
      await changeRows(this.#tables, session.table, session.spec, state => changesOf(session, state))
      session.status = 'committed'
    } catch (error) {
      session.status = 'normal'
      throw error
    }
    await discardAll(session)
  }

  #expire(now: number): void {
    for (const session of this.#sessions.values()) {
      if (!isOver(session, now)) continue
      this.#sessions.delete(session.id)
      if (session.status === 'normal') void discardAll(session)
    }
  }
}

async function* changesOf(session: ServedUpsert, state: TableState): AsyncGenerator<RowChange> {
  if (state.schemaVersion !== session.schemaVersion) throw schemaModified()
  for (const segment of session.flushed) yield* readChanges(state, segment)
}

const discardAll = async ({ flushed }: ServedUpsert): Promise<void> => {
  for (const segment of flushed.splice(0)) await segment.discard()
}

const isOver = ({ createdAt, lifeHours }: ServedUpsert, now: number): boolean =>
  createdAt + lifeHours * hourMs <= now
