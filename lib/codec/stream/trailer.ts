import protobuf from 'protobufjs/minimal.js'
import { checksumOf, crcInt32, crcRange, emptyRegister } from '../../wire/crc32c.js'
import { checksumField, countField, endMetricsField, tagOf } from '../../wire/tags.js'

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
  const out = protobuf.Writer.create().uint32(tagOf(countField, 0)).sint64(rows)
  if (metrics !== undefined) {
    const bytes = Buffer.from(metrics)
    out.uint32(metricsTag).bytes(bytes)
    out.uint32(tagOf(endMetricsField, 0)).uint32(metricsChecksum(bytes))
  }
  return Buffer.from(out.uint32(tagOf(checksumField, 0)).uint32(checksumOfChecksums).finish())
}
