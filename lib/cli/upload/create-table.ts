import type { TableSchema, Tunnel } from '../../index.js'
import type { Call } from '../call.js'
import { exitCode } from '../exit-code.js'
import { heldColumns } from '../formats/held-columns.js'
import { type Inference, inferColumns } from '../formats/infer-columns.js'
import type { SourceField } from '../formats/row-source.js'
import { printBadRecord } from '../transfer/bad-records.js'
import { countOf } from '../transfer/units.js'
import { CliError } from '../usage-error.js'
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
  const { rules, target, text, paths, maxBadRecords, formatOf } = request
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
      printBadRecord(firstBad, first.name),
      'Correct it, or see --bad-records; no table was created',
      {
        exitCode: exitCode.badRecords,
      },
    )
  const columns = heldColumns(first.name, inference.columns, rules.columns)
  if (columns.length === 0)
    throw new CliError(`${first.name} has no columns to create a table of`, 'Check the file')
  const schema = schemaOf(columns, target, first.name)
  inputs.know(0, fields)
  await inputs.check(schema, true)
  await checkOthers(inputs, schema, maxBadRecords - badRecords)
  return { schema, inference }
}

const schemaOf = (
  columns: Inference['columns'],
  { partition = [] }: UploadRequest['target'],
  name: string,
): TableSchema => {
  const both = columns.find(({ column }) => partition.some(each => each.name.toLowerCase() === column.name))
  if (both !== undefined)
    throw new CliError(
      `${name} has the column '${both.fieldName}', and the partition has that name too`,
      'Rename one of them: a table has each column once',
    )
  return {
    columns: columns.map(({ column }) => column),
    partitionColumns: partition.map(
      ({ name: column }) => ({ name: column, type: { kind: 'string' }, nullable: true }) as const,
    ),
  }
}

/** The types were found in the first file; they must do for the others, as far as those can be read twice. */
const checkOthers = async (inputs: UploadInputs, schema: TableSchema, allowedBad: number): Promise<void> => {
  let bad = 0
  for (let i = 1; i < inputs.count; i++) {
    if (inputs.isReadOnce(i)) continue
    const opened = await inputs.plan(i, schema)
    try {
      for await (const batch of opened.source.rows(opened.plan)) {
        bad += batch.bad.length
        if (bad > allowedBad)
          throw new CliError(
            printBadRecord(batch.bad[0]!, opened.name),
            'The columns are those of the first file; create the table with types that do for all. No table was created',
            { exitCode: exitCode.badRecords },
          )
      }
    } finally {
      await inputs.leave(i, opened)
    }
  }
}

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
