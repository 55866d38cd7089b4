import { ByteReader, unreadable } from '../../wire/byte-reader.js'
import { checksumField, countField, endMetricsField, tagBytes, tagOf } from '../../wire/tags.js'
import { maxMetricsBytes, metricsChecksum, metricsTag } from './trailer.js'

/*
 * Whoever hands records on unread finds the end of them from the back, since their length isn't told anywhere. A trailer
 * has a form that no record has, but text within a record may have any form: so the shortest end of the bytes that is a
 * whole trailer is taken, and its reader has to know how many records there must be.
 */

export interface FoundTrailer {
  /** Where it begins. */
  readonly at: number
  /** How many records it says there are. */
  readonly rows: number
  /** The checksum over the checksums of the records. */
  readonly checksum: number
  /** What it says of its metrics, and what they are; undefined without metrics. */
  readonly metrics: { readonly expected: number; readonly actual: number } | undefined
}

/** A trailer without metrics is never longer than this, however its numbers are spelled. */
const maxPlainBytes = 64

/** No trailer is longer. */
export const maxTrailerBytes = maxMetricsBytes + maxPlainBytes

const countTagBytes = Buffer.from(tagBytes(tagOf(countField, 0)))
const endMetricsTag = tagOf(endMetricsField, 0)
const checksumTag = tagOf(checksumField, 0)

/** The shortest trailer at the end of the bytes; undefined when they end otherwise. */
export const findTrailer = (bytes: Buffer): FoundTrailer | undefined => {
  const reader = new ByteReader(bytes, new DataView(bytes.buffer, bytes.byteOffset, bytes.length))
  reader.end = bytes.length
  for (let at = bytes.lastIndexOf(countTagBytes); at >= 0; ) {
    const found = readTrailer(reader, at)
    if (found !== undefined) return found
    at = at === 0 ? -1 : bytes.lastIndexOf(countTagBytes, at - 1)
  }
  return undefined
}

const readTrailer = (reader: ByteReader, at: number): FoundTrailer | undefined => {
  reader.at = at + countTagBytes.length
  try {
    reader.int64()
    if (reader.high !== 0) return undefined
    const rows = reader.low >>> 0
    let tag = reader.uint32()
    const metrics = tag === metricsTag ? readMetrics(reader) : undefined
    if (metrics !== undefined) tag = reader.uint32()
    if (tag !== checksumTag) return undefined
    reader.varint()
    return reader.at === reader.end ? { at, rows, checksum: reader.low >>> 0, metrics } : undefined
  } catch (error) {
    if (error === unreadable) return undefined
    throw error
  }
}

const readMetrics = (reader: ByteReader): FoundTrailer['metrics'] => {
  const from = reader.passBytes()
  const actual = metricsChecksum(reader.buffer.subarray(from, reader.at))
  if (reader.uint32() !== endMetricsTag) throw unreadable
  reader.varint()
  return { expected: reader.low >>> 0, actual }
}
