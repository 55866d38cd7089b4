import type { OptionDefinition } from '../definition.js'

/* What commands that put files into a table have in common, beside how the files are written. */

export const filesOperand = {
  name: '<file…>',
  help: 'Files, folders (the files directly in them, except names that begin with . or _), quoted patterns, or - for stdin',
}

export const partitionOption: OptionDefinition = {
  name: 'partition',
  type: 'text',
  value: '<spec>',
  help: 'Partition, e.g. pt=a,region=b (or write table/pt=a,region=b)',
}

/** @param more what else is meant */
export const createPartitionOption = (more = ''): OptionDefinition => ({
  name: 'create-partition',
  aliases: ['auto-create-partition', 'acp'],
  type: 'flag',
  isOfOdpscmd: true,
  help: `Create the partition if it is missing${more}`,
})

export const columnOptions: readonly OptionDefinition[] = [
  {
    name: 'extra-columns',
    type: 'text',
    value: '<error|ignore>',
    choices: ['error', 'ignore'],
    help: "What to do with columns of the file that the table doesn't have",
    fallback: 'error',
  },
  {
    name: 'missing-columns',
    type: 'text',
    value: '<error|null>',
    choices: ['error', 'null'],
    help: "What to do with columns of the table that the file doesn't have",
    fallback: 'error',
  },
  {
    name: 'strict-schema',
    aliases: ['ss'],
    type: 'flag',
    isOfOdpscmd: true,
    help: 'Require exactly the expected fields; with --no-strict-schema extra fields are dropped and missing ones are NULL, in the header and in each record',
    fallback: 'true',
  },
]

export const badRecordOptions: readonly OptionDefinition[] = [
  {
    name: 'bad-records',
    type: 'text',
    value: '<file>',
    help: 'Write bad records to this file: unchanged if it is .csv or .tsv, otherwise as JSON lines with the reason. A run that has any replaces the file',
  },
  {
    name: 'discard-bad-records',
    aliases: ['dbr'],
    type: 'flag',
    isOfOdpscmd: true,
    help: 'Skip bad records',
  },
  {
    name: 'max-bad-records',
    aliases: ['mbr'],
    type: 'integer',
    value: '<n>',
    help: 'Fail with exit code 3 after more than <n> bad records; in odpscmd mode only with one of the two above',
    fallback: '0; 1000 with one of the two above',
  },
]
