import {
  createRecordProjector,
  encodeTrailer,
  type ScannedRecord,
} from '../../codec/stream/record-scanner.js'
import type { Column } from '../../schema/table-schema.js'
import { checksumOf, crcInt32, emptyRegister } from '../../wire/crc32c.js'
import { fieldsOf, joinFields } from './join-fields.js'
import { readStoredRecords } from './read-rows.js'
import { createKeyReader } from './record-keys.js'
import type { Segment } from './table-store.js'

/*
 * Rows by their key, one for each: later changes win over earlier ones, and over what was there. Records stay bytes. Where some
 * columns are set and the others kept, the new record is picked from the fields of the old one and those of the change,
 * joined to one. A row that is replaced keeps its place.
 */

/** What becomes of the row with a key. */
export interface RowChange {
  readonly key: string
  /** The new row in the columns of the table; undefined deletes the old one. */
  readonly record: ScannedRecord | undefined
  /** Places of the columns that are set; undefined: all. */
  readonly only?: readonly number[] | undefined
}

/**
 * Makes the record stream of the rows that there are after all changes.
 * @param segments the rows that there were, each key once
 */
export async function* mergeRows(
  columns: readonly Column[],
  key: readonly string[],
  segments: readonly Segment[],
  changes: AsyncIterable<RowChange>,
): AsyncGenerator<Buffer> {
  const rows = new Map<string, ScannedRecord>()
  for await (const { key: text, record } of wholeRows(columns, key, segments)) rows.set(text, record!)
  const patch = createPatcher(columns)
  for await (const { key: text, record, only } of changes) {
    if (record === undefined) rows.delete(text)
    else rows.set(text, only === undefined ? record : patch(rows.get(text)?.bytes, record.bytes, only))
  }
  yield* recordStream([...rows.values()])
}

/** Stored rows as changes that set all columns. */
export async function* wholeRows(
  columns: readonly Column[],
  key: readonly string[],
  segments: readonly Segment[],
): AsyncGenerator<RowChange> {
  const keyOf = createKeyReader(columns, key)
  const whole = createRecordProjector(
    columns,
    columns.map(({ name }) => name),
  )
  const count = segments.reduce((rows, segment) => rows + segment.rows, 0)
  for await (const records of readStoredRecords(segments, 0, count))
    for (const record of records) {
      const text = keyOf(record)
      if (text === undefined) throw new Error('a row of a table with a primary key has NULL in its key')
      yield { key: text, record: whole(record) }
    }
}

type Patch = (old: Buffer | undefined, change: Buffer, only: readonly number[]) => ScannedRecord

const createPatcher = (columns: readonly Column[]): Patch => {
  const named = (prefix: string): Column[] =>
    columns.map((column, i) => ({ ...column, name: `${prefix}${i}` }))
  const joined = [...named('old'), ...named('new')]
  // Numbers the fields of a change behind those of the old record.
  const shift = createRecordProjector(
    [...named('new'), ...named('old')],
    joined.map(({ name }) => name),
  )
  const picks = new Map<string, (record: Buffer) => ScannedRecord>()
  const pickOf = (only: readonly number[]): ((record: Buffer) => ScannedRecord) => {
    const names = columns.map((_, i) => `${only.includes(i) ? 'new' : 'old'}${i}`)
    const id = names.join()
    const pick = picks.get(id) ?? createRecordProjector(joined, names)
    picks.set(id, pick)
    return pick
  }
  return (old, change, only) => {
    const { bytes } = shift(change)
    return pickOf(only)(old === undefined ? bytes : joinFields(old, fieldsOf(bytes)))
  }
}

/** Written together. */
const batchRows = 4096

function* recordStream(records: readonly ScannedRecord[]): Generator<Buffer> {
  let register = emptyRegister
  for (let from = 0; from < records.length; from += batchRows) {
    const batch = records.slice(from, from + batchRows)
    for (const { checksum } of batch) register = crcInt32(register, checksum)
    yield Buffer.concat(batch.map(({ bytes }) => bytes))
  }
  yield encodeTrailer(records.length, checksumOf(register))
}
