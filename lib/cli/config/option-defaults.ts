import type { Call } from '../call.js'
import { type Command, type OptionDefinition, optionsOf } from '../definition.js'
import { quoteText } from '../quote-text.js'
import { UsageError } from '../usage-error.js'
import { type ConfigFile, optionKeys } from './profile.js'
import { configOf, connectionOptions } from './settings.js'

/*
 * odpscmd reads every key of its odps_config.ini as the default of the option with that long name. So do we, through the
 * same parser as the command line: `overwrite=yes` is an error that names file and key, and a key that nothing here uses
 * is named on stderr, because a default that is passed over in silence changes what a command does.
 */

/** Options that a file cannot set: they say which file, or belong to one transfer. */
const ofOneCall: ReadonlySet<string> = new Set([
  'config',
  'profile',
  'partition',
  'partition-by',
  'resume',
  'explain',
  ...connectionOptions.options.map(({ name }) => name),
])

/** A default gives way when the command line has the one or the other. */
const rivals: Readonly<Record<string, readonly string[]>> = {
  compress: ['compression'],
  compression: ['compress'],
  columns: ['columns-index'],
  'columns-index': ['columns'],
  'csv-format': ['quote'],
  quote: ['csv-format'],
}

/** Puts the defaults of the configuration file into the options of a call. @throws UsageError */
export const applyConfigDefaults = async (call: Call, command: Pick<Command, 'groups'>): Promise<void> => {
  const config = await configOf(call.values, call.terminal)
  if (config === undefined) return
  const options = optionsOf(command).filter(({ name }) => !ofOneCall.has(name))
  const given = new Set(optionsOf(command).flatMap(({ name }) => (call.values.has(name) ? [name] : [])))
  for (const [key, text] of config.optionDefaults) {
    const option = options.find(each => isLongNameOf(each, key))
    if (option === undefined || rivals[option.name]?.some(rival => given.has(rival))) continue
    setDefault(call, config, option, key, text)
  }
  const ignored = ignoredKeys(config, options)
  if (ignored.length > 0) call.remark(`${config.path} has unused keys: ${ignored.join(', ')}`)
}

/** As in odpscmd a file takes long names: `threads`, not `t`. */
const isLongNameOf = ({ name, aliases = [] }: OptionDefinition, key: string): boolean =>
  name === key || (key.length > 3 && aliases.includes(key))

const setDefault = (
  { values }: Call,
  { path }: ConfigFile,
  option: OptionDefinition,
  key: string,
  text: string,
): void => {
  try {
    values.setDefault(option, text)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    throw new UsageError(
      `${path}: ${error.message.replace(`--${option.name}`, key)}`,
      error.next ?? `Correct ${key} in the file`,
    )
  }
}

/** Neither an option of this command nor one of odpscmd's other commands; keys without a value say nothing. */
const ignoredKeys = (
  { optionDefaults }: ConfigFile,
  options: readonly OptionDefinition[],
): readonly string[] =>
  [...optionDefaults]
    .filter(
      ([key, text]) =>
        text !== '' && !optionKeys.has(key) && !options.some(option => isLongNameOf(option, key)),
    )
    .map(([key]) => quoteText(key))
