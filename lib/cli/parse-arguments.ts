import type { Command, OptionDefinition } from './definition.js'
import { optionsOf } from './definition.js'
import { nearest } from './nearest.js'
import { OptionValues } from './option-values.js'
import { UsageError } from './usage-error.js'

/*
 * argument := '--' | ('-' | '--') name ['=' value] | operand          flag := name | 'no-' name
 *
 * One dash or two, as odpscmd takes both: `-fd ';'`, `--field-delimiter=';'`. A flag written with one dash may be
 * followed by true or false, also odpscmd's way: `-h true`.
 */

export interface ParsedArguments {
  readonly operands: readonly string[]
  readonly values: OptionValues
  readonly help: boolean
}

/** @throws UsageError */
export const parseArguments = (command: Command, args: readonly string[]): ParsedArguments => {
  const known = namesOf(command)
  const values = new OptionValues()
  const operands: string[] = []
  let help = false
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!
    if (arg === '--') {
      operands.push(...args.slice(i + 1))
      break
    }
    if (!arg.startsWith('-') || arg === '-' || /^-\d/.test(arg)) {
      operands.push(arg)
      continue
    }
    if (isHelp(arg, args[i + 1], known)) {
      help = true
      continue
    }
    i += takeOption(arg, args[i + 1], known, values, command)
  }
  if (!help) checkOperands(command, operands)
  return { operands, values, help }
}

const namesOf = (command: Command): ReadonlyMap<string, OptionDefinition> =>
  new Map(
    optionsOf(command).flatMap(option =>
      [option.name, ...(option.aliases ?? [])].map(name => [name, option]),
    ),
  )

/** `-h true` is odpscmd's header; `-h` alone asks for help. */
const isHelp = (
  arg: string,
  next: string | undefined,
  known: ReadonlyMap<string, OptionDefinition>,
): boolean => arg === '--help' || arg === '-help' || (arg === '-h' && !(known.has('h') && isBoolean(next)))

const isBoolean = (text: string | undefined): boolean => text === 'true' || text === 'false'

/** @returns how many arguments it took besides its own */
const takeOption = (
  arg: string,
  next: string | undefined,
  known: ReadonlyMap<string, OptionDefinition>,
  values: OptionValues,
  command: Command,
): number => {
  const [, dashes = '', name = '', value] = /^(--?)([^=]*)(?:=([\s\S]*))?$/.exec(arg) ?? []
  const option = known.get(name)
  if (option === undefined) {
    const negated = name.startsWith('no-') ? known.get(name.slice(3)) : undefined
    if (negated?.type !== 'flag' || value !== undefined) throw unknownOption(dashes + name, known, command)
    values.set(negated, 'false')
    return 0
  }
  if (value !== undefined) values.set(option, value)
  else if (option.type === 'flag') return takeFlag(option, dashes, next, values)
  else if (next === undefined)
    throw new UsageError(`${dashes}${name} needs a value: ${dashes}${name} ${option.value}`)
  else values.set(option, next)
  return value === undefined ? 1 : 0
}

const takeFlag = (
  option: OptionDefinition,
  dashes: string,
  next: string | undefined,
  values: OptionValues,
): number => {
  const hasValue = dashes === '-' && isBoolean(next)
  values.set(option, hasValue ? next! : 'true')
  return hasValue ? 1 : 0
}

const unknownOption = (
  given: string,
  known: ReadonlyMap<string, OptionDefinition>,
  command: Command,
): UsageError => {
  const secret = /secret|password|access.?key|access.?id|token/i.test(given)
  if (secret)
    return new UsageError(
      `${command.name} has no option ${given.replace(/=.*/s, '')}: secrets are never taken from the command line`,
      'Set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, or use a config file (--config, --profile)',
    )
  const near = nearest(given.replace(/^-+/, ''), [...known.keys()])
  return new UsageError(
    `${command.name} has no option ${given}`,
    near === undefined
      ? `See 'odps-tunnel ${command.name} --help'`
      : `Did you mean --${known.get(near)!.name}?`,
  )
}

const checkOperands = (command: Command, operands: readonly string[]): void => {
  const [min, max] = command.operandCount
  if (operands.length >= min && operands.length <= max) return
  const usage = ['odps-tunnel', command.name, ...command.operands.map(operand => operand.name)].join(' ')
  const what =
    operands.length < min
      ? `${command.name} needs ${command.operands[operands.length]?.name ?? 'more operands'}`
      : `${command.name} does not take '${operands[max]}'`
  throw new UsageError(what, `Usage: ${usage}`)
}
