import { isUtf8 } from 'node:buffer'

/*
 * Bytes that are not UTF-8 inside of text: a byte that is part of no character stands as a lone surrogate, U+DC80 to
 * U+DCFF, as in PEP 383 of Python. So text with such bytes is printed, quoted and put together like any other, and only
 * where it becomes bytes again they come back. Text of JavaScript that holds lone surrogates itself must be refused
 * before it gets here.
 */

/** Whether some character is only half there; quick where all are of latin1. */
export const hasLoneSurrogates = (text: string): boolean => !(text as WellFormed).isWellFormed()

/** All engines have it, and not all libraries of TypeScript. */
type WellFormed = string & { isWellFormed(): boolean }

/** The text of bytes, whatever they are. */
export const escapedText = (bytes: Uint8Array): string => {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (isUtf8(buffer)) return buffer.toString()
  const parts: string[] = []
  let from = 0
  for (let at = 0; at < buffer.length; ) {
    const length = characterAt(buffer, at)
    if (length > 0) {
      at += length
      continue
    }
    parts.push(buffer.toString('utf8', from, at), String.fromCharCode(0xdc00 | buffer[at]!))
    from = ++at
  }
  parts.push(buffer.toString('utf8', from))
  return parts.join('')
}

/** The length of the character of UTF-8 that stands there, 0 for none. */
const characterAt = (bytes: Buffer, at: number): number => {
  const lead = bytes[at]!
  if (lead < 0x80) return 1
  const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2
  return lead >= 0xc2 && at + length <= bytes.length && isUtf8(bytes.subarray(at, at + length)) ? length : 0
}

/** UTF-8 of the text, and escaped bytes as they were. */
export const escapedBytes = (text: string): Buffer => {
  if (!hasLoneSurrogates(text)) return Buffer.from(text)
  const parts: Buffer[] = []
  let from = 0
  for (const { 0: escaped, index } of text.matchAll(/\p{Surrogate}+/gu)) {
    // The low half of a code unit is the byte.
    parts.push(Buffer.from(text.slice(from, index)), Buffer.from(escaped, 'latin1'))
    from = index + escaped.length
  }
  parts.push(Buffer.from(text.slice(from)))
  return Buffer.concat(parts)
}
