import type { PartitionSpec } from '../../schema/partition-spec.js'
import type { TableSchema } from '../../schema/table-schema.js'

/*
 * A segment is one committed block: the wire bytes of its records (fields, END_RECORD, checksum), and beside them an
 * index of eight bytes a record: uint32 LE where the record ends in the segment, uint32 LE its checksum.
 * So a range of rows is two offsets and a copy, and its checksum of checksums needs no look at the records.
 */

export const indexEntryBytes = 8
/** The index holds 32-bit offsets. */
export const maxSegmentBytes = 0xffffffff

export interface Segment {
  readonly rows: number
  readonly bytes: number
  /** The index entries of some rows. */
  readIndex(firstRow: number, rows: number): Promise<Buffer>
  /** The bytes `from` … `to` (excluded), in pieces; they must not be written to. */
  read(from: number, to: number): AsyncIterable<Buffer>
  /** Frees what the segment holds. No reads may follow. */
  discard(): Promise<void>
}

/** Takes a block while it comes in. */
export interface BlockWriter {
  /** Appends whole records and their index entries; the buffers may be reused after the promise. */
  append(records: Uint8Array, index: Uint8Array): void | Promise<void>
  finish(): Promise<Segment>
  /** Leaves nothing behind. */
  abort(): Promise<void>
}

export interface PartitionState {
  /** Empty for the only part of a table that is not partitioned. */
  readonly spec: PartitionSpec
  readonly segments: readonly Segment[]
  /** Epoch milliseconds. */
  readonly createdAt: number
  readonly changedAt: number
}

/** What a view gives when it is read. */
export interface ViewQuery {
  /** One query. */
  readonly sql: string
  /** Where names in it without these parts are looked for. */
  readonly project: string
  readonly schemaName: string | undefined
  /** `odps.namespace.schema` when it was created: whether two parts of a name are schema and table. */
  readonly hasSchemas: boolean
}

/** A table at one moment. Never changed: a change is a new state, saved and then swapped in. */
export interface TableState {
  readonly id: string
  readonly project: string
  readonly schemaName: string
  readonly name: string
  readonly schema: TableSchema
  readonly comment: string
  /** Days, -1 for none. */
  readonly lifecycle: number
  readonly properties: Readonly<Record<string, string>>
  readonly primaryKey: readonly string[]
  /** Only views have one; they have no rows of their own. */
  readonly view?: ViewQuery | undefined
  readonly schemaVersion: number
  /** The schema version that the fields of all records were last numbered anew for; blocks of older sessions don't fit. */
  readonly refieldedAt?: number
  readonly createdAt: number
  readonly changedAt: number
  readonly ddlAt: number
  /** By partition key; a table that is not partitioned has one, with the key `''`. */
  readonly partitions: ReadonlyMap<string, PartitionState>
}

/** A schema that was created by itself. */
export interface SchemaState {
  readonly project: string
  readonly name: string
  readonly comment: string
  /** Epoch milliseconds. */
  readonly createdAt: number
}

/** Where tables live. */
export interface TableStore {
  load(): Promise<TableState[]>
  /** All or nothing, also when the process is killed meanwhile. */
  save(state: TableState): Promise<void>
  remove(tableId: string): Promise<void>
  createBlock(tableId: string): Promise<BlockWriter>
  loadSchemas(): Promise<readonly SchemaState[]>
  /** All of them, in place of the old ones. */
  saveSchemas(schemas: readonly SchemaState[]): Promise<void>
  close(): Promise<void>
}
