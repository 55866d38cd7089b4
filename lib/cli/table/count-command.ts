import { formatPartitionSpec } from '../../index.js'
import type { Call } from '../call.js'
import { connectionOptions } from '../config/settings.js'
import type { Command } from '../definition.js'
import { exitCode } from '../exit-code.js'
import { generalOptions, partitionOption } from '../standard-options.js'
import { parseTarget } from '../transfer/table-target.js'
import { CliError } from '../usage-error.js'
import { visibleInLine } from '../visible.js'

/** By download sessions, which count exactly; the table's own description may be old. */
const run = (call: Call): Promise<number> =>
  call.withTunnel(async tunnel => {
    const { table, partition } = parseTarget(call.operands[0]!, call.values.text('partition'))
    const { schema } = await tunnel.getTable(table)
    const countOne = async (partitionSpec: string | undefined): Promise<number> =>
      (await tunnel.createDownloadSession({ table, partitionSpec })).recordCount
    const levels = schema.partitionColumns.length
    if (levels === 0 || partition?.length === levels) {
      const rows = await countOne(partition && formatPartitionSpec(partition))
      call.print(call.json ? `${JSON.stringify({ rows })}\n` : `${rows}\n`)
      return exitCode.done
    }
    let rows = 0
    let partitions = 0
    for await (const { spec } of tunnel.listPartitions(table)) {
      const isBelow = (partition ?? []).every(part =>
        spec.some(each => each.name.toLowerCase() === part.name.toLowerCase() && each.value === part.value),
      )
      if (!isBelow) continue
      const own = await countOne(formatPartitionSpec(spec))
      if (call.values.flag('by-partition'))
        call.print(
          call.json
            ? `${JSON.stringify({ partition: formatPartitionSpec(spec), rows: own })}\n`
            : `${visibleInLine(formatPartitionSpec(spec))}\t${own}\n`,
        )
      rows += own
      partitions++
    }
    if (partitions === 0 && partition !== undefined)
      throw new CliError(
        `there is no partition under ${formatPartitionSpec(partition)}`,
        "See them with 'odps-tunnel schema <table>'",
      )
    if (!call.values.flag('by-partition'))
      call.print(call.json ? `${JSON.stringify({ rows, partitions })}\n` : `${rows}\n`)
    return exitCode.done
  })

export const countCommand: Command = {
  name: 'count',
  summary: 'Count the rows of a table or of partitions',
  description: [
    'Counts the rows of a table, a partition, or all partitions under the given levels, without reading rows.',
  ],
  operands: [
    {
      name: '<table>',
      help: 't, schema.t or project.schema.t; a partition, or its leading levels, as t/pt=a',
    },
  ],
  operandCount: [1, 1],
  groups: [
    {
      title: 'Options',
      options: [
        partitionOption,
        { name: 'by-partition', type: 'flag', help: 'Print one line per partition' },
        { name: 'json', type: 'flag', help: 'Print JSON' },
      ],
    },
    connectionOptions,
    generalOptions,
  ],
  examples: [
    { text: 'All rows', command: 'odps-tunnel count flights' },
    { text: 'Rows of each month', command: 'odps-tunnel count flights/year=2001 --by-partition' },
  ],
  run,
}
