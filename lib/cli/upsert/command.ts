import type { Call } from '../call.js'
import { applyConfigDefaults } from '../config/option-defaults.js'
import { connectionOptions } from '../config/settings.js'
import type { Command } from '../definition.js'
import { textOptions } from '../formats/text-options.js'
import { generalOptions } from '../standard-options.js'
import {
  compressionOption,
  concurrencyOption,
  eventsOption,
  wireOptions,
} from '../transfer/transfer-options.js'
import {
  badRecordOptions,
  columnOptions,
  createPartitionOption,
  filesOperand,
  partitionOption,
} from '../upload/file-options.js'
import { readFilesRequest } from '../upload/files-request.js'

const run = async (call: Call): Promise<number> => {
  await applyConfigDefaults(call, upsertCommand)
  const { values } = call
  const request = {
    ...(await readFilesRequest(call)),
    createPartition: values.flag('create-partition'),
    deletes: values.flag('delete'),
    concurrency: values.number('concurrency'),
    compression: compressionOption(values),
  }
  const { UpsertJob } = await import('./upsert-job.js')
  try {
    return await call.withTunnel(tunnel => new UpsertJob(call, tunnel, request).run())
  } finally {
    for (const message of request.text.notes.lines()) call.remark(message)
  }
}

export const upsertCommand: Command = {
  name: 'upsert',
  summary: 'Put the rows of files into a table by its primary key, or delete them',
  description: [
    'Puts rows into a table with a primary key: each replaces the row with the same key, or is added. If a key comes several times, its last row wins. Files are read as by upload, one after the other, and their columns are matched by name. All changes become visible together when they are committed at the end; if anything fails before that, the table does not change.',
    'With --delete, rows are deleted: the files have the columns of the primary key, and no others. With --columns, only these columns are set, and the others stay as they are; the table needs the property acid.partial.fields.update.enable for this.',
    'An upsert that was stopped or has failed cannot be resumed. Run it again: rows that are already there are replaced by themselves.',
  ],
  operands: [
    filesOperand,
    { name: '<table>', help: 't, schema.t or project.schema.t; a partition as t/pt=a' },
  ],
  operandCount: [2, Number.POSITIVE_INFINITY],
  groups: [
    {
      title: 'Table',
      options: [
        partitionOption,
        createPartitionOption(),
        {
          name: 'delete',
          type: 'flag',
          help: 'Delete the rows whose keys the files have; a key that no row has is ignored',
        },
        {
          name: 'columns',
          type: 'text',
          value: '<a,b,c>',
          help: 'Set only these columns; those of the primary key must be among them. If the file has no header: the columns that its fields go to, in order',
        },
        ...columnOptions,
      ],
    },
    textOptions,
    { title: 'Bad records', options: badRecordOptions },
    {
      title: 'Transfer',
      options: [concurrencyOption('Buckets of the table sent at the same time', '4'), ...wireOptions],
    },
    connectionOptions,
    { title: 'Output', options: [eventsOption, ...generalOptions.options] },
  ],
  examples: [
    { text: 'Rows that are new or have changed', command: 'odps-tunnel upsert changes.csv customers' },
    { text: 'Rows that are gone, by their keys', command: 'odps-tunnel upsert gone.csv customers --delete' },
    {
      text: 'One column of some rows',
      command: 'odps-tunnel upsert moved.csv customers --columns id,city',
    },
  ],
  run,
}
