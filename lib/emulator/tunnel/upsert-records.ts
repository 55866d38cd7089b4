import { createRecordDecoder } from '../../codec/rows/record-decoder.js'
import { createRecordProjector, type ScannedRecord } from '../../codec/stream/record-scanner.js'
import { PlanCache } from '../../codec/wasm/plan-cache.js'
import type { Column } from '../../schema/table-schema.js'
import { takesPartialRows } from '../primary-key.js'
import { malformedStream } from '../server/service-refusal.js'
import type { RowChange } from '../store/merge-rows.js'
import { readStoredRecords } from '../store/read-rows.js'
import { createKeyReader } from '../store/record-keys.js'
import type { Segment, TableState } from '../store/table-store.js'

/*
 * What a client sends to change rows by their key: records with five columns behind those of the table (protocol 9.5). The
 * operation, and the ids of the columns that a partial row sets, are read; the rest stays bytes.
 */

const added = (name: string, type: Column['type']): Column => ({ name, type, nullable: true })
const operationName = '__operation'
const valueColumnsName = '__value_cols'

/** The columns of the records, and how they are read. */
interface UpsertForm {
  readonly columns: readonly Column[]
  /** Undefined where a part of the key is NULL. */
  readonly keyOf: (record: Buffer) => string | undefined
  readonly rowOf: (record: Buffer) => ScannedRecord
  readonly read: (records: readonly Buffer[]) => Request[]
}

/** By the columns of the table: every flush asks for it, and plans of how to read are kept by the columns they are for. */
const forms = new PlanCache<UpsertForm>()

export const upsertFormOf = ({ schema, primaryKey }: TableState): UpsertForm =>
  forms.of(schema.columns, primaryKey.join(), () => {
    const columns = upsertColumns(schema.columns)
    const names = schema.columns.map(({ name }) => name)
    return {
      columns,
      keyOf: createKeyReader(columns, primaryKey),
      rowOf: createRecordProjector(columns, names),
      read: createRequestReader(columns),
    }
  })

export const upsertColumns = (columns: readonly Column[]): Column[] => [
  ...columns.map(column => ({ ...column, nullable: true })),
  added('__version', { kind: 'bigint' }),
  added('__app_version', { kind: 'bigint' }),
  added(operationName, { kind: 'tinyint' }),
  added('__key_cols', { kind: 'array', element: { kind: 'bigint' } }),
  added(valueColumnsName, { kind: 'array', element: { kind: 'bigint' } }),
]

const upsert = 'U'.charCodeAt(0)
const deletion = 'D'.charCodeAt(0)

/**
 * The changes that the records of a segment ask for, in their order.
 * @throws ServiceRefusal MalformedDataStream for a record that asks for none
 */
export async function* readChanges(state: TableState, segment: Segment): AsyncGenerator<RowChange> {
  const { columns } = state.schema
  const { keyOf, rowOf, read } = upsertFormOf(state)
  const key = state.primaryKey.map(name => columns.findIndex(column => column.name === name))
  for await (const records of readStoredRecords([segment], 0, segment.rows)) {
    const requests = read(records)
    for (const [i, record] of records.entries()) {
      const text = keyOf(record)
      if (text === undefined) throw malformed('a part of its key is NULL')
      const { operation, ids } = requests[i]!
      if (operation === deletion) yield { key: text, record: undefined }
      else if (operation === upsert)
        yield { key: text, record: rowOf(record), only: placesOf(state, key, ids) }
      else throw malformed(`${operationName} is ${operation}`)
    }
  }
}

interface Request {
  readonly operation: number | null
  readonly ids: readonly number[]
}

const createRequestReader = (sent: readonly Column[]): ((records: readonly Buffer[]) => Request[]) => {
  const names = [operationName, valueColumnsName]
  const project = createRecordProjector(sent, names)
  const columns = names.map(name => sent.find(column => column.name === name)!)
  return records => {
    const rows: unknown[] = []
    const decoder = createRecordDecoder(columns, { bigint: 'number' })
    decoder.push(Buffer.concat(records.map(record => project(record).bytes)), rows)
    return (rows as [number | null, number[] | null][]).map(([operation, ids]) => ({
      operation,
      ids: ids ?? [],
    }))
  }
}

/** Column ids are places, as the emulator's schemas tell them. The key stays what it is. */
const placesOf = (
  state: TableState,
  key: readonly number[],
  ids: readonly number[],
): readonly number[] | undefined => {
  if (ids.length === 0) return undefined
  if (!takesPartialRows(state)) throw malformed('the table takes no partial rows')
  const unknown = ids.find(id => state.schema.columns[id] === undefined)
  if (unknown !== undefined)
    throw malformed(`${valueColumnsName} has ${unknown}, which is not the id of a column`)
  return [...key, ...ids]
}

const malformed = (what: string): Error => malformedStream(new Error(`an upsert record: ${what}`))
