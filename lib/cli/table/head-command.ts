import {
  type DataType,
  formatDataType,
  formatPartitionSpec,
  type PartitionSpec,
  type TableInfo,
  type Tunnel,
  TunnelValueError,
} from '../../index.js'
import { isNumber } from '../../schema/data-type.js'
import { type FileCellOptions, textOfCell } from '../../text/cell-text.js'
import type { Call } from '../call.js'
import { connectionOptions } from '../config/settings.js'
import type { Command } from '../definition.js'
import { exitCode } from '../exit-code.js'
import { readFileRows } from '../file-rows.js'
import { writeJson } from '../formats/json/writer.js'
import { generalOptions, partitionOption } from '../standard-options.js'
import { type StyleName, styleFor } from '../terminal.js'
import { parseTarget } from '../transfer/table-target.js'
import { splitList } from '../transfer/transfer-options.js'
import { countOf, formatCount } from '../transfer/units.js'
import { CliError } from '../usage-error.js'
import { visibleInLine } from '../visible.js'
import { alignTable } from './aligned.js'

/*
 * Some rows to look at, by a download and not by the service's preview: the rows shown are then those that a download
 * gives, with bytes that are not UTF-8 and MAPs with equal keys as they lie in the record.
 */

const defaultRows = 10

const run = (call: Call): Promise<number> =>
  call.withTunnel(async tunnel => {
    const target = parseTarget(call.operands[0]!, call.values.text('partition'))
    const info = await tunnel.getTable(target.table)
    const partition = await choosePartition(call, tunnel, info, target)
    const columns = splitList(call.values, 'columns')
    const batches = readFileRows(tunnel, {
      table: target.table,
      partitionSpec: partition && formatPartitionSpec(partition),
      columns,
      count: call.values.number('lines') ?? defaultRows,
    })
    const rows: (readonly unknown[])[] = []
    for await (const batch of batches) rows.push(...batch)
    const { schema, recordCount } = batches.session!
    const chosen =
      columns === undefined
        ? schema.columns
        : columns.map(name => schema.columns.find(each => each.name.toLowerCase() === name.toLowerCase())!)
    if (call.json) {
      for await (const { bytes } of writeJson(chosen, 'ndjson', 'utf-8')(onceOf(rows)))
        call.print(Buffer.from(bytes).toString())
      return exitCode.done
    }
    printRows(
      call,
      chosen.map(({ name, type }) => ({ name, type })),
      rows,
    )
    call.note(`${formatCount(rows.length)} of ${countOf(recordCount, 'row')}`)
    return exitCode.done
  })

async function* onceOf(
  rows: readonly (readonly unknown[])[],
): AsyncGenerator<readonly (readonly unknown[])[]> {
  yield rows
}

/** The partition that is named, or the first that has rows. */
const choosePartition = async (
  call: Call,
  tunnel: Tunnel,
  { schema }: TableInfo,
  { table, partition }: { readonly table: string; readonly partition: PartitionSpec | undefined },
): Promise<PartitionSpec | undefined> => {
  if (schema.partitionColumns.length === 0 || partition?.length === schema.partitionColumns.length)
    return partition
  let first: PartitionSpec | undefined
  for await (const { spec, recordCount } of tunnel.listPartitions(table)) {
    const isBelow = (partition ?? []).every(part =>
      spec.some(each => each.name.toLowerCase() === part.name.toLowerCase() && each.value === part.value),
    )
    if (!isBelow) continue
    first ??= spec
    if (recordCount === 0) continue
    first = spec
    break
  }
  if (first === undefined)
    throw new CliError(
      `${table} has no partitions`,
      "Load one with 'odps-tunnel upload <file> <table>/<partition>'",
    )
  call.note(`Partition ${visibleInLine(formatPartitionSpec(first))}`)
  return first
}

interface Shown {
  readonly name: string
  readonly type: DataType
}

const printRows = (call: Call, columns: readonly Shown[], rows: readonly (readonly unknown[])[]): void => {
  const style = styleFor(call.terminal.stdout, call.terminal)
  const cells = rows.map(row =>
    row.map((cell, i) => (cell === null ? 'NULL' : showCell(cell, columns[i]!.type))),
  )
  const lines = alignTable(
    columns.map(({ name, type }) => ({ title: name, isNumeric: isNumber(type) })),
    [columns.map(({ type }) => formatDataType(type)), ...cells],
    (text, row, column) => {
      if (row < 0) return style('bold', text)
      if (row === 0) return style('dim', text)
      return rows[row - 1]![column] === null ? style('dim', text) : paint(style, columns[column]!.type, text)
    },
  )
  call.print(`${lines.map(line => line.trimEnd()).join('\n')}\n`)
}

const cellOptions: FileCellOptions = { json: 'text', equalKeys: 'pairs' }

/** Text that is not UTF-8 by its bytes; within nested values only that there is some. */
const showCell = (cell: unknown, type: DataType): string => {
  if (cell instanceof Uint8Array && type.kind !== 'binary')
    return Array.from(cell, byte =>
      byte < 0x80 ? String.fromCharCode(byte) : `\\x${byte.toString(16)}`,
    ).join('')
  try {
    return textOfCell(cell, type, cellOptions)
  } catch (error) {
    if (error instanceof TunnelValueError) return '(not UTF-8)'
    throw error
  }
}

const paint = (style: (name: StyleName, text: string) => string, type: DataType, text: string): string => {
  if (isNumber(type)) return style('cyan', text)
  if (type.kind === 'boolean') return style('yellow', text)
  return /^(date|time)/.test(type.kind) ? style('green', text) : text
}

export const headCommand: Command = {
  name: 'head',
  summary: 'Show the first rows of a table',
  description: [
    'Shows the first rows of a table or a partition, aligned. If the table is partitioned and no partition is given, shows the first partition that has rows.',
  ],
  operands: [{ name: '<table>', help: 't, schema.t or project.schema.t; a partition as t/pt=a' }],
  operandCount: [1, 1],
  groups: [
    {
      title: 'Options',
      options: [
        {
          name: 'lines',
          aliases: ['n'],
          type: 'integer',
          value: '<n>',
          max: 10_000,
          help: 'How many rows',
          fallback: '10',
        },
        { name: 'columns', type: 'text', value: '<a,b,c>', help: 'Only these columns, in this order' },
        partitionOption,
        { name: 'json', type: 'flag', help: 'Print JSON lines' },
      ],
    },
    connectionOptions,
    generalOptions,
  ],
  examples: [
    { text: 'Ten rows', command: 'odps-tunnel head flights' },
    {
      text: 'Three rows of two columns',
      command: 'odps-tunnel head flights/month=2001-01 -n 3 --columns origin,delay',
    },
  ],
  run,
}
