import { TunnelError, type TunnelErrorCode } from '../errors.js'

/** Says what is wrong with one value; the row's codec turns it into a TunnelValueError with column and row. */
export class CellProblem extends TunnelError {
  /** Where inside a nested value, for instance `[3].name`. */
  path = ''

  constructor(code: TunnelErrorCode, what: string, cause?: unknown) {
    super(code, what, { cause })
  }

  /** Puts a step in front of the path. */
  within(step: string): this {
    this.path = step + this.path
    return this
  }
}

/** Runs a step inside a nested value, so that its problem knows where it was. */
export const problemWithin = (error: unknown, step: string): unknown =>
  error instanceof CellProblem ? error.within(step) : error

export const invalid = (expected: string, value: unknown, got = describe(value)): CellProblem =>
  new CellProblem('ODPS_INVALID_VALUE', `expected ${expected}, got ${got}`)

export const outOfRange = (what: string): CellProblem => new CellProblem('ODPS_VALUE_OUT_OF_RANGE', what)

/** What a record that was walked over cannot hold; where it was not, it makes the walker look (see CompiledRows). */
export const malformed = (what: string): CellProblem => new CellProblem('ODPS_MALFORMED_STREAM', what)

/** What a value is, without telling the value. */
const describe = (value: unknown): string => {
  if (value === null || value === undefined) return String(value)
  if (typeof value === 'number') return describeNumber(value)
  if (typeof value !== 'object')
    return typeof value === 'string' ? 'text of another form' : `a ${typeof value}`
  if (Array.isArray(value)) return `an array of ${value.length}`
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'an invalid Date' : 'a Date'
  const name: unknown = value.constructor?.name
  return typeof name === 'string' && name !== '' && name !== 'Object' ? `a ${name}` : 'an object'
}

const describeNumber = (value: number): string => {
  if (!Number.isFinite(value)) return String(value)
  return Number.isInteger(value) ? 'a whole number' : 'a number with a fraction'
}
