import { columnTypeOf, unsupportedPart } from '../../../../lib/cli/formats/file-values/column-type.js'
import { openParquetFile } from '../../../../lib/cli/formats/parquet/file.js'
import type { BadRecord } from '../../../../lib/cli/formats/row-source.js'
import { ValueSource } from '../../../../lib/cli/formats/value-source.js'
import { badRowOf } from '../../../../lib/cli/transfer/bad-records.js'
import { CliError } from '../../../../lib/cli/usage-error.js'
import { createRecordEncoder, type EncodeOptions } from '../../../../lib/codec/rows/record-encoder.js'
import { type Column, TunnelValueError } from '../../../../lib/index.js'
import { accessTo } from '../physical-values.js'

/* What becomes of a file's rows: by way of values, and by way of pages that become records as they are. */

export interface Outcome {
  /** Record by record, in hex. */
  readonly records: string[]
  readonly bad: BadRecord[]
  /** What the file was refused with. */
  error: string | undefined
  /** How many of the records came without values. */
  fromPages: number
}

export interface Way {
  readonly columns?: readonly Column[]
  readonly timeZone?: string
  readonly options?: EncodeOptions
}

/** The columns that a table made for the file has, of those that a table can have. */
export const columnsOf = async (file: Uint8Array): Promise<Column[]> => {
  const { fields } = await openParquetFile(accessTo(file), 'a file')
  return fields
    .map(({ name, type }) => ({ name, type: columnTypeOf(type), nullable: true }))
    .filter(({ type }) => unsupportedPart(type) === undefined)
}

export const outcomeOf = async (
  file: Uint8Array,
  { columns, timeZone = 'UTC', options = {} }: Way,
  fromPages: boolean,
): Promise<Outcome> => {
  const outcome: Outcome = { records: [], bad: [], error: undefined, fromPages: 0 }
  let reader: Awaited<ReturnType<typeof openParquetFile>>
  try {
    reader = await openParquetFile(accessTo(file), 'a file')
  } catch (error) {
    return { ...outcome, error: (error as Error).message }
  }
  try {
    const source = new ValueSource({ ...reader, close: async () => {} }, { timeZone })
    const wanted = columns ?? (await columnsOf(file))
    const fieldOf = wanted.map(({ name }) => reader.fields.findIndex(field => field.name === name))
    const encoding: EncodeOptions = { json: 'text', ...options }
    const encoder = createRecordEncoder(wanted, encoding)
    const plan = { columns: wanted, fieldOf, strict: true, records: fromPages ? encoding : undefined }
    for await (const { rows, bad, records, originOf } of source.rows(plan)) {
      outcome.bad.push(...bad)
      for (const [i, row] of rows.entries())
        try {
          encoder.write(row, i)
          outcome.records.push(encoder.take().toString('hex'))
        } catch (error) {
          if (!(error instanceof TunnelValueError)) throw error
          outcome.bad.push(badRowOf(error, originOf(i)))
        }
      const bytes = Buffer.from(records?.bytes ?? [])
      for (const [i, end] of (records?.ends ?? []).entries())
        outcome.records.push(bytes.toString('hex', i === 0 ? 0 : records!.ends[i - 1], end))
      outcome.fromPages += records?.rows ?? 0
    }
  } catch (error) {
    if (!(error instanceof CliError) && !(error instanceof TunnelValueError)) throw error
    outcome.error = error.message
  }
  return outcome
}
