import type { OptionDefinition, OptionGroup } from '../definition.js'
import { journalOption } from '../journal/journal.js'
import type { OptionValues } from '../option-values.js'
import { generalOptions } from '../standard-options.js'
import { UsageError } from '../usage-error.js'

export const eventsOption: OptionDefinition = {
  name: 'json',
  type: 'flag',
  help: 'Print events as JSON lines on stderr: start, progress, done, error, stopping, interrupted, note',
}

export const outputOptions: OptionGroup = {
  title: 'Output',
  options: [
    eventsOption,
    {
      name: 'time',
      type: 'flag',
      isOfOdpscmd: true,
      help: 'Print at the end how the time was spent',
    },
    { name: 'explain', type: 'flag', help: 'Print what the transfer would do, without starting it' },
    {
      name: 'resume',
      type: 'flag',
      help: 'Continue the same transfer after an interruption or failure',
    },
    journalOption,
    ...generalOptions.options,
  ],
}

/** @param what is done at the same time, as a sentence */
export const concurrencyOption = (what: string, fallback: string): OptionDefinition => ({
  name: 'concurrency',
  aliases: ['threads', 't'],
  type: 'integer',
  value: '<n>',
  min: 1,
  max: 64,
  help: what,
  fallback,
})

export const compressions = ['raw', 'deflate', 'snappy', 'zstd', 'lz4'] as const

export const wireOptions = [
  {
    name: 'compression',
    type: 'text',
    value: '<name>',
    choices: compressions,
    help: 'Compression of the transfer: raw, deflate, snappy, zstd, lz4',
    fallback: 'snappy',
  },
  {
    name: 'compress',
    aliases: ['cp'],
    type: 'flag',
    isOfOdpscmd: true,
    help: 'false means --compression raw',
    fallback: 'true',
  },
] as const

/** undefined leaves the choice to the library. */
export const compressionOption = (values: OptionValues): (typeof compressions)[number] | undefined => {
  const name = values.text('compression') as (typeof compressions)[number] | undefined
  if (values.choice('compress') !== false) return name
  if (name !== undefined && name !== 'raw')
    throw new UsageError('--compress=false and --compression contradict each other')
  return 'raw'
}

export const splitList = (values: OptionValues, name: string): string[] | undefined => {
  const text = values.text(name)
  const names = text?.split(',').map(each => each.trim())
  if (names?.some(each => each === '')) throw new UsageError(`--${name} has an empty name`)
  return names
}
