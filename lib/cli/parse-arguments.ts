import { nearest } from '../check-options.js'
import type { Command, OptionDefinition } from './definition.js'
import { optionsOf } from './definition.js'
import { isBoolean, OptionValues } from './option-values.js'
import { quoteText } from './quote-text.js'
import { UsageError } from './usage-error.js'

/*
 * argument := '--' | ('-' | '--') name ['=' value] | operand          flag := name | 'no-' name
 *
 * One dash or two, as odpscmd takes both: `-fd ';'`, `--field-delimiter=';'`. A flag written with one dash may be
 * followed by true or false, also odpscmd's way: `-h true`. Behind the word `tunnel` its own flags must be, with one dash
 * or two, so that `-dbr yes` is an error and no operand.
 *
 * Not parseArgs of node:util: it reads `-fd` as `-f -d` and `-1` as an option, and one dash cannot be made two before it
 * runs, because only the parser knows which words are values (`--null -fd`).
 */

export interface ParsedArguments {
  readonly operands: readonly string[]
  readonly values: OptionValues
  readonly help: boolean
}

interface Names {
  readonly known: ReadonlyMap<string, OptionDefinition>
  readonly command: Command
  readonly isOdpscmd: boolean
  /** Options that the command doesn't have, as they were written. */
  readonly unknown: string[]
}

/**
 * @param isOdpscmd whether the command came behind odpscmd's word `tunnel`
 * @throws UsageError
 */
export const parseArguments = (
  command: Command,
  args: readonly string[],
  isOdpscmd = false,
): ParsedArguments => {
  const names = { known: namesOf(command), command, isOdpscmd, unknown: [] }
  const parsed = { operands: [] as string[], values: new OptionValues(), help: false }
  takeAll(args, names, parsed)
  if (names.unknown.length > 0) throw unknownOptions(names)
  if (!parsed.help) checkOperands(command, parsed.operands)
  return parsed
}

const takeAll = (
  args: readonly string[],
  names: Names,
  parsed: { operands: string[]; values: OptionValues; help: boolean },
): void => {
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!
    if (arg === '--') {
      parsed.operands.push(...args.slice(i + 1))
      break
    }
    if (!arg.startsWith('-') || arg === '-' || /^-\d/.test(arg)) {
      parsed.operands.push(arg)
      continue
    }
    if (isHelp(arg, args[i + 1], names)) {
      parsed.help = true
      continue
    }
    try {
      i += takeOption(arg, args[i + 1], names, parsed.values)
    } catch (error) {
      // What a misspelt option leaves behind, such as its value, may be what fails.
      if (names.unknown.length === 0) throw error
    }
  }
}

const namesOf = (command: Command): ReadonlyMap<string, OptionDefinition> =>
  new Map(
    optionsOf(command).flatMap(option =>
      [option.name, ...(option.aliases ?? [])].map(name => [name, option]),
    ),
  )

/** `-h true` is odpscmd's header; `-h` alone asks for help. */
const isHelp = (arg: string, next: string | undefined, { known, isOdpscmd }: Names): boolean => {
  if (arg === '--help' || arg === '-help') return true
  return arg === '-h' && !(known.has('h') && (isOdpscmd ? next !== undefined : isBoolean(next)))
}

/** @returns how many arguments it took besides its own @throws UsageError for one whose value doesn't fit */
const takeOption = (arg: string, next: string | undefined, names: Names, values: OptionValues): number => {
  const [, dashes = '', name = '', value] = /^(--?)([^=]*)(?:=([\s\S]*))?$/.exec(arg) ?? []
  const option = names.known.get(name)
  if (option === undefined) {
    const negated = name.startsWith('no-') ? names.known.get(name.slice(3)) : undefined
    if (negated === undefined) {
      names.unknown.push(dashes + name)
      return 0
    }
    if (negated.type !== 'flag')
      throw new UsageError(
        `${dashes}${name}: only flags can be turned off, but --${negated.name} has a value`,
        `--${negated.name} ${negated.value ?? '<text>'}`,
      )
    if (value !== undefined)
      throw new UsageError(
        `${dashes}${name} does not accept a value`,
        `--${negated.name}, or --no-${negated.name}`,
      )
    values.set(negated, 'false')
    return 0
  }
  if (value !== undefined) values.set(option, value)
  else if (option.type === 'flag') return takeFlag(option, dashes + name, next, values, names.isOdpscmd)
  else values.set(option, nextValue(dashes + name, option, next, names))
  return value === undefined ? 1 : 0
}

const nextValue = (
  given: string,
  option: OptionDefinition,
  next: string | undefined,
  { known, isOdpscmd }: Names,
): string => {
  if (next === undefined) throw new UsageError(`${given} needs a value: ${given} ${option.value}`)
  if (next.startsWith('--') && known.has(next.slice(2)))
    throw new UsageError(
      `${given} needs a value, but ${next} is an option`,
      `If it is the value, write ${given}=${next}`,
    )
  // odpscmd takes quotes off, which its own shell leaves.
  return isOdpscmd ? next.replace(/^(['"])([\s\S]*)\1$/, '$2') : next
}

const takeFlag = (
  option: OptionDefinition,
  given: string,
  next: string | undefined,
  values: OptionValues,
  isOdpscmd: boolean,
): number => {
  const needsValue = isOdpscmd && option.isOfOdpscmd === true
  if (needsValue && !isBoolean(next))
    throw new UsageError(
      `${given} needs a value${next === undefined ? '' : `, true or false, not ${quoteText(next)}`}`,
      `${given} true, or ${given} false`,
    )
  const hasValue = needsValue || (!given.startsWith('--') && isBoolean(next))
  values.set(option, hasValue ? next! : 'true')
  return hasValue ? 1 : 0
}

const unknownOptions = ({ unknown, known, command }: Names): UsageError => {
  const given = [...new Set(unknown)]
  const secret = given.find(name => /secret|password|access.?key|access.?id|token/i.test(name))
  if (secret !== undefined)
    return new UsageError(
      `${command.name} has no option ${secret}: secrets are not accepted on the command line`,
      'Set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, or use a config file (--config, --profile)',
    )
  const near = given.flatMap(name => {
    const word = nearest(name.replace(/^-+/, ''), [...known.keys()])
    return word === undefined ? [] : [{ name, meant: `--${known.get(word)!.name}` }]
  })
  const hints = near.map(({ name, meant }) => (given.length === 1 ? meant : `${meant} for ${name}`))
  const help = `See 'odps-tunnel ${command.name} --help'`
  return new UsageError(
    `${command.name} has no option${given.length === 1 ? '' : 's'} ${listed(given)}`,
    [
      ...(hints.length > 0 ? [`Did you mean ${listed(hints)}?`] : []),
      ...(near.length < given.length ? [help] : []),
    ].join(' '),
  )
}

const listed = (items: readonly string[]): string =>
  items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`

const checkOperands = (command: Command, operands: readonly string[]): void => {
  const [min, max] = command.operandCount
  if (operands.length >= min && operands.length <= max) return
  const usage = ['odps-tunnel', command.name, ...command.operands.map(operand => operand.name)].join(' ')
  const what =
    operands.length < min
      ? `${command.name} needs ${command.operands[operands.length]?.name ?? 'more operands'}`
      : `${command.name} does not accept ${quoteText(operands[max]!)}`
  throw new UsageError(what, `Usage: ${usage}`)
}
