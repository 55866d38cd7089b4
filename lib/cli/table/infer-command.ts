import { formatCreateTable, formatDataType } from '../../index.js'
import type { Call } from '../call.js'
import { applyConfigDefaults } from '../config/option-defaults.js'
import type { Command } from '../definition.js'
import { exitCode } from '../exit-code.js'
import { openInput } from '../files/byte-input.js'
import { stdinFormat } from '../files/stdin-format.js'
import { fileFormatOf } from '../formats/file-format.js'
import { heldColumns } from '../formats/held-columns.js'
import { noteIdleOptions } from '../formats/idle-options.js'
import { columnNameOf, type Inference, inferColumns } from '../formats/infer/columns.js'
import { openSource } from '../formats/open-source.js'
import { readTextOptions, textOptions } from '../formats/text-options.js'
import { generalOptions } from '../standard-options.js'
import { styleFor } from '../terminal.js'
import { formatBadRecord } from '../transfer/bad-records.js'
import { countOf } from '../transfer/units.js'
import { CliError } from '../usage-error.js'
import { alignTable } from './aligned.js'

/*
 * The CREATE TABLE statement that `upload --create` would run, to be looked at and changed first. All records are read,
 * not a sample: a type that fails on the last record is worth nothing. The statement alone goes to stdout, so that it
 * can be piped.
 */

type Columns = Inference['columns']

const run = async (call: Call): Promise<number> => {
  await applyConfigDefaults(call, inferCommand)
  const { values, terminal } = call
  const path = call.operands[0]!
  const isTold = values.has('format') || path !== '-'
  const format = fileFormatOf(
    path,
    { format: values.text('format'), compression: values.text('file-compression') },
    isTold ? undefined : await stdinFormat(terminal.stdin),
  )
  const text = readTextOptions(call)
  noteIdleOptions(call, [format.name], false)
  const source = await openSource(await openInput(path, terminal), format, text)
  try {
    const inferred = await inferColumns(source, {
      ...{ format: format.name, timeZone: text.timeZone, mayConsume: true, strict: true },
    })
    const columns = columnsOf(call, path, inferred)
    if (call.json) printJson(call, inferred, columns)
    else printStatement(call, path, inferred, columns)
    return exitCode.done
  } finally {
    await source.close()
  }
}

/** @throws CliError when there are none */
const columnsOf = (call: Call, path: string, { columns, firstBad, badRecords }: Inference): Columns => {
  const held = heldColumns(path, columns, undefined)
  if (held.length === 0 && firstBad !== undefined)
    throw new CliError(
      formatBadRecord(firstBad, path),
      'Correct it; without a record, the columns are unknown',
    )
  if (held.length === 0) throw new CliError(`${path} has no columns`, 'Is the file empty?')
  if (firstBad !== undefined)
    call.remark(
      `${countOf(badRecords, 'record')} could not be read and will not load. The first: ${formatBadRecord(firstBad, path)}`,
    )
  return held
}

const printJson = (call: Call, { records, badRecords }: Inference, columns: Columns): void => {
  const described = columns.map(({ column, fieldName, why }) => ({
    name: column.name,
    field: fieldName,
    type: formatDataType(column.type),
    why,
  }))
  call.print(`${JSON.stringify({ records, badRecords, columns: described })}\n`)
}

/** The statement is the result; why it is so goes to stderr. */
const printStatement = (call: Call, path: string, { records }: Inference, columns: Columns): void => {
  const { values, terminal } = call
  const table = values.text('table') ?? tableNameOf(path)
  call.print(
    `${formatCreateTable(table, { columns: columns.map(({ column }) => column), partitionColumns: [] })};\n`,
  )
  const style = styleFor(terminal.stderr, terminal)
  const lines = alignTable(
    ['column', 'type', 'why'].map(title => ({ title, isNumeric: false })),
    columns.map(({ column, why, fieldName }) => [
      column.name,
      formatDataType(column.type).toUpperCase(),
      fieldName.toLowerCase() === column.name ? why : `${why} (field '${fieldName}')`,
    ]),
    (each, row) => (row < 0 ? style('dim', each) : each),
    Number.POSITIVE_INFINITY,
  )
  call.note(
    ['', ...(records === 0 ? [] : [`From ${countOf(records, 'record')} of ${path}:`]), ...lines]
      .map(line => line.trimEnd())
      .join('\n'),
  )
}

const tableNameOf = (path: string): string =>
  path === '-' ? 'new_table' : columnNameOf(path.split(/[\\/]/).at(-1)!.replace(/\..*$/, '') || 'new_table')

export const inferCommand: Command = {
  name: 'infer',
  summary: 'Print the CREATE TABLE statement for a file',
  description: [
    'Reads all records of a file and prints a statement that creates a table for it. stderr shows why each type was chosen.',
    'A type is chosen only if every value reads back unchanged: BIGINT for whole numbers, DOUBLE for numbers in their shortest form (0.1, 1e-7), DECIMAL for numbers with the same number of digits after the point (5.50, 10.25), and STRING for the others (leading zeros, 2.1 beside 2.10, mixed values). Booleans, dates and times must all be spelled the same way. JSON values of different kinds become JSON. Parquet and Arrow files state their types.',
  ],
  operands: [{ name: '<file|->', help: 'A file of any format, or stdin' }],
  operandCount: [1, 1],
  groups: [
    {
      title: 'Options',
      options: [
        {
          name: 'table',
          type: 'text',
          value: '<name>',
          help: 'Name of the table',
          fallback: 'the file name',
        },
        { name: 'json', type: 'flag', help: 'Print the columns, their types and the reasons as JSON' },
      ],
    },
    textOptions,
    {
      title: 'Configuration',
      options: [
        {
          name: 'config',
          type: 'text',
          value: '<file>',
          help: 'Configuration file with defaults for the options',
        },
        { name: 'profile', type: 'text', value: '<name>', help: 'Profile of the configuration file' },
      ],
    },
    generalOptions,
  ],
  examples: [{ text: 'The statement alone', command: 'odps-tunnel infer flights.csv --quiet > flights.sql' }],
  run,
}
