import { endRecordTagBytes } from '../../wire/tags.js'

const noChecksum = Buffer.of(0)

/** A record with more fields behind its own. It is no whole one: its checksum is missing, which a projector doesn't look at. */
export const joinFields = (record: Buffer, fields: Buffer): Buffer =>
  Buffer.concat([fieldsOf(record), fields, endRecordTagBytes, noChecksum])

/**
 * A record without its end. The last varint of a record is its checksum; the byte before it, the last of the tag, is below
 * 128.
 */
export const fieldsOf = (record: Buffer): Buffer => {
  let from = record.length - 1
  while (record[from - 1]! > 127) from--
  return record.subarray(0, from - endRecordTagBytes.length)
}
