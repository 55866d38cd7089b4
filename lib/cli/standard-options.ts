import type { OptionDefinition, OptionGroup } from './definition.js'

/** Options of every command. */
export const generalOptions: OptionGroup = {
  title: 'General',
  options: [
    { name: 'quiet', aliases: ['q'], type: 'flag', help: 'Print only results and errors' },
    { name: 'verbose', type: 'flag', help: 'Print the causes and the request id of an error' },
  ],
}

/** Of commands that read one table or partition. */
export const partitionOption: OptionDefinition = {
  name: 'partition',
  type: 'text',
  value: '<spec>',
  help: 'Partition, e.g. pt=a (or write table/pt=a)',
}
