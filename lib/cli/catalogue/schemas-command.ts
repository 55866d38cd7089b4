import type { Call } from '../call.js'
import { connectionOptions } from '../config/settings.js'
import type { Command } from '../definition.js'
import { exitCode } from '../exit-code.js'
import { generalOptions } from '../standard-options.js'
import { UsageError } from '../usage-error.js'
import { visibleInLine } from '../visible.js'

const run = (call: Call): Promise<number> => {
  const [action = 'list'] = call.operands
  if (action !== 'list') throw new UsageError(`schemas has no '${action}'`, 'Its only action is list')
  return call.withTunnel(async tunnel => {
    for await (const schema of tunnel.listSchemas())
      call.print(`${call.json ? JSON.stringify(schema) : visibleInLine(schema.schemaName)}\n`)
    return exitCode.done
  })
}

export const schemasCommand: Command = {
  name: 'schemas',
  summary: 'List the schemas of a project',
  description: [
    'Prints the names of the schemas of a project, one per line. (For the columns of a table, see the command schema.)',
  ],
  operands: [{ name: '[list]', help: 'The only action' }],
  operandCount: [0, 1],
  groups: [
    { title: 'Options', options: [{ name: 'json', type: 'flag', help: 'Print JSON lines' }] },
    connectionOptions,
    generalOptions,
  ],
  examples: [{ text: 'The schemas of another project', command: 'odps-tunnel schemas list --project other' }],
  run,
}
