import { createRecordEncoder, type RecordEncoder } from '../../codec/rows/record-encoder.js'
import { type TableSchema, type Tunnel, TunnelValueError } from '../../index.js'
import type { Call } from '../call.js'
import { exitCode } from '../exit-code.js'
import { heldColumns } from '../formats/held-columns.js'
import { type Inference, inferColumns } from '../formats/infer/columns.js'
import type { BadRecord, SourceBatch, SourceField } from '../formats/row-source.js'
import { badRowOf, formatBadRecord } from '../transfer/bad-records.js'
import { countOf } from '../transfer/units.js'
import { CliError } from '../usage-error.js'
import { partitionedTable, RowPartitions, rowSchemaOf } from './partition-columns.js'
import type { UploadRequest } from './request.js'
import type { UploadInputs } from './upload-inputs.js'

/*
 * The table of an upload, made for its files. It is created when everything that can be known before is known: that the
 * files can be read to their ends, that their columns fit the table, and that every record becomes a row of it. A table
 * that is left behind by a file that was refused is in the way of the next try.
 */

export interface InferredTable {
  readonly schema: TableSchema
  readonly inference: Inference
}

/**
 * Finds the table for the files: its columns are those of the first one, and the others must fit them. What can be read
 * once only still has all of its rows to give.
 * @throws CliError for files that would not load
 */
export const inferTable = async (request: UploadRequest, inputs: UploadInputs): Promise<InferredTable> => {
  const { rules, text, paths, maxBadRecords, formatOf, partitionBy, target } = request
  const first = await inputs.open(0)
  let [inference, fields]: [Inference | undefined, readonly SourceField[]] = [undefined, []]
  try {
    inference = await inferColumns(first.source, {
      ...{ format: formatOf(paths[0]!).name, timeZone: text.timeZone, strict: rules.strict },
      mayConsume: !first.input.isReadOnce,
    })
    fields = first.source.fields
  } finally {
    await inputs.leave(0, first)
  }
  const { firstBad, badRecords } = inference
  if (firstBad !== undefined && (badRecords > maxBadRecords || inference.columns.length === 0))
    throw new CliError(
      formatBadRecord(firstBad, first.name),
      'Correct it, or use --bad-records; no table was created',
      {
        exitCode: exitCode.badRecords,
      },
    )
  const columns = heldColumns(first.name, inference.columns, rules.columns)
  if (columns.length === 0)
    throw new CliError(`${first.name} has no columns to create a table from`, 'Check the file')
  const schema = schemaOf(columns, request, first.name)
  const rows = { table: schema, rows: rowSchemaOf(schema, partitionBy, target.partition) }
  inputs.know(0, fields)
  await inputs.check(rows.rows, true)
  if (inference.mayNotFit || partitionBy !== undefined)
    await checkRows(inputs, [0], rows, maxBadRecords, 'Correct it, or use --bad-records')
  const others = Array.from({ length: inputs.count - 1 }, (_, i) => i + 1)
  await checkRows(
    ...[inputs, others, rows, maxBadRecords - badRecords],
    'The columns come from the first file; create the table with types that fit all files',
  )
  return { schema, inference }
}

const schemaOf = (
  columns: Inference['columns'],
  { target: { partition = [] }, partitionBy }: UploadRequest,
  name: string,
): TableSchema => {
  const both = columns.find(({ column }) => partition.some(each => each.name.toLowerCase() === column.name))
  if (both !== undefined)
    throw new CliError(
      `${name} has the column '${both.fieldName}', which is also the name of a partition column`,
      'Rename one of them: column names must be unique',
    )
  const ofFile = columns.map(({ column }) => column)
  const fixed = partition.map(
    ({ name: column }) => ({ name: column, type: { kind: 'string' }, nullable: true }) as const,
  )
  return partitionBy === undefined
    ? { columns: ofFile, partitionColumns: fixed }
    : partitionedTable(ofFile, partitionBy, fixed, name)
}

/**
 * Makes the rows, and encodes them as for the transfer: what the table does not take is found before it is there. Files are
 * passed over that can be read once only.
 */
const checkRows = async (
  inputs: UploadInputs,
  files: readonly number[],
  schemas: { readonly table: TableSchema; readonly rows: TableSchema },
  allowedBad: number,
  next: string,
): Promise<void> => {
  let count = 0
  const partitions = new RowPartitions(schemas.rows, schemas.table)
  for (const i of files) {
    if (inputs.isReadOnce(i)) continue
    const opened = await inputs.plan(i, schemas.rows)
    const encoder = createRecordEncoder(schemas.rows.columns, { json: 'text' })
    try {
      for await (const batch of opened.source.rows(opened.plan))
        for (const bad of [...batch.bad, ...refusedRows(encoder, batch), ...partitions.refused(batch)])
          if (++count > allowedBad)
            throw new CliError(formatBadRecord(bad, opened.name), `${next}. No table was created`, {
              exitCode: exitCode.badRecords,
            })
    } finally {
      await inputs.leave(i, opened)
    }
  }
}

const refusedRows = (encoder: RecordEncoder, { rows, originOf }: SourceBatch): BadRecord[] => {
  const refused: BadRecord[] = []
  for (const [i, row] of rows.entries())
    try {
      encoder.write(row, i)
      if (encoder.pendingReaches(maxPendingBytes)) encoder.discard()
    } catch (error) {
      if (!(error instanceof TunnelValueError)) throw error
      refused.push(badRowOf(error, originOf(i)))
    }
  encoder.discard()
  return refused
}

const maxPendingBytes = 2 ** 24

export const createTable = async (
  call: Call,
  tunnel: Tunnel,
  { target, paths }: UploadRequest,
  { schema, inference: { records } }: InferredTable,
): Promise<void> => {
  const name = paths[0] === '-' ? 'stdin' : paths[0]!
  await tunnel.createTable({ table: target.table, schema, ifNotExists: true })
  const from = records === 0 ? `as ${name} says` : `from ${countOf(records, 'record')} of ${name}`
  call.note(
    `Created ${target.table}: ${countOf(schema.columns.length, 'column')}, ${from} (see them with: odps-tunnel schema ${target.table})`,
  )
}
