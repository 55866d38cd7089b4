import type { ArrowField } from '../../arrow/ipc/schema.js'
import { BatchReader } from '../../arrow/tunnel/batch-reader.js'
import type { WireBatch } from '../../arrow/tunnel/wire-types.js'
import type { DownloadSession } from '../../download/download-session.js'
import type { RangeDecoder, RangeFormat } from '../../download/range-decoder.js'
import { TunnelOptionError, TunnelProtocolError } from '../../errors.js'
import { type DataType, formatDataType } from '../../schema/data-type.js'
import type { Column, TableSchema } from '../../schema/table-schema.js'
import { type OutputBatch, type PartitionValue, Projection } from './projection.js'

/*
 * Record batches as a form that ranges of rows come in. One object serves all sessions and ranges of a download, for all
 * its batches have one schema.
 */

export interface BatchOptions {
  readonly columns?: readonly string[] | undefined
  readonly partitionColumns?: boolean | undefined
}

export class BatchFormats {
  readonly #options: BatchOptions
  #known: { readonly projection: Projection; readonly columns: string } | undefined

  constructor({ columns, partitionColumns }: BatchOptions) {
    this.#options = { columns: columns && [...columns], partitionColumns }
  }

  /** Of the batches; undefined before a session is open. */
  get fields(): readonly ArrowField[] | undefined {
    return this.#known?.projection.fields
  }

  /** What the schema is when there was nothing to read. */
  fieldsOf(schema: TableSchema): readonly ArrowField[] {
    return this.#project(schema, schema.partitionColumns).fields
  }

  /** @throws TunnelOptionError, TunnelProtocolError for columns that cannot be read */
  readonly of = (session: DownloadSession): RangeFormat<OutputBatch> => {
    const partition = this.#options.partitionColumns ? session.partitionValues() : []
    const projection = this.#project(
      session.schema,
      partition.map(({ column }) => column),
    )
    if (session.dateTransform) checkOldDates(projection.types.columns)
    return {
      parameters: { arrow: '' },
      columns: projection.requested,
      load: async () => () => new BatchDecoder(projection, partition),
    }
  }

  #project(schema: TableSchema, partitionColumns: readonly Column[]): Projection {
    const columns = describeColumns(schema.columns)
    if (this.#known === undefined) {
      const shown = this.#options.partitionColumns ? partitionColumns : []
      this.#known = { projection: new Projection(schema.columns, this.#options.columns, shown), columns }
    } else if (this.#known.columns !== columns)
      throw new TunnelOptionError(
        'ODPS_SCHEMA_MISMATCH',
        'The columns of the table were changed during the download, and all its record batches have one schema; start it again',
      )
    return this.#known.projection
  }
}

const describeColumns = (columns: readonly Column[]): string =>
  JSON.stringify(columns.map(({ name, type }) => [name, formatDataType(type)]))

/** Record downloads look at each value; here they lie in buffers that nobody reads. */
const checkOldDates = (columns: readonly Column[]): void => {
  const column = columns.find(({ type }) => hasDatetime(type))
  if (column === undefined) return
  throw new TunnelProtocolError(
    'ODPS_UNEXPECTED_ANSWER',
    `The service asks for a conversion of dates before 1928, so the DATETIMEs in column '${column.name}' cannot be trusted in Arrow; download rows, or leave the column out with columns`,
  )
}

const hasDatetime = (type: DataType): boolean => {
  switch (type.kind) {
    case 'datetime':
      return true
    case 'array':
      return hasDatetime(type.element)
    case 'map':
      return hasDatetime(type.key) || hasDatetime(type.value)
    case 'struct':
      return type.fields.some(field => hasDatetime(field.type))
    default:
      return false
  }
}

class BatchDecoder implements RangeDecoder<OutputBatch> {
  rawBytes = 0
  readonly #reader: BatchReader
  readonly #projection: Projection
  readonly #partition: readonly PartitionValue[]

  constructor(projection: Projection, partition: readonly PartitionValue[]) {
    this.#reader = new BatchReader(projection.types)
    this.#projection = projection
    this.#partition = partition
  }

  get rows(): number {
    return this.#reader.rows
  }

  get ended(): boolean {
    return this.#reader.ended
  }

  push(chunk: Uint8Array, items: OutputBatch[]): void {
    this.rawBytes += chunk.length
    const batches: WireBatch[] = []
    this.#reader.push(chunk, batches)
    this.#give(batches, items)
  }

  end(items: OutputBatch[]): void {
    const batches: WireBatch[] = []
    this.#reader.end(batches)
    this.#give(batches, items)
  }

  #give(batches: readonly WireBatch[], items: OutputBatch[]): void {
    for (const batch of batches) items.push(this.#projection.apply(batch, this.#partition))
  }
}
