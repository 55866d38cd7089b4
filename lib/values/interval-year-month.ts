import { TunnelValueError } from '../errors.js'

/** What may stand for an INTERVAL_YEAR_MONTH: whole months, years as twelve of them. */
export interface IntervalYearMonthLike {
  readonly months: number
}

/** An INTERVAL_YEAR_MONTH: years × 12 + months, with its sign. */
export class IntervalYearMonth implements IntervalYearMonthLike {
  readonly months: number

  /** @throws TunnelValueError ODPS_INVALID_VALUE */
  constructor(months: number) {
    if (!Number.isSafeInteger(months)) throw wrong('months must be a safe whole number')
    this.months = months
  }

  /** Parses what `toString` prints. */
  static parse(text: string): IntervalYearMonth {
    const parts = pattern.exec(text)
    if (!parts || Number(parts[3]) > 11) throw wrong('the text is not of the form [-]years-months')
    const months = Number(parts[2]) * 12 + Number(parts[3])
    return new IntervalYearMonth(parts[1] === '-' ? 0 - months : months)
  }

  /** `[-]years-months`: fourteen months are `1-2`. */
  toString(): string {
    const size = Math.abs(this.months)
    return `${this.months < 0 ? '-' : ''}${Math.floor(size / 12)}-${size % 12}`
  }

  toJSON(): string {
    return this.toString()
  }
}

const pattern = /^(-?)(\d{1,15})-(\d{1,2})$/

const wrong = (what: string): TunnelValueError =>
  new TunnelValueError('ODPS_INVALID_VALUE', `IntervalYearMonth: ${what}`)
