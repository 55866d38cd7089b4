import { type OptionSpec, objectOf, oneOf } from '../check-options.js'
import { createRecordDecoder, type DecodeOptions } from '../codec/rows/record-decoder.js'
import { createRecordEncoder } from '../codec/rows/record-encoder.js'
import { RowBatch } from '../codec/rows/row-batch.js'
import { TunnelOptionError } from '../errors.js'
import { checkParsers, parserMap } from '../schema/column-names.js'
import type { PartitionSpec } from '../schema/partition-spec.js'
import type { Column } from '../schema/table-schema.js'
import { appendRecords } from './append-records.js'
import type { Catalog, Table } from './catalog.js'
import type { Service } from './service.js'
import type { PartitionState } from './store/table-store.js'
import { countRows } from './table.js'
import { recordStreamOf } from './tunnel/serve-rows.js'

/*
 * Rows put into tables and read from them by a test, without a client: through the same codec and the same store, so that what is
 * inserted here is what an upload would have left, checked in the same way, and what is read is what a download would give.
 */

/** What rows may come from: arrays of cells, objects by column name, or RowBatch chunks of them. */
export type RowsToInsert = Iterable<unknown> | AsyncIterable<unknown>

/** How `rows` gives them; the same words as a download's. */
export interface ReadRowsOptions {
  /** `'object'` (default): keyed by column name. `'array'`: values in column order. */
  readonly rowShape?: 'array' | 'object' | undefined
  /** What BIGINT becomes; `'number'` throws for an unsafe one. Default `'bigint'`. */
  readonly bigint?: 'bigint' | 'number' | 'string' | undefined
  /** `'buffer'` gives STRING, VARCHAR and CHAR as bytes. Default `'string'`. */
  readonly string?: 'string' | 'buffer' | undefined
  /** `'text'` gives JSON as it lies in the table. Default `'parsed'`. */
  readonly json?: 'parsed' | 'text' | undefined
  /** Replaces the converter of a column or of a type; not called for NULL. */
  readonly parsers?: Readonly<Record<string, (value: never, column: Column) => unknown>> | undefined
  /** Where the table is, when its name alone does not say. */
  readonly place?:
    | { readonly project?: string | undefined; readonly schemaName?: string | undefined }
    | undefined
}

export const readRowsSpec: OptionSpec = {
  rowShape: oneOf('array', 'object'),
  bigint: oneOf('bigint', 'number', 'string'),
  string: oneOf('string', 'buffer'),
  json: oneOf('parsed', 'text'),
  parsers: parserMap,
  place: objectOf({ project: 'string', schemaName: 'string' }),
}

/**
 * Appends all rows, or none when one of them doesn't fit.
 * @returns how many
 * @throws TunnelValueError with column and rowIndex; what the rows themselves throw
 */
export const insertRows = async (
  service: Service,
  table: Table,
  spec: PartitionSpec,
  rows: RowsToInsert,
): Promise<number> => {
  const { columns } = table.state.schema
  const partition = spec.map(({ name, value }) => ({ name, value }))
  return appendRecords(service, table, spec, encodeRows(columns, partition, rows), false)
}

const chunkBytes = 1 << 20

async function* encodeRows(
  columns: readonly Column[],
  partition: readonly { readonly name: string; readonly value: string }[],
  rows: RowsToInsert,
): AsyncGenerator<Buffer> {
  const encoder = createRecordEncoder(columns, { partition })
  let index = 0
  for await (const item of iterableOf(rows)) {
    for (const row of item instanceof RowBatch ? item : [item]) encoder.write(row, index++)
    if (encoder.pendingReaches(chunkBytes)) yield encoder.take()
  }
  yield encoder.finish()
}

const iterableOf = (rows: RowsToInsert): RowsToInsert => {
  const iterates = Symbol.asyncIterator in Object(rows) || Symbol.iterator in Object(rows)
  if (iterates && typeof rows !== 'string' && !(rows instanceof Uint8Array)) return rows
  throw new TunnelOptionError(
    'ODPS_INVALID_OPTION',
    'insert: rows must be an iterable or async iterable of rows',
  )
}

/** All rows of some partitions, in the order in which they came. */
export const readRows = async (
  catalog: Catalog,
  { state }: Table,
  partitions: readonly PartitionState[],
  options: ReadRowsOptions & { readonly withPartitionColumns: boolean },
): Promise<unknown[]> => {
  const { place: _, withPartitionColumns, rowShape = 'object', ...decode } = options
  const { schema } = state
  checkParsers(decode.parsers, schema)
  const held = partitions.flatMap(partition => partition.segments)
  const rows: unknown[] = []
  catalog.hold(held)
  try {
    for (const { spec, segments } of partitions) {
      const partition = spec.map(({ value }, i) => ({ column: schema.partitionColumns[i]!, value }))
      const decoder = createRecordDecoder(schema.columns, {
        ...(decode as DecodeOptions),
        rowShape,
        ...(withPartitionColumns && { partition }),
      })
      const range = { start: 0, count: countRows(segments) }
      for await (const chunk of recordStreamOf({ schema, segments }, range, undefined, () => undefined))
        decoder.push(chunk, rows)
      decoder.end()
    }
  } finally {
    await catalog.release(held)
  }
  return rows
}
