import type { OptionDefinition } from './option-definition.js'
import { quoteText } from './quote-text.js'
import { UsageError } from './usage-error.js'

/*
 * Values of options are read once, where they are set, so that a command only sees numbers in their range. Being given
 * twice with two values is a mistake and not "the last wins": with aliases (`-t` and `--threads`) nobody sees it
 * otherwise.
 */

type Value = string | boolean | number | readonly string[]

/** The options of one call, by long name. */
export class OptionValues {
  readonly #values = new Map<string, Value>()
  /** As they were written. */
  readonly #texts = new Map<string, string>()
  /** Of lists, as they were written. */
  readonly #given = new Map<string, readonly string[]>()

  /**
   * Puts a value as written into the option.
   * @throws UsageError when it does not fit, or contradicts one that was given before
   */
  set(option: OptionDefinition, text: string): void {
    const { name } = option
    if (option.type === 'list') {
      this.#values.set(name, [...this.list(name), checkText(option, text)])
      this.#given.set(name, [...(this.#given.get(name) ?? []), text])
      return
    }
    const former = this.#texts.get(name)
    if (former !== undefined && former.toLowerCase() !== text.toLowerCase())
      throw new UsageError(
        `--${name} is given twice: ${quoteText(former)} and ${quoteText(text)}`,
        'Leave one of them out',
      )
    this.#values.set(name, readValue(option, text))
    this.#texts.set(name, text)
  }

  /** What holds when the option was not given: a value of a configuration file. @throws UsageError as {@link set} does */
  setDefault(option: OptionDefinition, text: string): void {
    const value = readValue(option, text)
    if (!this.#values.has(option.name))
      this.#values.set(option.name, option.type === 'list' ? [String(value)] : value)
  }

  /** Arguments that say the same as those that were given of these options. */
  argumentsOf(options: readonly OptionDefinition[]): string[] {
    return options.flatMap(({ name, type }) => {
      const given = type === 'list' ? this.#given.get(name) : this.#texts.get(name)
      return given === undefined ? [] : [given].flat().map(text => `--${name}=${text}`)
    })
  }

  has(name: string): boolean {
    return this.#values.has(name)
  }

  /** On the command line, and not only in a configuration file. */
  isWritten(name: string): boolean {
    return this.#texts.has(name)
  }

  text(name: string): string | undefined {
    return this.#values.get(name) as string | undefined
  }

  number(name: string): number | undefined {
    return this.#values.get(name) as number | undefined
  }

  flag(name: string): boolean {
    return this.#values.get(name) === true
  }

  /** Undefined when neither `--name` nor `--no-name` was given. */
  choice(name: string): boolean | undefined {
    return this.#values.get(name) as boolean | undefined
  }

  list(name: string): readonly string[] {
    return (this.#values.get(name) as readonly string[] | undefined) ?? []
  }
}

const readValue = (option: OptionDefinition, text: string): Value => {
  switch (option.type) {
    case 'flag':
      return readFlag(option, text)
    case 'integer':
      return readInteger(option, text)
    case 'bytes':
      return readBytes(option, text)
    case 'duration':
      return readDuration(option, text)
    default:
      return checkText(option, text)
  }
}

const checkText = (option: OptionDefinition, text: string): string => {
  if (option.choices !== undefined && !option.choices.includes(text))
    throw new UsageError(
      `--${option.name} must be one of ${option.choices.join(', ')}, not ${quoteText(text)}`,
    )
  if (text.trim() === '' && option.mayBeBlank !== true)
    throw new UsageError(`--${option.name} needs a value: --${option.name} ${option.value ?? '<text>'}`)
  return text
}

const readFlag = (option: OptionDefinition, text: string): boolean => {
  if (isBoolean(text)) return text.toLowerCase() === 'true'
  throw new UsageError(`--${option.name} must be true or false, not ${quoteText(text)}`)
}

export const isBoolean = (text: string | undefined): boolean =>
  text !== undefined && /^(true|false)$/i.test(text)

const readInteger = (
  { name, min = 0, max = Number.MAX_SAFE_INTEGER }: OptionDefinition,
  text: string,
): number => {
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= min && value <= max) return value
  const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`
  throw new UsageError(`--${name} must be a whole number ${range}, not ${quoteText(text)}`)
}

const units: Readonly<Record<string, number>> = { '': 2 ** 20, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 }

/** Bare numbers are MiB, as odpscmd has it. */
const readBytes = ({ name, max = Number.MAX_SAFE_INTEGER }: OptionDefinition, text: string): number => {
  const [, digits, unit = ''] = /^(\d{1,12}(?:\.\d{1,6})?)\s*([kmg]?)(?:i?b)?$/i.exec(text) ?? []
  const bytes = Math.round(Number(digits) * (units[unit.toLowerCase()] ?? Number.NaN))
  if (bytes >= 1 && bytes <= max) return bytes
  const upTo = max === Number.MAX_SAFE_INTEGER ? '' : ` up to ${max / 2 ** 20}M`
  throw new UsageError(`--${name} must be a size such as 32M or 512K${upTo}, not ${quoteText(text)}`)
}

const milliseconds: Readonly<Record<string, number>> = { ms: 1, s: 1000, '': 1000, m: 60_000, h: 3_600_000 }

/** In milliseconds; bare numbers are seconds. */
const readDuration = ({ name }: OptionDefinition, text: string): number => {
  const [, digits, unit = ''] = /^(\d{1,9})\s*(ms|s|m|h|)$/i.exec(text) ?? []
  const duration = Number(digits) * milliseconds[unit.toLowerCase()]!
  if (duration >= 1) return duration
  throw new UsageError(`--${name} must be a time such as 90s, 30m or 2h, not ${quoteText(text)}`)
}
