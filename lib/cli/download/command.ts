import type { Call } from '../call.js'
import { applyConfigDefaults } from '../config/option-defaults.js'
import { connectionOptions } from '../config/settings.js'
import type { Command } from '../definition.js'
import { textOptions } from '../formats/text-options.js'
import { concurrencyOption, outputOptions, wireOptions } from '../transfer/transfer-options.js'
import { readDownloadRequest } from './request.js'

const run = async (call: Call): Promise<number> => {
  await applyConfigDefaults(call, downloadCommand)
  return runDownload(call)
}

/** Of a call whose defaults are filled in. */
export const runDownload = async (call: Call): Promise<number> => {
  const request = await readDownloadRequest(call)
  const { DownloadJob } = await import('./download-job.js')
  try {
    return await call.withTunnel(
      tunnel => new DownloadJob(call, tunnel, request).run(),
      request.target.project,
    )
  } finally {
    for (const message of request.text.notes.lines()) call.remark(message)
  }
}

export const downloadCommand: Command = {
  name: 'download',
  aliases: ['d'],
  summary: 'Write a table, partitions of it, or the result of a query to files',
  description: [
    'Writes a table or partitions to a file, or to stdout. Rows are fetched in parallel ranges and written in order. A file gets its name when it is complete; until then its name ends in .part.',
    'If the table is partitioned, each partition (or each one under the given levels) is written to its own file in a folder; out.csv then means the folder out. With --with-partition-columns, all go into one file.',
  ],
  operands: [
    {
      name: '<table>',
      help: 't, schema.t or project.schema.t; a partition, or its leading levels, as t/pt=a,region=b; the result of a query as instance://[project/]id',
    },
    { name: '<file|folder|->', help: 'Where to write; - is stdout' },
  ],
  operandCount: [2, 2],
  groups: [
    {
      title: 'Table',
      options: [
        {
          name: 'partition',
          type: 'text',
          value: '<spec>',
          help: 'Partition or its leading levels, e.g. pt=a (or write table/pt=a)',
        },
        {
          name: 'with-partition-columns',
          aliases: ['with-partition', 'wp'],
          type: 'flag',
          isOfOdpscmd: true,
          help: 'Append the partition columns to every row; all partitions then go into one file',
        },
        {
          name: 'columns',
          aliases: ['columns-name', 'cn'],
          type: 'text',
          value: '<a,b,c>',
          help: 'Only these columns, in this order',
        },
        {
          name: 'columns-index',
          aliases: ['ci'],
          type: 'text',
          value: '<0,2,5>',
          help: 'The same by position, counted from 0',
        },
        { name: 'limit', type: 'integer', value: '<n>', help: 'Stop after <n> rows in total' },
        {
          name: 'limited',
          type: 'flag',
          help: 'Of an instance: at most as many rows as the project allows, without the right to read each table of its query',
        },
      ],
    },
    {
      ...textOptions,
      options: [
        ...textOptions.options,
        {
          name: 'exponential',
          aliases: ['e'],
          type: 'flag',
          isOfOdpscmd: true,
          help: 'CSV: write DOUBLE and FLOAT with an exponent if that is shorter (--no-exponential, -e false: never)',
          fallback: 'true; in odpscmd mode false, and for DOUBLE only',
        },
      ],
    },
    {
      title: 'Transfer',
      options: [concurrencyOption('Ranges fetched at the same time', '4'), ...wireOptions],
    },
    connectionOptions,
    outputOptions,
  ],
  examples: [
    { text: 'A table as CSV', command: 'odps-tunnel download flights flights.csv' },
    {
      text: 'One partition, compressed',
      command: 'odps-tunnel download flights/month=2001-01 jan.ndjson.gz',
    },
    {
      text: 'Each partition in its own file',
      command: 'odps-tunnel download flights ./flights --format parquet',
    },
    {
      text: 'A whole year in one file',
      command: 'odps-tunnel download logs/year=2001 2001.csv --with-partition-columns',
    },
    {
      text: 'To another program',
      command:
        "odps-tunnel download flights - --format ndjson --columns origin,delay | jq -s 'map(.delay) | add'",
    },
    {
      text: 'Continue an interrupted download',
      command: 'odps-tunnel download flights flights.csv --resume',
    },
  ],
  run,
}
