import {
  formatCreateTable,
  formatDataType,
  formatPartitionSpec,
  type PartitionInfo,
  type TableInfo,
  type Tunnel,
} from '../../index.js'
import type { Call } from '../call.js'
import { connectionOptions } from '../config/settings.js'
import type { Command } from '../definition.js'
import { exitCode } from '../exit-code.js'
import { generalOptions } from '../standard-options.js'
import { styleFor } from '../terminal.js'
import { parseTarget } from '../transfer/table-target.js'
import { countOf, formatBytes } from '../transfer/units.js'
import { UsageError } from '../usage-error.js'
import { visibleInLine } from '../visible.js'
import { alignTable } from './aligned.js'
import { formatRowType } from './typescript.js'

/*
 * What a table looks like, in the form that is wanted next: to read, as JSON, as CREATE TABLE, or as a TypeScript type.
 * One of them at a time, because all of them go to stdout.
 */

const run = (call: Call): Promise<number> =>
  call.withTunnel(async tunnel => {
    const { table, partition } = parseTarget(call.operands[0]!)
    if (partition !== undefined)
      throw new UsageError(
        'schema is for whole tables',
        `'odps-tunnel partitions list ${call.operands[0]}' lists partitions`,
      )
    const forms = ['ddl', 'json', 'ts'].filter(name => call.values.flag(name))
    if (forms.length > 1) throw new UsageError(`--${forms[0]} and --${forms[1]} cannot be combined`)
    const info = await tunnel.getTable(table)
    if (call.values.flag('ddl')) {
      const { comment, lifecycleDays, primaryKey, properties } = info
      const options = { comment, lifecycleDays, primaryKey, properties }
      call.print(`${formatCreateTable(table, info.schema, options)};\n`)
      if (primaryKey === undefined)
        call.remark("The service doesn't tell whether the table has a primary key.")
    } else if (call.values.flag('ts')) call.print(formatRowType(table, info.schema))
    else if (call.json) call.print(`${JSON.stringify(describe(info), undefined, 2)}\n`)
    else await printTable(call, tunnel, table, info)
    return exitCode.done
  })

const describe = ({ name, schema, ...info }: TableInfo): object => {
  const columns = (list: TableInfo['schema']['columns']) =>
    list.map(({ type, ...column }) => ({ ...column, type: formatDataType(type) }))
  return {
    ...name,
    columns: columns(schema.columns),
    partitionColumns: columns(schema.partitionColumns),
    ...info,
  }
}

const shownPartitions = 20

const printTable = async (call: Call, tunnel: Tunnel, table: string, info: TableInfo): Promise<void> => {
  const style = styleFor(call.terminal.stdout, call.terminal)
  const { columns, partitionColumns } = info.schema
  const rows = [
    ...columns.map(column => ({ ...column, role: '' })),
    ...partitionColumns.map(column => ({ ...column, role: 'partition' })),
  ]
  const lines = alignTable(
    ['column', 'type', '', 'comment'].map(title => ({ title, isNumeric: false })),
    rows.map(({ name, type, nullable, role, comment }) => [
      name,
      formatDataType(type).toUpperCase(),
      role === '' && !nullable ? 'not null' : role,
      comment ?? '',
    ]),
    (text, row, column) => (row < 0 ? style('dim', text) : column === 1 ? style('cyan', text) : text),
  )
  call.print(`${lines.map(line => line.trimEnd()).join('\n')}\n`)
  const facts = [
    info.type === undefined || info.type === 'MANAGED_TABLE' ? undefined : info.type.toLowerCase(),
    info.comment,
    info.primaryKey?.length ? `primary key (${info.primaryKey.join(', ')})` : undefined,
    info.recordCount === undefined ? undefined : countOf(info.recordCount, 'row'),
    info.size === undefined ? undefined : `${formatBytes(info.size)} as stored`,
    info.lifecycleDays === undefined ? undefined : `kept for ${countOf(info.lifecycleDays, 'day')}`,
    info.modifiedAt === undefined ? undefined : `changed ${info.modifiedAt.toISOString()}`,
  ].filter(fact => fact !== undefined && fact !== '')
  if (facts.length > 0) call.print(`\n${style('dim', visibleInLine(facts.join(', ')))}\n`)
  if (partitionColumns.length > 0) await printPartitions(call, tunnel.listPartitions(table))
}

const printPartitions = async (call: Call, partitions: AsyncIterable<PartitionInfo>): Promise<void> => {
  let count = 0
  for await (const { spec, recordCount } of partitions) {
    if (++count > shownPartitions) {
      call.print('… and more partitions\n')
      return
    }
    if (count === 1) call.print('\nPartitions:\n')
    call.print(
      `  ${visibleInLine(formatPartitionSpec(spec))}${recordCount === undefined ? '' : `  ${countOf(recordCount, 'row')}`}\n`,
    )
  }
  if (count === 0) call.print('\nNo partitions.\n')
}

export const schemaCommand: Command = {
  name: 'schema',
  summary: 'Show the columns of a table, as a list, DDL, JSON or TypeScript',
  description: [
    'Shows the columns and partitions of a table. --ddl, --json and --ts print the columns for other tools.',
  ],
  operands: [{ name: '<table>', help: 't, schema.t or project.schema.t' }],
  operandCount: [1, 1],
  groups: [
    {
      title: 'Options',
      options: [
        { name: 'ddl', type: 'flag', help: 'Print the CREATE TABLE statement' },
        { name: 'json', type: 'flag', help: 'Print JSON' },
        {
          name: 'ts',
          type: 'flag',
          help: "Print a TypeScript type of the rows that downloads with rowShape: 'object' return",
        },
      ],
    },
    connectionOptions,
    generalOptions,
  ],
  examples: [
    { text: 'The columns', command: 'odps-tunnel schema flights' },
    { text: 'A copy of the table elsewhere', command: 'odps-tunnel schema flights --ddl > flights.sql' },
    { text: 'Types for a program', command: 'odps-tunnel schema flights --ts > flights-row.ts' },
  ],
  run,
}
