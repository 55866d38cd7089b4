import { createHash } from 'node:crypto'
import type { PartitionSpec } from '../../index.js'
import { CliError } from '../usage-error.js'

/*
 * Names and values of partitions come from the service, and a name of a file made of them must stay a name: one step
 * within the folder, one for each partition. What has a meaning in paths, or to some file system, is written as %XX, and so
 * is the % itself, so that the partition can be read from the name. Names that a file system without case or with other
 * forms of letters would take for one, and names that are too long, end in a hash of the partition.
 */

/** Bytes that common file systems take. */
const longestName = 255

/** @throws CliError for a partition without columns */
export const partitionFileNames = (partitions: readonly PartitionSpec[], ending: string): string[] => {
  const names = partitions.map(nameOf)
  const uses = new Map<string, number>()
  for (const name of names) uses.set(foldName(name), (uses.get(foldName(name)) ?? 0) + 1)
  return names.map((name, i) => {
    const isLong = Buffer.byteLength(name + ending) > longestName
    if (!isLong && uses.get(foldName(name)) === 1) return name + ending
    const tail = `~${hashOf(partitions[i]!)}${ending}`
    return cutText(name, longestName - Buffer.byteLength(tail)) + tail
  })
}

const nameOf = (partition: PartitionSpec): string => {
  if (partition.length === 0)
    throw new CliError('the service listed a partition without columns', 'List the partitions to download')
  return partition.map(({ name, value }) => `${encode(name, /^\.|[=,]/g)}=${encode(value, /[,]/g)}`).join(',')
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const special = /[\u0000-\u001f\u007f-\u009f%<>:"\\|?*/~]|\p{Surrogate}/gu

const encode = (text: string, more: RegExp): string =>
  text.replaceAll(special, percent).replaceAll(more, percent)

const percent = (sign: string): string => {
  const hex = sign.codePointAt(0)!.toString(16).toUpperCase()
  return hex.length > 2 ? `%u${hex.padStart(4, '0')}` : `%${hex.padStart(2, '0')}`
}

/** Equal for names that some file system takes for the same. */
const foldName = (name: string): string => name.normalize('NFKC').toLowerCase().toUpperCase().normalize('NFC')

const hashOf = (partition: PartitionSpec): string =>
  createHash('sha256')
    .update(JSON.stringify(partition.map(({ name, value }) => [name, value])))
    .digest('hex')
    .slice(0, 16)

/** Whole letters of it, in so many bytes. */
const cutText = (text: string, bytes: number): string => {
  let [cut, size] = ['', 0]
  for (const letter of text) {
    size += Buffer.byteLength(letter)
    if (size > bytes) break
    cut += letter
  }
  return cut
}
