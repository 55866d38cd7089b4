import { randomBytes } from 'node:crypto'
import {
  anyOf,
  checkOptions,
  integer,
  listOf,
  type OptionCheck,
  type OptionRule,
  type OptionSpec,
  objectOf,
  oneOf,
  textMap,
} from '../../check-options.js'
import type { CopyResult, DownloadSessionJson, PartitionCommit } from '../../index.js'

export type TransferState = 'running' | 'done' | 'failed' | 'interrupted'

/** A file of a download as it was written, up to its end or to where it goes on. */
interface WrittenFile {
  /** Its final name. */
  readonly path: string
  readonly bytes: number
  /** CRC-32 of these bytes. */
  readonly checksum: number
  /** Rows in these bytes. */
  readonly rows: number
}

export interface DownloadCheckpoint extends WrittenFile {
  /** Its working name. */
  readonly part: string
  /** The partition whose rows come last in the bytes, and how many of its rows are in them. */
  readonly partition: string
  readonly partitionRows: number
  /** The snapshot they are from. */
  readonly session: DownloadSessionJson
}

/** A partition when the download began: its spec, when it was changed, and its rows; null where that isn't known. */
export type KnownPartition = readonly [spec: string, modifiedAt: string | null, rows: number | null]

/**
 * One transfer, as the journal keeps it: what it takes to go on with it, and to prove that it is the same transfer. It
 * holds no credentials and no rows.
 */
export interface JournalEntry {
  readonly version: typeof entryVersion
  readonly id: string
  readonly kind: 'upload' | 'download' | 'copy'
  /** The arguments of the command line. */
  readonly args: readonly string[]
  readonly directory: string
  /** `project.schema.table`, with the partition behind a slash. */
  readonly target: string
  readonly paths: readonly string[]
  /** All that decides bytes or rows. */
  readonly proof: Readonly<Record<string, string>>
  readonly startedAt: string
  pid: number
  updatedAt: string
  state: TransferState
  rows: number
  badRecords: number
  error?: string | undefined
  /** The session of an upload. */
  sessionId?: string
  /** Upload: blocks that are on the service, with the checksums of their rows. */
  blocks?: (readonly [blockId: number, checksum: number])[]
  /** Upload with --partition-by: what is to be committed; empty before the commit has begun. */
  commits?: readonly PartitionCommit[]
  /** Download: what is read, in this order. */
  partitions?: readonly KnownPartition[]
  /** Download: the working file. */
  part?: string | undefined
  /** Download: the file that is being written, as far as its bytes are complete records. */
  checkpoint?: DownloadCheckpoint | undefined
  /** Download: files that are complete. */
  finished?: WrittenFile[]
  /** Copy: what is committed, or may be. */
  copied?: CopyResult
}

/** Entries of another version are not read: what they prove is another thing. */
const entryVersion = 3

const maybe = (rule: OptionRule): OptionRule => anyOf(oneOf(null), rule)
const isTime = (value: unknown): string | undefined =>
  typeof value === 'string' && !Number.isNaN(Date.parse(value)) ? undefined : 'a time'
const count = integer(0)
/** A list of so many members, each by a rule of its own. */
const tuple =
  (...rules: readonly OptionRule[]): OptionCheck =>
  (value, path, found) => {
    if (!Array.isArray(value) || value.length !== rules.length) return `a list of ${rules.length}`
    const fits = rules.every((rule, i) => listOf(rule)([value[i]], path, found) === undefined)
    return fits ? undefined : 'a list of other members'
  }
const writtenFile = { path: 'string', bytes: count, checksum: count, rows: count } as const
const session: OptionSpec = {
  ...{ project: 'string', schema: 'any', schemaName: 'string', table: 'string', partitionSpec: 'string' },
  ...{ instanceId: 'string', limited: 'boolean' },
  ...{ sessionId: 'string', recordCount: count, lastModified: isTime },
}

const entrySpec = {
  version: oneOf(entryVersion),
  id: 'string',
  kind: oneOf('upload', 'download', 'copy'),
  args: listOf('string'),
  directory: 'string',
  target: 'string',
  paths: listOf('string'),
  proof: textMap,
  startedAt: isTime,
  pid: count,
  updatedAt: isTime,
  state: oneOf('running', 'done', 'failed', 'interrupted'),
  rows: count,
  badRecords: count,
  error: 'string',
  sessionId: 'string',
  blocks: listOf(tuple(count, count)),
  commits: listOf(
    objectOf({
      ...{ project: 'string', schemaName: 'string', table: 'string', partitionSpec: 'string' },
      ...{ sessionId: 'string', blockIds: listOf(count), state: oneOf('committed', 'open', 'unknown') },
    }),
  ),
  partitions: listOf(tuple('string', maybe(isTime), maybe(count))),
  part: 'string',
  checkpoint: objectOf({
    ...writtenFile,
    ...{ part: 'string', partition: 'string', partitionRows: count, session: objectOf(session) },
  }),
  finished: listOf(objectOf(writtenFile)),
  // Whoever goes on with it looks at its partitions more closely.
  copied: objectOf({ from: 'string', to: 'string', rows: count, partitions: listOf('object') }),
} as const

const optional = new Set([
  'error',
  'sessionId',
  'blocks',
  'commits',
  'partitions',
  'part',
  'checkpoint',
  'finished',
  'copied',
])

/** @returns undefined for what is no entry of this version */
export const parseEntry = (text: string): JournalEntry | undefined => {
  try {
    const entry: unknown = JSON.parse(text)
    checkOptions('entry', entry, entrySpec)
    const isWhole = Object.keys(entrySpec).every(
      key => optional.has(key) || Object.hasOwn(entry as object, key),
    )
    return isWhole ? (entry as JournalEntry) : undefined
  } catch {
    return undefined
  }
}

export const newEntry = (
  fields: Pick<JournalEntry, 'kind' | 'args' | 'target' | 'paths' | 'proof' | 'partitions'>,
  now = new Date(),
): JournalEntry => ({
  version: entryVersion,
  ...fields,
  id: `${now.toISOString().replaceAll(/[-:T]/g, '').slice(0, 14)}-${randomBytes(2).toString('hex')}`,
  directory: process.cwd(),
  pid: process.pid,
  startedAt: now.toISOString(),
  updatedAt: now.toISOString(),
  state: 'running',
  rows: 0,
  badRecords: 0,
})

/** Whether there may be something to go on with. */
export const isOpen = ({ state, commits }: Pick<JournalEntry, 'state' | 'commits'>): boolean =>
  (state === 'interrupted' || state === 'failed') && commits?.length !== 0
