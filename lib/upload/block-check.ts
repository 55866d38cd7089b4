import { TunnelOptionError, TunnelSessionError } from '../errors.js'
import { type BlockInfo, isCommitted } from './upload-state.js'

/*
 * A commit adds whatever blocks the service holds, without asking which were meant. If a block got lost, or another
 * process wrote into the session, the table would have wrong rows without an error; so what is there is compared first,
 * by id and by number of rows, which is all that the service tells.
 */

/** Block ids of one session: 0 to 19999 (protocol 11.1). */
export const maxBlockIds = 20_000

/** @throws TunnelOptionError ODPS_INVALID_OPTION */
export const checkBlockId = (blockId: number): void => {
  if (Number.isInteger(blockId) && blockId >= 0 && blockId < maxBlockIds) return
  throw new TunnelOptionError(
    'ODPS_INVALID_OPTION',
    `A block id must be a whole number from 0 to ${maxBlockIds - 1}, got ${blockId}`,
  )
}

export interface BlockCheck {
  readonly sessionId: string
  readonly status: string
  /** What the service holds. */
  readonly blocks: readonly BlockInfo[]
  /** Exactly these must be there; undefined: whatever is there is right. */
  readonly expected: ReadonlySet<number> | undefined
  /** Rows of the blocks that were sent, by id. They must be there in any case. */
  readonly sent: ReadonlyMap<number, number>
}

/**
 * Compares before the commit, because the commit itself names no blocks (protocol 3.5).
 * @throws TunnelSessionError ODPS_BLOCK_LIST_MISMATCH, ODPS_RECORD_COUNT_MISMATCH
 */
export const checkBlocks = (check: BlockCheck): void => {
  const { blocks, expected, sent } = check
  const held = new Map(blocks.map(block => [block.blockId, block.recordCount]))
  const missing = [...(expected ?? sent.keys())].filter(id => !held.has(id))
  const extra = expected === undefined ? [] : [...held.keys()].filter(id => !expected.has(id))
  if (missing.length > 0 || extra.length > 0) throw listMismatch(check, missing, extra)
  const wrong = [...sent].filter(([id, rows]) => held.has(id) && (held.get(id) ?? rows) !== rows)
  if (wrong.length > 0) throw countMismatch(check, wrong, held)
}

const listMismatch = (check: BlockCheck, missing: number[], extra: number[]): TunnelSessionError => {
  const { sessionId, status } = check
  const lost =
    missing.length > 0 ? ` It lacks ${list(missing)}${isCommitted(status) ? '' : ': upload them again'}.` : ''
  const more = extra.length > 0 ? ` It holds ${list(extra)}, which this commit does not include.` : ''
  return new TunnelSessionError(
    'ODPS_BLOCK_LIST_MISMATCH',
    `${outcome(check)} its blocks are not the expected ones.${lost}${more}`,
    { sessionId, status, missing },
  )
}

const countMismatch = (
  check: BlockCheck,
  wrong: readonly (readonly [number, number])[],
  held: ReadonlyMap<number, number | undefined>,
): TunnelSessionError => {
  const { sessionId, status } = check
  const [blockId, rows] = wrong[0]!
  return new TunnelSessionError(
    'ODPS_RECORD_COUNT_MISMATCH',
    `${outcome(check)} block ${blockId} was sent with ${rows} rows and holds ${held.get(blockId)} (${wrong.length} such blocks).${isCommitted(status) ? '' : ' Upload them again.'}`,
    { sessionId, status },
  )
}

const outcome = ({ sessionId, status }: BlockCheck): string =>
  isCommitted(status)
    ? `Session ${sessionId} was committed before, but differently:`
    : `Session ${sessionId} was not committed:`

const list = (ids: readonly number[]): string => {
  const sorted = [...ids].sort((a, b) => a - b)
  const shown = sorted.slice(0, 10).join(', ')
  return `${ids.length === 1 ? 'block' : 'blocks'} ${ids.length > 10 ? `${shown}, … (${ids.length})` : shown}`
}
