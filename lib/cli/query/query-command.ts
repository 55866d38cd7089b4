import { withoutText } from '../../internal-options.js'
import { Call } from '../call.js'
import { applyConfigDefaults } from '../config/option-defaults.js'
import { type Command, type OptionGroup, optionsOf } from '../definition.js'
import { downloadCommand, runDownload } from '../download/command.js'
import { readDownloadRequest } from '../download/request.js'
import { exitCode } from '../exit-code.js'
import { outputPlaceOf } from '../files/sink.js'
import { fileFormatOf } from '../formats/file-format.js'
import { runStatement } from './run-statement.js'
import { readStatement, statementOptions } from './statement.js'

/*
 * A query is a statement, and then a download of what it has left. The download is one of an instance, as anybody could
 * have written it: so what is interrupted is gone on with by that command, and the statement isn't run again.
 */

/** Of a download, what a result doesn't have, and what a query cannot begin with. */
const notOfQueries = new Set(['partition', 'with-partition-columns', 'resume', 'explain'])

const offered = (group: OptionGroup): OptionGroup => ({
  ...group,
  title: group.title === 'Table' ? 'Result' : group.title,
  options: group.options.filter(({ name }) => !notOfQueries.has(name)),
})

const downloadGroups = downloadCommand.groups.map(offered)

const run = async (call: Call): Promise<number> => {
  await applyConfigDefaults(call, queryCommand)
  const statement = await readStatement(call, 1)
  const output = statement.operands[0] ?? '-'
  const formatOption = optionsOf(downloadCommand).find(({ name }) => name === 'format')!
  if (output === '-') call.values.setDefault(formatOption, 'csv')
  const downloadOf = (instance: string): Call =>
    new Call([instance, output], call.values, call.terminal, [
      ...[instance, output],
      ...call.values.argumentsOf(downloadGroups.flatMap(group => group.options)),
    ])
  // What is wrong with the file must be known before the query costs anything.
  const { format, fileCompression, fallbackFormat } = await readDownloadRequest(downloadOf('instance://0'))
  fileFormatOf(output, { format, compression: fileCompression }, fallbackFormat)
  await outputPlaceOf(output, call.terminal)
  const result = await call.withTunnel(tunnel =>
    runStatement(call, tunnel, statement, 'query', { [withoutText]: true }),
  )
  if (result === undefined) return exitCode.interrupted
  return runDownload(downloadOf(`instance://${result.instanceId}`))
}

export const queryCommand: Command = {
  name: 'query',
  summary: 'Run a query and write its rows to a file or stdout',
  description: [
    'Runs one SELECT statement and writes its whole result, in any of the formats of download. Ctrl-C stops it on the service.',
    'If writing is interrupted, the rows are still on the service: the command that is shown continues without running the query again.',
  ],
  operands: [
    { name: '[sql]', help: 'The statement, in quotes; leave it out with --file' },
    { name: '[file|-]', help: 'Where to write; default stdout, as CSV' },
  ],
  operandCount: [0, 2],
  groups: [{ title: 'Query', options: statementOptions }, ...downloadGroups],
  examples: [
    {
      text: 'To Parquet',
      command: "odps-tunnel query 'SELECT origin, delay FROM flights' delays.parquet",
    },
    {
      text: 'To another program',
      command: "odps-tunnel query 'SELECT * FROM flights LIMIT 10' --format ndjson | jq .origin",
    },
    { text: 'From a file', command: 'odps-tunnel query --file report.sql report.csv' },
  ],
  run,
}
