import { checksumOf, crcInt32, crcRange, emptyRegister } from '../../wire/crc32c.js'
import { checksumField, countField, endMetricsField, tagBytes, tagOf } from '../../wire/tags.js'

/** The metrics text is numbered like a column 1 of its own (protocol 4.8). */
export const metricsTag = tagOf(1, 2)

/** Longer metrics than this are no metrics. */
export const maxMetricsBytes = 1 << 24

/** CRC-32C over int32 1 and the bytes (protocol 4.8). */
export const metricsChecksum = (metrics: Uint8Array): number => {
  const view = new DataView(metrics.buffer, metrics.byteOffset, metrics.byteLength)
  return checksumOf(crcRange(crcInt32(emptyRegister, 1), view, 0, metrics.byteLength))
}

/** The end of a stream (protocol 4.1): the number of records, metrics where given, the checksum of checksums. */
export const encodeTrailer = (rows: number, checksumOfChecksums: number, metrics?: string): Buffer => {
  const parts = [...tagBytes(tagOf(countField, 0)), ...varint(2 * rows)]
  const end = [...tagBytes(tagOf(checksumField, 0)), ...varint(checksumOfChecksums >>> 0)]
  if (metrics === undefined) return Buffer.from([...parts, ...end])
  const bytes = Buffer.from(metrics)
  parts.push(...tagBytes(metricsTag), ...varint(bytes.length))
  end.unshift(...tagBytes(tagOf(endMetricsField, 0)), ...varint(metricsChecksum(bytes) >>> 0))
  return Buffer.concat([Buffer.from(parts), bytes, Buffer.from(end)])
}

/** Not by protobufjs: who imports the library, and who copies, needs nothing else of it. */
const varint = (value: number): number[] => {
  const bytes: number[] = []
  let rest = value
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128)
  bytes.push(rest)
  return bytes
}
