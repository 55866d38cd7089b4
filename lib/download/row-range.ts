import { TunnelOptionError } from '../errors.js'

/** Rows of a download session: `start` is the first, from 0; there are `count` of them. */
export interface RowRange {
  /** The first row, from 0. */
  readonly start: number
  /** How many rows. */
  readonly count: number
}

/**
 * The rows from `start`, at most `count` of them, that exist: services differ in what they answer beyond the last row, so
 * they are never asked.
 *
 * @param count undefined: all to the end
 * @throws TunnelOptionError ODPS_INVALID_RANGE when `start` is beyond the end, or either is no whole number from 0
 */
export const clipRange = (start: number, count: number | undefined, recordCount: number): RowRange => {
  checkCount('start', start)
  if (count !== undefined) checkCount('count', count)
  if (start > recordCount) throw wrong(`start is ${start}, but there are only ${recordCount} rows`)
  return { start, count: Math.min(count ?? Number.POSITIVE_INFINITY, recordCount - start) }
}

/** What is left of the range after its first `rows` rows. */
export const remainingRange = ({ start, count }: RowRange, rows: number): RowRange => {
  const done = Math.min(rows, count)
  return { start: start + done, count: count - done }
}

/**
 * The range in `parts` pieces whose sizes differ by at most one row, for as many workers. There are fewer when there
 * are fewer rows; an empty range has none.
 * @throws TunnelOptionError ODPS_INVALID_RANGE when `parts` is no whole number from 1
 */
export const splitRange = ({ start, count }: RowRange, parts: number): RowRange[] => {
  if (!Number.isSafeInteger(parts) || parts < 1)
    throw wrong(`a split needs a whole number of parts, not ${parts}`)
  const pieces = Math.min(parts, count)
  const [size, larger] = pieces === 0 ? [0, 0] : [Math.floor(count / pieces), count % pieces]
  return Array.from({ length: pieces }, (_, i) => ({
    start: start + i * size + Math.min(i, larger),
    count: i < larger ? size + 1 : size,
  }))
}

const checkCount = (name: string, value: number): void => {
  if (!Number.isSafeInteger(value) || value < 0)
    throw wrong(`${name} must be a whole number from 0, got ${value}`)
}

const wrong = (what: string): TunnelOptionError =>
  new TunnelOptionError('ODPS_INVALID_RANGE', `Row range: ${what}`)
