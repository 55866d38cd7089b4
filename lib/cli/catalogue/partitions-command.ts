import { formatPartitionSpec, type PartitionInfo, type Tunnel, TunnelServiceError } from '../../index.js'
import type { Call } from '../call.js'
import { connectionOptions } from '../config/settings.js'
import { yesOption } from '../confirm.js'
import type { Command } from '../definition.js'
import { exitCode } from '../exit-code.js'
import { generalOptions } from '../standard-options.js'
import { parseTarget } from '../transfer/table-target.js'
import { CliError, UsageError } from '../usage-error.js'
import { visibleInLine } from '../visible.js'
import { remove } from './remove.js'

const run = (call: Call): Promise<number> => {
  const [action = '', name = ''] = call.operands
  const { partition } = parseTarget(name)
  if (action === 'list') return list(call, name)
  if (action !== 'create' && action !== 'drop')
    throw new UsageError(`partitions has no '${action}'`, 'Its actions are list, create and drop')
  if (partition === undefined)
    throw new UsageError(
      `partitions ${action} needs a partition`,
      `Usage: odps-tunnel partitions ${action} <table>/pt=a`,
    )
  if (action === 'create') return create(call, name)
  return remove(call, name, {
    ...{ verb: 'Drop', done: 'dropped' },
    run: (tunnel, target) => tunnel.dropPartition(target.table, formatPartitionSpec(target.partition!)),
  })
}

const list = (call: Call, name: string): Promise<number> =>
  call.withTunnel(async tunnel => {
    const { table, partition } = parseTarget(name)
    const prefix = partition && formatPartitionSpec(partition)
    try {
      for await (const info of tunnel.listPartitions(table, prefix))
        call.print(
          `${call.json ? JSON.stringify(described(info)) : visibleInLine(formatPartitionSpec(info.spec))}\n`,
        )
    } catch (error) {
      throw await explained(error, tunnel, table)
    }
    return exitCode.done
  })

/** Of a table without partitions the service says that the partition is wrong, where none was named. */
const explained = async (error: unknown, tunnel: Tunnel, table: string): Promise<unknown> => {
  if (!(error instanceof TunnelServiceError) || error.code !== 'ODPS_INVALID_PARTITION_SPEC') return error
  const { schema } = await tunnel.getTable(table)
  if (schema.partitionColumns.length > 0) return error
  const next = `'odps-tunnel count ${table}' counts its rows`
  return new CliError(`${table} has no partitions: the table is not partitioned`, next, { cause: error })
}

const described = ({ spec, recordCount, ...facts }: PartitionInfo): object => ({
  partition: formatPartitionSpec(spec),
  rows: recordCount,
  ...facts,
})

const create = (call: Call, name: string): Promise<number> =>
  call.withTunnel(async tunnel => {
    const { table, partition } = parseTarget(name)
    const spec = formatPartitionSpec(partition!)
    await tunnel.createPartition(table, spec, { ifNotExists: call.values.flag('if-not-exists') })
    if (call.json) call.print(`${JSON.stringify({ table, partition: spec })}\n`)
    else call.note(`${name} is there.`)
    return exitCode.done
  })

export const partitionsCommand: Command = {
  name: 'partitions',
  summary: 'List, create or drop partitions of a table',
  description: [
    'list prints the partitions of a table, one per line; of t/pt=a those whose outer level is pt=a. create adds an empty partition. drop removes one partition with its rows; all its levels must be named.',
    'drop shows the full name and the number of rows, and asks for confirmation. Where nobody can answer (in a script, in a pipe, with --json) it needs --yes, and otherwise fails with exit code 2. It accepts one partition, and no patterns.',
  ],
  operands: [
    { name: '<list|create|drop>', help: 'What to do' },
    { name: '<table>', help: 't, schema.t or project.schema.t; a partition as t/pt=a,region=b' },
  ],
  operandCount: [2, 2],
  groups: [
    {
      title: 'Options',
      options: [
        { name: 'if-not-exists', type: 'flag', help: 'create: a partition that exists is not an error' },
        { name: 'if-exists', type: 'flag', help: 'drop: a missing partition is not an error' },
        yesOption,
        { name: 'json', type: 'flag', help: 'Print JSON lines' },
      ],
    },
    connectionOptions,
    generalOptions,
  ],
  examples: [
    { text: 'The months of one year', command: 'odps-tunnel partitions list flights/year=2001' },
    { text: 'An empty partition', command: 'odps-tunnel partitions create flights/year=2001,month=2' },
    { text: 'In a script', command: 'odps-tunnel partitions drop flights/year=2001,month=2 --yes' },
  ],
  run,
}
