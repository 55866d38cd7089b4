import type { PartitionSpec } from '../schema/partition-spec.js'
import type { TableSchema } from '../schema/table-schema.js'
import type { ServiceClock } from './clock.js'
import { noSuchTable } from './server/service-refusal.js'
import type { Segment, TableState, TableStore, ViewQuery } from './store/table-store.js'
import { allSegments, type FullName, partitionKeyOf, tableKey, wholeTable, withPartition } from './table.js'

/*
 * The catalog is the one place where tables change. A table's state is a value that is never written: a change makes a new
 * state, saves it and then swaps it in, so that a failed save changes nothing and a reader keeps the table as it was when
 * the reader came. Changes of one table wait for each other, those of different tables don't. Segments are counted,
 * not copied: a download, a result and a state may hold the same one, and its bytes go when the last of them lets go.
 */

export interface NewTable extends FullName {
  readonly schema: TableSchema
  readonly comment?: string
  readonly lifecycle?: number
  readonly properties?: Readonly<Record<string, string>>
  readonly primaryKey?: readonly string[]
  readonly view?: ViewQuery | undefined
}

/** A table's place in the catalog; its state changes, its identity does not. */
export interface Table {
  readonly id: string
  readonly state: TableState
}

interface Entry extends Table {
  state: TableState
  /** Changes of one table happen one after the other. */
  queue: Promise<unknown>
  dropped: boolean
}

/**
 * All tables. A change is saved before anyone sees it; whoever holds an older state keeps a snapshot, whose segments
 * are freed when nobody holds them any more.
 */
export class Catalog {
  readonly #store: TableStore
  readonly #clock: ServiceClock
  readonly #tables = new Map<string, Entry>()
  /** Creating and dropping happen one after the other. */
  #names: Promise<unknown> = Promise.resolve()
  /** How many states and snapshots hold a segment. */
  readonly #holders = new Map<Segment, number>()

  constructor(store: TableStore, clock: ServiceClock) {
    this.#store = store
    this.#clock = clock
  }

  async load(): Promise<void> {
    for (const state of await this.#store.load()) this.#add(state)
  }

  #add(state: TableState): Entry {
    const entry: Entry = { id: state.id, state, queue: Promise.resolve(), dropped: false }
    const key = tableKey({ project: state.project, schemaName: state.schemaName, table: state.name })
    this.#tables.set(key, entry)
    this.hold(allSegments(state))
    return entry
  }

  find(name: FullName): Table | undefined {
    return this.#tables.get(tableKey(name))
  }

  /** @throws ServiceRefusal NoSuchTable */
  get(name: FullName): Table {
    const table = this.find(name)
    if (table === undefined) throw noSuchTable()
    return table
  }

  /** Sorted by name. */
  list(project: string, schemaName: string): Table[] {
    const [inProject, inSchema] = [project.toLowerCase(), schemaName.toLowerCase()]
    return [...this.#tables.values()]
      .filter(({ state }) => state.project.toLowerCase() === inProject)
      .filter(({ state }) => state.schemaName.toLowerCase() === inSchema)
      .sort((a, b) => (a.state.name < b.state.name ? -1 : 1))
  }

  inProject(project: string): Table[] {
    return [...this.#tables.values()].filter(
      ({ state }) => state.project.toLowerCase() === project.toLowerCase(),
    )
  }

  /** Undefined when the table is there already. */
  create(table: NewTable): Promise<Table | undefined> {
    return this.#inOrder(async () => {
      if (this.find(table) !== undefined) return undefined
      const state = newState(table, this.#clock)
      await this.#store.save(state)
      return this.#add(state)
    })
  }

