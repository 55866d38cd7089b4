import { type DataType, TunnelError } from '../../../index.js'
import {
  epochSeconds,
  maxSeconds,
  minSeconds,
  type ParsedTime,
  parseDate,
  parseTime,
} from '../../../values/calendar.js'
import { timeZoneOf } from '../../../values/time-zone.js'

/*
 * What a type promises to a column of text: that no two texts become one value, and that each reads back as it stood. So a
 * candidate takes only texts that its type prints again, or, for times and truth values, that all have one spelling.
 * A candidate that has refused one text is out.
 */

export interface Candidate {
  readonly kind: 'numbers' | 'true or false' | 'dates' | 'times'
  /** Whether it is still in with this text; not asked again when not. */
  accepts(text: string): boolean
  /** After the last text; undefined when what it took is not enough to say so. */
  result(): { readonly type: DataType; readonly why: string } | undefined
}

/** In the order in which they are preferred. */
export const candidatesFor = {
  text: (timeZone: string): Candidate[] => [
    new TruthValues(),
    new WholeNumbers(),
    new Doubles(),
    new Decimals(),
    new Dates(),
    new Times(timeZone),
  ],
  jsonNumbers: (): Candidate[] => [new WholeNumbers(), new Doubles(), new Decimals()],
  jsonStrings: (timeZone: string): Candidate[] => [new Dates(), new Times(timeZone)],
} as const

const truthValues = [
  ['true', 'false'],
  ['True', 'False'],
  ['TRUE', 'FALSE'],
] as const

class TruthValues implements Candidate {
  readonly kind = 'true or false'
  #spelling: readonly string[] | undefined

  accepts(text: string): boolean {
    this.#spelling ??= truthValues.find(pair => pair.includes(text as never))
    return this.#spelling?.includes(text) ?? false
  }

  result() {
    return { type: { kind: 'boolean' }, why: 'all true or false' } as const
  }
}

const wholeNumber = /^(?:0|-?[1-9]\d{0,18})$/
const minBigint = -(2n ** 63n) + 1n
const maxBigint = 2n ** 63n - 1n

class WholeNumbers implements Candidate {
  readonly kind = 'numbers'

  accepts(text: string): boolean {
    if (!wholeNumber.test(text)) return false
    if (text.length < 16) return true
    const value = BigInt(text)
    return value >= minBigint && value <= maxBigint
  }

  result() {
    return { type: { kind: 'bigint' }, why: 'whole numbers that fit 64 bits' } as const
  }
}

/** DOUBLE values that are no digits; JSON has them as strings. */
export const floatWords: readonly string[] = ['NaN', 'Infinity', '-Infinity']

/** The shortest digits of a double, as JavaScript prints them. */
class Doubles implements Candidate {
  readonly kind = 'numbers'
  #hasDigits = false

  accepts(text: string): boolean {
    if (floatWords.includes(text)) return true
    const isShortest = text === '-0' || (text.length < 30 && String(Number(text)) === text)
    this.#hasDigits ||= isShortest
    return isShortest
  }

  result() {
    if (!this.#hasDigits) return undefined
    return { type: { kind: 'double' }, why: 'numbers, each in the shortest form of a DOUBLE' } as const
  }
}

const plainDigits = /^-?(0|[1-9]\d*)(?:\.(\d+))?$/
const maxDigits = 38
const maxScale = 18

/** A service is free to print a DECIMAL with as many fraction digits as its type has: so all texts have as many. */
class Decimals implements Candidate {
  readonly kind = 'numbers'
  #whole = 1
  #scale: number | undefined

  accepts(text: string): boolean {
    if (text.length > maxDigits + 2) return false
    const [, whole, fraction = ''] = plainDigits.exec(text) ?? []
    if (whole === undefined || /^-[0.]*$/.test(text)) return false
    this.#scale ??= fraction.length
    this.#whole = Math.max(this.#whole, whole.length)
    return (
      fraction.length === this.#scale && this.#scale <= maxScale && this.#whole + this.#scale <= maxDigits
    )
  }

  result() {
    const scale = this.#scale ?? 0
    const precision = this.#whole + scale
    const why =
      scale === 0
        ? `whole numbers of up to ${precision} digits`
        : `numbers of up to ${precision} digits, each with ${scale} after the point`
    return { type: { kind: 'decimal', precision, scale }, why } as const
  }
}

class Dates implements Candidate {
  readonly kind = 'dates'

  accepts(text: string): boolean {
    return text.length === 10 && parseDate(text) !== undefined
  }

  result() {
    return { type: { kind: 'date' }, why: 'dates' } as const
  }
}

/** What differs between spellings: the separator, whether there are seconds, the zone. */
const timeSpelling = /^\d{4}-\d\d-\d\d(.)\d\d:\d\d(:\d\d)?(?:\.\d+)?(.*)$/

const millisecondDigits = 3

class Times implements Candidate {
  readonly kind = 'times'
  readonly #timeZone: string
  /** What stands between the digits, as in the first. */
  #spelling: string | undefined
  #digits = 0
  /** Whether there were times without a fraction, and fractions of zeros: the two could be the same time. */
  #hasWhole = false
  #hasZeros = false
  #hasZone = false

  constructor(timeZone: string) {
    this.#timeZone = timeZone
  }

  accepts(text: string): boolean {
    const time = timeOf(text)
    if (time === undefined || !timeSpelling.test(text)) return false
    const [, between, seconds, zone] = timeSpelling.exec(text)!
    const spelling = `${between}${seconds === undefined ? '' : 'seconds'}${zone}`
    this.#spelling ??= spelling
    this.#hasZone = time.offset !== undefined
    return spelling === this.#spelling && this.#takesFraction(time) && this.#isKept(time)
  }

  #takesFraction({ fractionDigits, nanos }: ParsedTime): boolean {
    if (fractionDigits === 0) this.#hasWhole = true
    else {
      if (this.#digits !== 0 && fractionDigits !== this.#digits) return false
      this.#digits = fractionDigits
      this.#hasZeros ||= nanos === 0
    }
    return !(this.#hasWhole && this.#hasZeros)
  }

  /** Years end at 9999 in UTC, and a clock that is put forward skips times. */
  #isKept(time: ParsedTime): boolean {
    const wall = epochSeconds(time)
    if (wall < minSeconds || wall > maxSeconds) return false
    if (time.offset !== undefined || time.fractionDigits > millisecondDigits) return true
    const zone = timeZoneOf(this.#timeZone)
    const instant = zone.toEpoch(wall)
    return instant >= minSeconds && instant <= maxSeconds && instant + zone.offsetAt(instant) === wall
  }

  result() {
    if (this.#digits <= millisecondDigits) {
      const zone = this.#hasZone ? '' : `; they have no zone, and are read in ${this.#timeZone}`
      return { type: { kind: 'datetime' }, why: `times of at most milliseconds${zone}` } as const
    }
    return this.#hasZone
      ? ({ type: { kind: 'timestamp' }, why: 'times finer than milliseconds' } as const)
      : ({ type: { kind: 'timestamp_ntz' }, why: 'times finer than milliseconds, without a zone' } as const)
  }
}

/** Undefined also for times in a zone that isn't known. */
export const timeOf = (text: string): ParsedTime | undefined => {
  if (text.length > 60) return undefined
  try {
    return parseTime(text)
  } catch (error) {
    if (error instanceof TunnelError) return undefined
    throw error
  }
}
