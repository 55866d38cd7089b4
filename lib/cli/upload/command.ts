import type { Call } from '../call.js'
import { applyConfigDefaults } from '../config/option-defaults.js'
import { connectionOptions } from '../config/settings.js'
import type { Command } from '../definition.js'
import { textOptions } from '../formats/text-options.js'
import { concurrencyOption, outputOptions, wireOptions } from '../transfer/transfer-options.js'
import {
  badRecordOptions,
  columnOptions,
  createPartitionOption,
  filesOperand,
  partitionOption,
} from './file-options.js'
import { readUploadRequest } from './request.js'

const run = async (call: Call): Promise<number> => {
  await applyConfigDefaults(call, uploadCommand)
  const request = await readUploadRequest(call)
  const { UploadJob } = await import('./upload-job.js')
  try {
    return await call.withTunnel(tunnel => new UploadJob(call, tunnel, request).run(), request.target.project)
  } finally {
    for (const message of request.text.notes.lines()) call.remark(message)
  }
}

export const uploadCommand: Command = {
  name: 'upload',
  aliases: ['u'],
  summary: 'Load files into a table or a partition',
  description: [
    "Loads files into a table, one partition, or with --partition-by into many. All files go into one session and become visible together when it is committed at the end. If anything fails before that, the table doesn't change. Of many partitions each has a session; they are committed when all records have arrived, one after the other.",
    'Columns are matched by the names in the header, in any order. Missing and unknown columns are reported before anything is sent.',
    "In odpscmd mode (odps-tunnel tunnel upload …), odpscmd's defaults apply: no header, no quotes, the time zone of the machine, project.table. docs/cli.md compares both.",
  ],
  operands: [
    filesOperand,
    { name: '<table>', help: 't, schema.t or project.schema.t; a partition as t/pt=a,region=b' },
  ],
  operandCount: [2, Number.POSITIVE_INFINITY],
  groups: [
    {
      title: 'Table',
      options: [
        partitionOption,
        {
          name: 'partition-by',
          type: 'text',
          value: '<a,b>',
          help: 'Partition columns that the files have: each record goes into the partition that it names. Other partition columns are given by --partition',
        },
        createPartitionOption('; with --partition-by, each that is missing'),
        {
          name: 'create',
          type: 'flag',
          help: "Create the table if it is missing, with the columns that 'infer' finds in the first file. All files are read first",
        },
        {
          name: 'overwrite',
          aliases: ['ow'],
          type: 'flag',
          isOfOdpscmd: true,
          help: 'Replace the contents of the table or partition at the commit; with --partition-by, of the partitions that get records',
        },
        {
          name: 'allow-empty',
          type: 'flag',
          help: 'With --overwrite: empty the table or partition if the input has no rows. Without this option, that is an error',
        },
        {
          name: 'columns',
          type: 'text',
          value: '<a,b,c>',
          help: 'If the file has a header: load only these columns. If it has none: the columns that its fields go to, in order',
        },
        ...columnOptions,
      ],
    },
    textOptions,
    {
      title: 'Bad records',
      options: [
        ...badRecordOptions,
        {
          name: 'scan',
          aliases: ['s'],
          type: 'text',
          value: '<true|false|only>',
          choices: ['true', 'false', 'only'],
          help: 'only: read all records and send nothing. The other values have no effect: a block is always parsed before it is sent',
          fallback: 'true',
        },
      ],
    },
    {
      title: 'Transfer',
      options: [
        {
          name: 'block-size',
          aliases: ['bs'],
          type: 'bytes',
          value: '<size>',
          help: 'Size of a block before compression: 8M, 512K; a bare number is MiB. Default 8M for the first 64 blocks, 16M for the next 64, then 32M',
        },
        concurrencyOption(
          'Blocks sent at the same time; with --partition-by also partitions opened and committed',
          '3; 16 with --partition-by',
        ),
        {
          name: 'partition-bytes',
          type: 'bytes',
          value: '<size>',
          help: 'With --partition-by: memory for records that wait until a block of their partition is sent, and as much for blocks being sent. More memory makes fewer and larger blocks',
          fallback: '64M',
        },
        ...wireOptions,
      ],
    },
    connectionOptions,
    outputOptions,
  ],
  examples: [
    { text: 'A CSV file with a header', command: 'odps-tunnel upload flights.csv flights' },
    {
      text: 'Into a partition that may be missing',
      command: 'odps-tunnel upload jan.csv.gz flights/month=2001-01 --create-partition',
    },
    {
      text: 'Into many partitions, by a column of the file',
      command: 'odps-tunnel upload flights.csv flights --partition-by month --create-partition',
    },
    {
      text: 'Into a table that is created for the file',
      command: 'odps-tunnel upload flights.parquet flights --create',
    },
    {
      text: 'From another program',
      command: 'mysql … | odps-tunnel upload - orders --format tsv --no-header --null NULL',
    },
    {
      text: 'With at most 100 bad records, written to a file',
      command: "odps-tunnel upload 'day-*.csv' logs --bad-records bad.csv --max-bad-records 100",
    },
    {
      text: 'A command line written for odpscmd',
      command: "odps-tunnel tunnel upload -fd '|' -h true -acp true log.txt logs/pt=a",
    },
  ],
  run,
}
