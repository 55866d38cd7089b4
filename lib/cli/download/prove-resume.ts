import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { fingerprintOf } from '../files/byte-output.js'
import type { DownloadCheckpoint, JournalEntry, KnownPartition } from '../journal/entry.js'
import { CliError } from '../usage-error.js'
import type { Output, Part } from './plan-outputs.js'

const startAnew = 'Start over, without --resume'

/** The partition, so that no two are the same whatever their values hold. */
export const keyOf = ({ partition = [] }: Part): string =>
  partition.map(({ name, value }) => `${name}=${value.replaceAll(/[%,=]/g, encodeURIComponent)}`).join(',')

/** What the journal keeps of the partitions, in the order they are read. */
export const knownPartitions = (outputs: readonly Output[]): readonly KnownPartition[] =>
  outputs.flatMap(({ parts }) =>
    parts.map(part => [keyOf(part), part.modifiedAt?.toISOString() ?? null, part.rows ?? null] as const),
  )

/**
 * A download is gone on with where its former run has left it. The partitions must be the same, those that are in files
 * already must not have changed, and the files must be as they were written.
 * @throws CliError that names both sides
 */
export const proveResume = async (former: JournalEntry, outputs: readonly Output[]): Promise<void> => {
  compareLists(former.partitions ?? [], knownPartitions(outputs))
  compareRead(former, outputs)
  for (const { path, bytes, checksum } of former.finished ?? []) {
    const found = await fingerprintOf(path)
    if (found?.bytes === bytes && found.checksum === checksum) continue
    throw new CliError(
      `${path}, which the interrupted download had finished, ${found === undefined ? 'is missing' : found.bytes === bytes ? 'has different content now' : `had ${bytes} bytes and has ${found.bytes}`}`,
      startAnew,
    )
  }
}

const compareLists = (before: readonly KnownPartition[], now: readonly KnownPartition[]): void => {
  const [specsBefore, specsNow] = [new Set(before.map(([spec]) => spec)), new Set(now.map(([spec]) => spec))]
  const added = now.find(([spec]) => !specsBefore.has(spec))
  const gone = before.find(([spec]) => !specsNow.has(spec))
  if (added !== undefined || gone !== undefined)
    throw new CliError(
      `the partitions have changed since the download was interrupted: ${added === undefined ? `${gone![0]} is gone` : `${added[0]} is new`}; there were ${before.length}, and are ${now.length}`,
      startAnew,
    )
  if (before.some(([spec], i) => spec !== now[i]![0]))
    throw new CliError(
      'the order of the partitions has changed since the download was interrupted',
      startAnew,
    )
}

/** Partitions that are read to their end. The one that is being read is proven by its session. */
const compareRead = (
  { partitions = [], finished = [], checkpoint }: JournalEntry,
  outputs: readonly Output[],
): void => {
  const now = new Map(knownPartitions(outputs).map(known => [known[0], known]))
  const done = new Set(finished.map(({ path }) => path))
  const read = outputs.flatMap(({ path, parts }) => {
    if (done.has(resolve(path))) return parts.map(keyOf)
    if (resolve(path) !== checkpoint?.path) return []
    return parts
      .slice(
        0,
        parts.findIndex(part => keyOf(part) === checkpoint.partition),
      )
      .map(keyOf)
  })
  const before = new Map(partitions.map(known => [known[0], known]))
  for (const spec of read) {
    const [, modifiedBefore, rowsBefore] = before.get(spec)!
    const [, modifiedNow, rowsNow] = now.get(spec)!
    if (modifiedBefore === modifiedNow && rowsBefore === rowsNow) continue
    throw new CliError(
      `${spec === '' ? 'the table' : `partition ${spec}`}, which was read before the interruption, has changed since: it had ${rowsBefore ?? 'unknown'} rows of ${modifiedBefore ?? 'an unknown time'}, and has ${rowsNow ?? 'unknown'} of ${modifiedNow ?? 'an unknown time'}`,
      startAnew,
    )
  }
}

/** Where a former run has left this file; undefined when it is to be begun anew. */
export const checkpointOf = (
  { path }: Output,
  former: JournalEntry | undefined,
): DownloadCheckpoint | undefined => {
  const checkpoint = former?.checkpoint
  return checkpoint?.path === resolve(path) && existsSync(checkpoint.part) ? checkpoint : undefined
}
