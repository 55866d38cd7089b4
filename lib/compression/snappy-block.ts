/**
 * What a raw snappy block says that it decodes to: it starts with its length as a varint of at most 32 bits. The decoders
 * that are given a length of their own fill or cut what they make to it without a word.
 * @returns infinity for a block without such a length
 */
export const snappyBlockLength = (block: Uint8Array): number => {
  let length = 0
  for (let i = 0; i < 5; i++) {
    const byte = block[i]
    if (byte === undefined) break
    length += (byte & 0x7f) * 2 ** (7 * i)
    if (byte < 0x80) return length < 2 ** 32 ? length : Number.POSITIVE_INFINITY
  }
  return Number.POSITIVE_INFINITY
}
