import type { Call } from '../call.js'
import { connectionOptions } from '../config/settings.js'
import type { Command } from '../definition.js'
import { exitCode } from '../exit-code.js'
import { generalOptions } from '../standard-options.js'
import { runStatement } from './run-statement.js'
import { readStatement, statementOptions } from './statement.js'

const run = (call: Call): Promise<number> =>
  call.withTunnel(async tunnel => {
    const statement = await readStatement(call, 0)
    const result = await runStatement(call, tunnel, statement, 'statement')
    if (result === undefined) return exitCode.interrupted
    const { instanceId, text } = result
    if (call.json) call.print(`${JSON.stringify({ instanceId, text })}\n`)
    else if (text !== '') call.print(`${text}\n`)
    return exitCode.done
  })

export const executeCommand: Command = {
  name: 'execute',
  summary: 'Run a statement without rows',
  description: [
    'Runs one statement, such as CREATE TABLE or INSERT, waits until it has ended, and prints what it prints. It is never run twice: if the answer is lost and the statement is not found on the service, it fails and says so. Ctrl-C stops it on the service.',
  ],
  operands: [{ name: '[sql]', help: 'The statement, in quotes; leave it out with --file' }],
  operandCount: [0, 1],
  groups: [
    {
      title: 'Statement',
      options: [
        ...statementOptions,
        {
          name: 'json',
          type: 'flag',
          help: 'Print the instance and the text as JSON; progress as JSON lines on stderr',
        },
      ],
    },
    connectionOptions,
    generalOptions,
  ],
  examples: [
    {
      text: 'A table from another',
      command: "odps-tunnel execute 'CREATE TABLE late AS SELECT * FROM flights WHERE delay > 60'",
    },
    {
      text: 'With a flag of the service',
      command: 'odps-tunnel execute --hint odps.sql.allow.fullscan=true --file load.sql',
    },
  ],
  run,
}
