import type { DataType } from '../../index.js'

/** What the values of one field looked like, and the type that holds all of them without loss. */
export interface InferredType {
  readonly type: DataType
  readonly why: string
}

/*
 * A type is only taken when each value can be read back as it was: leading zeros, signs of plus and 20-digit numbers stay
 * text, numbers of more than 15 digits with a fraction become DECIMAL, and different kinds in one field become STRING.
 */

type Kind =
  | 'boolean'
  | 'integer'
  | 'number'
  | 'decimal'
  | 'date'
  | 'datetime'
  | 'timestamp'
  | 'timestamp_ntz'
  | 'array'
  | 'object'
  | 'text'

const minBigint = -(2n ** 63n) + 1n
const maxBigint = 2n ** 63n - 1n

/** Gathers what the values of one field are. */
export class FieldObserver {
  readonly #counts = new Map<Kind, number>()
  readonly #examples = new Map<Kind, string>()
  #nulls = 0
  #wholeDigits = 0
  #fractionDigits = 0
  #longInteger = false
  #whyText: string | undefined

  /** Text, or a value of JSON; null for NULL. */
  add(value: unknown): void {
    if (value === null || value === undefined) {
      this.#nulls++
      return
    }
    const kind = typeof value === 'string' ? this.#kindOfText(value) : this.#kindOfValue(value)
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1)
    if (!this.#examples.has(kind)) this.#examples.set(kind, kind)
  }

  result(): InferredType {
    const kinds = [...this.#counts.keys()]
    const count = [...this.#counts.values()].reduce((sum, each) => sum + each, 0)
    const seen = `${count} values${this.#nulls > 0 ? `, ${this.#nulls} NULL` : ''}`
    if (kinds.length === 0) return { type: { kind: 'string' }, why: `no values, ${this.#nulls} NULL` }
    const [type, why] = this.#decide(new Set(kinds))
    return { type, why: `${seen}: ${why}` }
  }

  #decide(kinds: ReadonlySet<Kind>): [DataType, string] {
    const only = (...allowed: Kind[]): boolean => [...kinds].every(kind => allowed.includes(kind))
    if (kinds.has('text')) return [{ kind: 'string' }, this.#whyText ?? 'text']
    if (only('boolean')) return [{ kind: 'boolean' }, 'all true or false']
    if (only('integer')) return [{ kind: 'bigint' }, 'whole numbers that fit 64 bits']
    if (only('integer', 'number') && !(this.#longInteger && kinds.has('number')))
      return [{ kind: 'double' }, 'numbers of at most 15 digits']
    if (only('integer', 'number', 'decimal')) return this.#decideDecimal()
    if (only('date')) return [{ kind: 'date' }, 'dates']
    if (only('datetime'))
      return [{ kind: 'datetime' }, 'times of at most milliseconds; those without a zone are in --timezone']
    if (only('timestamp', 'datetime')) return [{ kind: 'timestamp' }, 'times finer than milliseconds']
    if (only('timestamp_ntz'))
      return [{ kind: 'timestamp_ntz' }, 'times finer than milliseconds, without a zone']
    if (only('array', 'object')) return [{ kind: 'json' }, 'nested values']
    return [{ kind: 'string' }, `mixed: ${[...kinds].map(kind => words[kind]).join(' and ')}`]
  }

  #decideDecimal(): [DataType, string] {
    const scale = this.#fractionDigits
    const precision = Math.max(1, this.#wholeDigits) + scale
    if (precision > 38 || scale > 18) return [{ kind: 'string' }, 'numbers of more digits than DECIMAL holds']
    return [
      { kind: 'decimal', precision, scale },
      `numbers of up to ${precision} digits, which DOUBLE would round`,
    ]
  }

  #kindOfValue(value: unknown): Kind {
    switch (typeof value) {
      case 'boolean':
        return 'boolean'
      case 'bigint':
      case 'number':
        return this.#kindOfText(String(value))
      default:
        return Array.isArray(value) ? 'array' : 'object'
    }
  }

  #kindOfText(text: string): Kind {
    const digits = /^(-?)(\d+)(?:\.(\d+))?(?:e[+-]?\d{1,3})?$/i.exec(text)
    if (digits !== null) return this.#kindOfNumber(text, digits[2]!, digits[3] ?? '')
    if (/^(true|false)$/i.test(text)) return 'boolean'
    return kindOfTime(text) ?? 'text'
  }

  #kindOfNumber(text: string, whole: string, fraction: string): Kind {
    if (/^0\d/.test(whole)) return this.#text('leading zeros, which a number would lose')
    const hasExponent = /e/i.test(text)
    if (!hasExponent && fraction === '') {
      if (text === '-0') return this.#text('a minus zero, which a whole number would lose')
      const value = BigInt(text)
      if (value < minBigint || value > maxBigint) return this.#text('numbers beyond 64 bits')
      this.#wholeDigits = Math.max(this.#wholeDigits, whole.length)
      this.#longInteger ||= whole.length > 15
      return 'integer'
    }
    const significant = (whole + fraction).replace(/^0+/, '').length
    if (hasExponent && significant > 15) return this.#text('numbers with an exponent and more than 15 digits')
    if (!hasExponent) {
      this.#wholeDigits = Math.max(this.#wholeDigits, whole.length)
      this.#fractionDigits = Math.max(this.#fractionDigits, fraction.length)
    }
    return significant > 15 ? 'decimal' : 'number'
  }

  #text(why: string): Kind {
    this.#whyText ??= why
    return 'text'
  }
}

const words: Readonly<Record<Kind, string>> = {
  boolean: 'true or false',
  integer: 'whole numbers',
  number: 'numbers',
  decimal: 'long numbers',
  date: 'dates',
  datetime: 'times',
  timestamp: 'fine times',
  timestamp_ntz: 'fine times without a zone',
  array: 'arrays',
  object: 'objects',
  text: 'text',
}

const timePattern =
  /^\d{4}-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:\d\d)?)?$/

const kindOfTime = (text: string): Kind | undefined => {
  const found = timePattern.exec(text)
  if (found === null) return undefined
  const [, month, day, hour, minute, second = '0', fraction = '', zone] = found
  const date = new Date(`${text.slice(0, 10)}T00:00:00Z`)
  if (Number(month) < 1 || Number.isNaN(date.getTime()) || date.getUTCDate() !== Number(day)) return undefined
  if (hour === undefined) return 'date'
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined
  if (fraction.length <= 3) return 'datetime'
  return zone === undefined ? 'timestamp_ntz' : 'timestamp'
}
