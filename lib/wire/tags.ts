/* Field numbers that are no columns, and wire types (protocol 4.1, 4.2). */

export const endRecordField = 0x1fffc00
export const endMetricsField = 0x1ffff00
export const countField = 0x1fffffe
export const checksumField = 0x1ffffff

/** 0 varint, 1 eight bytes, 2 everything of its own length, 5 four bytes. */
export type WireType = 0 | 1 | 2 | 5

export const tagOf = (field: number, wireType: WireType): number => ((field << 3) | wireType) >>> 0

/** What ends a record: this tag, and its checksum. */
export const endRecordTag = tagOf(endRecordField, 0)

/** A tag as its varint bytes. */
export const tagBytes = (tag: number): number[] => {
  const bytes: number[] = []
  let rest = tag >>> 0
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128)
  bytes.push(rest)
  return bytes
}

export const endRecordTagBytes: Uint8Array = Uint8Array.from(tagBytes(endRecordTag))
