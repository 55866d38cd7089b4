import type { Call } from '../call.js'
import { applyConfigDefaults } from '../config/option-defaults.js'
import { connectionOptions } from '../config/settings.js'
import type { Command } from '../definition.js'
import { journalOption } from '../journal/journal.js'
import { generalOptions } from '../standard-options.js'
import { eventsOption, wireOptions } from '../transfer/transfer-options.js'

const run = async (call: Call): Promise<number> => {
  await applyConfigDefaults(call, copyCommand)
  const { CopyJob } = await import('./copy-job.js')
  return call.withTunnel(tunnel => new CopyJob(call, tunnel).run())
}

export const copyCommand: Command = {
  name: 'copy',
  summary: 'Copy a table or partitions into another table',
  description: [
    'Copies rows from table to table without a file between them. If both tables have the same columns, records go over as they are; if not, rows are matched by column name.',
    'Of a partitioned table, all partitions under the given levels are copied, each to the partition of the same name, and each is committed on its own. One partition with all its levels can also go to another partition, or to a table without partitions.',
  ],
  operands: [
    {
      name: '<from>',
      help: 't, schema.t or project.schema.t; a partition, or its leading levels, as t/pt=a',
    },
    { name: '<to>', help: 't, schema.t or project.schema.t; a partition as t/pt=a' },
  ],
  operandCount: [2, 2],
  groups: [
    {
      title: 'Table',
      options: [
        { name: 'create', type: 'flag', help: 'Create the target like the source if it is missing' },
        {
          name: 'create-partition',
          type: 'flag',
          help: 'Create the partition of <to> if it is missing. If several partitions are copied, missing ones are always created',
        },
        {
          name: 'overwrite',
          type: 'flag',
          help: 'Replace the contents of the table, or of each partition, at its commit',
        },
        {
          name: 'allow-empty',
          type: 'flag',
          help: 'With --overwrite: empty the table or partition if the source has no rows. Without this option, that is an error',
        },
      ],
    },
    {
      title: 'Transfer',
      options: [
        {
          name: 'verify',
          type: 'text',
          value: '<trailer|records>',
          choices: ['trailer', 'records'],
          help: 'records: check the checksum of each record here too, and not only on the service',
          fallback: 'trailer',
        },
        {
          name: 'block-size',
          type: 'bytes',
          value: '<size>',
          help: 'Size of a block before compression: 8M, 512K; a bare number is MiB. Default 8M for the first 64 blocks, 16M for the next 64, then 32M',
        },
        {
          name: 'concurrency',
          type: 'integer',
          value: '<n>',
          min: 1,
          max: 64,
          help: 'Ranges requested, and blocks sent, at the same time',
          fallback: '4 and 3',
        },
        ...wireOptions,
      ],
    },
    connectionOptions,
    {
      title: 'Output',
      options: [
        eventsOption,
        {
          name: 'resume',
          type: 'flag',
          help: 'Continue the same copy after an interruption or failure: partitions that are committed are not copied again',
        },
        journalOption,
        ...generalOptions.options,
      ],
    },
  ],
  examples: [
    { text: 'A table, into one that is created', command: 'odps-tunnel copy flights flights_copy --create' },
    {
      text: 'The partitions of a year, into another project',
      command: 'odps-tunnel copy flights/year=2001 archive.default.flights --overwrite',
    },
  ],
  run,
}
