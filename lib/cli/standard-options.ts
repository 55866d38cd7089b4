import type { OptionGroup } from './definition.js'

/** Options of every command. */
export const generalOptions: OptionGroup = {
  title: 'General',
  options: [
    { name: 'quiet', aliases: ['q'], type: 'flag', help: 'Print only results and errors' },
    { name: 'verbose', type: 'flag', help: 'Print the causes and the request id of an error' },
  ],
}