  /** False when there is no such table. */
  drop(name: FullName): Promise<boolean> {
    return this.#inOrder(async () => {
      const entry = this.#tables.get(tableKey(name))
      if (entry === undefined) return false
      await this.#change(entry, async () => {
        await this.#store.remove(entry.id)
        entry.dropped = true
        this.#tables.delete(tableKey(name))
      })
      await this.release(allSegments(entry.state))
      return true
    })
  }

  /**
   * Gives a table another name. False when that is taken.
   * @throws ServiceRefusal NoSuchTable when the table was dropped meanwhile
   */
  rename(table: Table, name: FullName): Promise<boolean> {
    return this.#inOrder(async () => {
      if (this.find(name) !== undefined) return false
      const { project, schemaName, name: old } = table.state
      const now = this.#clock.now()
      await this.update(table, state => ({
        ...state,
        project: name.project,
        schemaName: name.schemaName,
        name: name.table.toLowerCase(),
        ddlAt: now,
      }))
      this.#tables.delete(tableKey({ project, schemaName, table: old }))
      this.#tables.set(tableKey(name), table as Entry)
      return true
    })
  }

  #inOrder<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#names.then(work)
    this.#names = done.catch(() => {})
    return done
  }

  #change<T>(entry: Entry, work: () => Promise<T>): Promise<T> {
    const done = entry.queue.then(work)
    entry.queue = done.catch(() => {})
    return done
  }

  /**
   * Replaces a table's state by what `change` makes of it, once that is saved. `change` may give the same state back.
   * @throws ServiceRefusal NoSuchTable when the table was dropped meanwhile, and what `change` throws.
   */
  update(table: Table, change: (state: TableState) => TableState | Promise<TableState>): Promise<TableState> {
    const entry = table as Entry
    return this.#change(entry, async () => {
      if (entry.dropped) throw noSuchTable()
      const before = entry.state
      const after = await change(before)
      if (after === before) return after
      await this.#store.save(after)
      const { added, removed } = compareSegments(before, after)
      this.hold(added)
      entry.state = after
      await this.release(removed)
      return after
    })
  }

  addPartition(table: Table, spec: PartitionSpec): Promise<TableState> {
    return this.update(table, state => {
      if (state.partitions.has(partitionKeyOf(spec))) return state
      const now = this.#clock.now()
      return withPartition({ ...state, ddlAt: now }, { spec, segments: [], createdAt: now, changedAt: now })
    })
  }

  /** Keeps segments readable until as many releases. */
  hold(segments: readonly Segment[]): void {
    for (const segment of segments) this.#holders.set(segment, (this.#holders.get(segment) ?? 0) + 1)
  }

  async release(segments: readonly Segment[]): Promise<void> {
    for (const segment of segments) {
      const left = (this.#holders.get(segment) ?? 1) - 1
      if (left > 0) this.#holders.set(segment, left)
      else {
        this.#holders.delete(segment)
        await segment.discard()
      }
    }
  }
}

/** Looks only at partitions that are not the same object, for a table may have very many. */
const compareSegments = (before: TableState, after: TableState): { added: Segment[]; removed: Segment[] } => {
  const [added, removed] = [new Set<Segment>(), new Set<Segment>()]
  for (const [key, partition] of after.partitions)
    if (before.partitions.get(key) !== partition) for (const segment of partition.segments) added.add(segment)
  for (const [key, partition] of before.partitions) {
    if (after.partitions.get(key) === partition) continue
    for (const segment of partition.segments) if (!added.delete(segment)) removed.add(segment)
  }
  return { added: [...added], removed: [...removed] }
}

const newState = (table: NewTable, clock: ServiceClock): TableState => {
  const now = clock.now()
  return {
    id: clock.randomBytes(16).toString('hex'),
    project: table.project,
    schemaName: table.schemaName,
    name: table.table.toLowerCase(),
    schema: table.schema,
    comment: table.comment ?? '',
    lifecycle: table.lifecycle ?? -1,
    properties: table.properties ?? {},
    primaryKey: table.primaryKey ?? [],
    ...(table.view && { view: table.view }),
    schemaVersion: 0,
    createdAt: now,
    changedAt: now,
    ddlAt: now,
    partitions:
      table.schema.partitionColumns.length > 0
        ? new Map()
        : new Map([[wholeTable, { spec: [], segments: [], createdAt: now, changedAt: now }]]),
  }
}
