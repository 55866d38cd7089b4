import { formatPartitionSpec } from '../../index.js'
import type { Call } from '../call.js'
import { connectionOptions } from '../config/settings.js'
import { yesOption } from '../confirm.js'
import type { Command } from '../definition.js'
import { exitCode } from '../exit-code.js'
import { generalOptions } from '../standard-options.js'
import { parseTarget } from '../transfer/table-target.js'
import { UsageError } from '../usage-error.js'
import { visibleInLine } from '../visible.js'
import { remove } from './remove.js'

const run = (call: Call): Promise<number> => {
  const [action = 'list', name] = call.operands
  if (action === 'list') return list(call, name)
  if (action !== 'exists' && action !== 'drop' && action !== 'truncate')
    throw new UsageError(`tables has no '${action}'`, 'Its actions are list, exists, drop and truncate')
  if (name === undefined)
    throw new UsageError(`tables ${action} needs a table`, `Usage: odps-tunnel tables ${action} <table>`)
  if (action === 'truncate')
    return remove(call, name, {
      ...{ verb: 'Truncate', done: 'truncated' },
      run: (tunnel, { table, partition }) =>
        tunnel.truncateTable(table, { partitionSpec: partition && formatPartitionSpec(partition) }),
    })
  if (parseTarget(name).partition !== undefined)
    throw new UsageError(
      `tables ${action} is for whole tables`,
      "For a partition, see 'odps-tunnel partitions --help'",
    )
  if (action === 'exists') return exists(call, name)
  return remove(call, name, {
    ...{ verb: 'Drop', done: 'dropped' },
    run: (tunnel, { table }) => tunnel.dropTable(table),
  })
}

const list = (call: Call, name: string | undefined): Promise<number> => {
  if (name !== undefined)
    throw new UsageError('tables list does not accept a table', 'For names that begin so, use --prefix')
  return call.withTunnel(async tunnel => {
    const [prefix, owner] = [call.values.text('prefix'), call.values.text('owner')]
    for await (const { name: each, ...facts } of tunnel.listTables({ prefix, owner }))
      call.print(call.json ? `${JSON.stringify({ ...each, ...facts })}\n` : `${visibleInLine(each.table)}\n`)
    return exitCode.done
  })
}

const exists = (call: Call, table: string): Promise<number> =>
  call.withTunnel(async tunnel => {
    const found = await tunnel.tableExists(table)
    call.print(call.json ? `${JSON.stringify({ table, exists: found })}\n` : `${found}\n`)
    return found ? exitCode.done : exitCode.failed
  })

export const tablesCommand: Command = {
  name: 'tables',
  summary: 'List tables, look for one, drop or truncate one',
  description: [
    'list prints the names of the tables and views of a schema, one per line. exists prints true or false, with exit code 0 or 1. drop removes a table with its rows; truncate removes the rows and keeps the table.',
    'drop and truncate show the full name and the number of rows, and ask for confirmation. Where nobody can answer (in a script, in a pipe, with --json) they need --yes, and otherwise fail with exit code 2. They accept one table, and no patterns. Views are not dropped.',
  ],
  operands: [
    { name: '[list|exists|drop|truncate]', help: 'What to do; list is the default' },
    {
      name: '[table]',
      help: 't, schema.t or project.schema.t; truncate also accepts a partition, t/pt=a',
    },
  ],
  operandCount: [0, 2],
  groups: [
    {
      title: 'Options',
      options: [
        {
          name: 'prefix',
          type: 'text',
          value: '<text>',
          help: 'list: only names that begin with this, in any case',
        },
        { name: 'owner', type: 'text', value: '<account>', help: 'list: only tables of this owner' },
        { name: 'if-exists', type: 'flag', help: 'drop, truncate: a missing table is not an error' },
        yesOption,
        { name: 'json', type: 'flag', help: 'Print JSON lines' },
      ],
    },
    connectionOptions,
    generalOptions,
  ],
  examples: [
    { text: 'Tables that begin with tmp_', command: 'odps-tunnel tables list --prefix tmp_' },
    { text: 'Exit code 0 only if the table exists', command: 'odps-tunnel tables exists flights' },
    { text: 'In a script', command: 'odps-tunnel tables drop tmp_1 --if-exists --yes' },
  ],
  run,
}
