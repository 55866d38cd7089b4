import { checkOptions, integer, type OptionSpec } from '../check-options.js'
import { TunnelOptionError } from '../errors.js'
import { type RowRange, splitRange } from './row-range.js'
import type { DownloadSessionJson, ResultSessionJson, TableSessionJson } from './session-json.js'

/*
 * A session for many workers is cut where it was created, since only there it is known how large its rows are. Each piece
 * carries all that a stream on another machine needs, and what proves to it that the rows are still the same: so a
 * queue can hold it, and a worker that gets it a second time reads the same rows.
 */

/** How to cut a session: by one of these. */
export interface SplitOptions {
  /** So many pieces, whose sizes differ by one row at most; fewer when there are fewer rows. */
  readonly count?: number | undefined
  /** As few pieces as have at most this many rows each. */
  readonly rows?: number | undefined
  /**
   * As few pieces as have about this many bytes each, of the bytes in which the table or partition is stored: its size by its
   * rows, on average. Downloaded as records it is mostly more.
   */
  readonly bytes?: number | undefined
}

/**
 * A piece of a download session, in plain JSON without credentials: `createDownloadStream`, `readBatches`, `download` and
 * `createArrowDownloadStream` take it as it is, in any process.
 */
export type DownloadSplit = (TableSessionJson & RowRange) | (ResultSessionJson & RowRange)

const splitOptionSpec: OptionSpec = { count: integer(1), rows: integer(1), bytes: integer(1) }

/**
 * @param size bytes in which all rows are stored; undefined when it isn't known
 * @throws TunnelOptionError ODPS_INVALID_OPTION when not exactly one option is given, or bytes are and the size isn't known
 */
export const splitSession = (
  session: DownloadSessionJson,
  options: SplitOptions,
  size: number | undefined,
): DownloadSplit[] => {
  checkOptions('splits', options, splitOptionSpec)
  const { recordCount } = session
  const whole = { start: 0, count: recordCount }
  const given = Object.entries(options ?? {}).filter(([, value]) => value !== undefined)
  if (given.length !== 1) {
    const got = given.length === 0 ? 'none' : given.map(([key]) => key).join(' and ')
    throw wrong(`pass exactly one of count, rows and bytes, got ${got}`)
  }
  if (recordCount === 0) return []
  const parts =
    options.count ?? Math.ceil(recordCount / (options.rows ?? rowsOf(options.bytes!, session, size)))
  return splitRange(whole, parts).map(range => ({ ...session, ...range }))
}

const rowsOf = (bytes: number, { recordCount }: DownloadSessionJson, size: number | undefined): number => {
  if (size === undefined)
    throw wrong(
      'the size of the rows is not known, so bytes cannot be used: only a session created from a table or partition whose size the service reports has it; pass rows or count',
    )
  return Math.max(1, Math.floor((bytes / Math.max(1, size)) * recordCount))
}

const wrong = (what: string): TunnelOptionError =>
  new TunnelOptionError('ODPS_INVALID_OPTION', `splits: ${what}`)
