import { defaultCodecOptions } from '../../codec/cell-codec.js'
import type { EncodedRecords } from '../../codec/rows/encoded-records.js'
import type { EncodeOptions } from '../../codec/rows/record-encoder.js'
import { TunnelError } from '../../index.js'
import { type CellConverter, cellConverterOf } from './file-values/cell-converter.js'
import { columnTypeOf } from './file-values/column-type.js'
import type { FileField, FileType } from './file-values/file-type.js'
import { textPrinterOf } from './file-values/value-text.js'
import type { BadRecord, ColumnPlan, RowSource, SourceBatch, SourceField } from './row-source.js'

/*
 * Rows of files that have types of their own (Parquet, Arrow). Their cells stay what lies in the file until the column
 * of the table is known; only then can be said whether a value fits, and only then is it converted, once.
 */

/** The physical values of one field, NULL as null; an array is one. */
export interface ValueColumn {
  at(row: number): unknown
}

export interface ValueBatch {
  readonly rowCount: number
  /** One for each field of the file; undefined for those that nobody wants. */
  readonly columns: readonly (ValueColumn | undefined)[]
}

/** Rows that are records already; good until the next batch. */
export interface RecordsBatch {
  readonly rowCount: number
  readonly records: EncodedRecords
}

/** Who takes records as well as values, and how they are encoded. */
export interface RecordsPlan extends Pick<ColumnPlan, 'columns' | 'fieldOf'> {
  readonly options: Required<Pick<EncodeOptions, 'maxFieldBytes' | 'oldDates'>> & {
    readonly timeZone: string
  }
}

/** What a reader of a format with types gives: values as they lie in the file (see file-values/file-type.ts). */
export interface TypedFileReader {
  readonly fields: readonly FileField[]
  /** @param wanted indexes of the fields to be read */
  readonly batches: (wanted: ReadonlySet<number>) => AsyncGenerator<ValueBatch, void, undefined>
  /** The same with records in place of values where they can be had without; absent where they never can. */
  readonly records?: (
    wanted: ReadonlySet<number>,
    plan: RecordsPlan,
  ) => AsyncGenerator<ValueBatch | RecordsBatch, void, undefined>
  readonly close: () => Promise<void>
}

/** Rows of a format that has types of its own (Parquet, Arrow). */
export class ValueSource implements RowSource {
  readonly hasNames = true
  readonly fields: readonly SourceField[]
  readonly #reader: TypedFileReader
  readonly #timeZone: string
  #batches: AsyncGenerator<ValueBatch | RecordsBatch, void, undefined> | undefined
  #recordNumber = 0

  constructor(reader: TypedFileReader, { timeZone }: { readonly timeZone: string }) {
    this.#reader = reader
    this.#timeZone = timeZone
    this.fields = reader.fields.map(({ name, type }) => ({
      name,
      type: columnTypeOf(type),
      refuses: columnType => messageOf(() => cellConverterOf(type, columnType)),
    }))
  }

  async sample(): Promise<readonly (readonly unknown[])[]> {
    return []
  }

  async *rows(plan: ColumnPlan): AsyncGenerator<SourceBatch, void, undefined> {
    const { columns, fieldOf } = plan
    const { fields } = this.#reader
    const converters = columns.map(({ type }, i) => {
      const field = fields[fieldOf[i]!]
      return field && cellConverterOf(field.type, type, { timeZone: this.#timeZone })
    })
    this.#batches = this.#open(plan)
    for await (const batch of this.#batches)
      yield 'records' in batch ? this.#pass(batch) : this.#convert(batch, plan, converters)
  }

  #open({
    columns,
    fieldOf,
    records,
  }: ColumnPlan): AsyncGenerator<ValueBatch | RecordsBatch, void, undefined> {
    const wanted = new Set(fieldOf.filter(field => field >= 0))
    if (records === undefined || this.#reader.records === undefined) return this.#reader.batches(wanted)
    const { maxFieldBytes = defaultCodecOptions.maxFieldBytes, oldDates = 'accept' } = records
    const options = { maxFieldBytes, oldDates, timeZone: this.#timeZone }
    return this.#reader.records(wanted, { columns, fieldOf, options })
  }

  async close(): Promise<void> {
    await this.#batches?.return()
    await this.#reader.close()
  }

  #pass({ rowCount, records }: RecordsBatch): SourceBatch {
    const first = this.#recordNumber + 1
    this.#recordNumber += rowCount
    return { rows: [], bad: [], records, originOf: row => ({ record: first + row, fields: [] }) }
  }

  #convert(
    batch: ValueBatch,
    { columns, fieldOf }: ColumnPlan,
    converters: readonly (CellConverter | undefined)[],
  ): SourceBatch {
    const first = this.#recordNumber + 1
    this.#recordNumber += batch.rowCount
    const cells = Array.from({ length: batch.rowCount }, () => new Array<unknown>(columns.length).fill(null))
    const faults = new Map<number, Fault>()
    for (const [c, convert] of converters.entries()) {
      const values = batch.columns[fieldOf[c]!]
      if (convert === undefined || values === undefined) continue
      fillColumn(cells, c, values, convert, (row, error) => {
        if (!faults.has(row)) faults.set(row, { column: columns[c]!.name, error })
      })
    }
    const origins = cells.flatMap((_, row) => (faults.has(row) ? [] : [row]))
    return {
      rows: faults.size === 0 ? cells : origins.map(row => cells[row]!),
      bad: [...faults]
        .sort(([a], [b]) => a - b)
        .map(([row, { column, error }]) => ({
          ...{ record: first + row, column, code: error.code, reason: error.message },
          fields: this.#fieldsOf(batch, row),
        })),
      originOf: row => ({ record: first + origins[row]!, fields: this.#fieldsOf(batch, origins[row]!) }),
    }
  }

  /** For the file of bad records. */
  #fieldsOf({ columns }: ValueBatch, row: number): BadRecord['fields'] {
    return this.#reader.fields.map(({ type }, i) => {
      const values = columns[i]
      if (values === undefined) return '(not read)'
      return printable(type, values.at(row))
    })
  }
}

interface Fault {
  readonly column: string
  readonly error: TunnelError
}

const fillColumn = (
  rows: readonly unknown[][],
  column: number,
  values: ValueColumn,
  convert: CellConverter,
  onFault: (row: number, error: TunnelError) => void,
): void => {
  for (let row = 0; row < rows.length; row++) {
    const value = values.at(row)
    if (value === null) continue
    try {
      rows[row]![column] = convert(value)
    } catch (error) {
      if (!(error instanceof TunnelError)) throw error
      onFault(row, error)
    }
  }
}

const messageOf = (run: () => unknown): string | undefined => {
  try {
    run()
    return undefined
  } catch (error) {
    if (error instanceof TunnelError) return error.message
    throw error
  }
}

const printable = (type: FileType, value: unknown): unknown => {
  if (value === null) return null
  const format = textPrinterOf(type) as (value: unknown) => string
  try {
    return format(value)
  } catch (error) {
    if (!(error instanceof TunnelError)) throw error
    return value instanceof Uint8Array
      ? `(not UTF-8; in base64: ${Buffer.from(value).toString('base64')})`
      : `(${error.message})`
  }
}
