import type { Random } from '../faults/random.js'

/** Bytes that parsers trip over: largest and overlong varints, signs, ends of records, quotes. */
const bytePieces: readonly Buffer[] = [
  'ffffffff0f',
  'ffffffffffffffffff01',
  '80808080808080808000',
  'ffffffff',
  '7fffffff',
  '80000000',
  '00',
  '80c0ff7f',
  'f0ffff7f',
  'f8ffff7f',
  '0a',
  '22',
  '5c',
].map(hex => Buffer.from(hex, 'hex'))

const textPieces: readonly string[] = [
  '__proto__',
  'constructor',
  'prototype',
  '{"__proto__":{"polluted":1}}',
  '<',
  '>',
  ',',
  '(',
  ')',
  '[',
  ']',
  '{',
  '}',
  '"',
  "'",
  '`',
  ':',
  '=',
  '/',
  '../',
  '..%2f',
  '%00',
  '%',
  '\0',
  '\r\n',
  '\n',
  '\uFEFF',
  '\u2028',
  '&amp;',
  '<![CDATA[',
  ']]>',
  '<!ENTITY a "b">',
  '-1',
  '9007199254740993',
  '1e999',
  'NaN',
  'null',
  'true',
  '0x10',
  'array<',
  'map<string,',
  'struct<a:',
  'decimal(38,18)',
]

/** One of the corpus, changed in a few places. */
export const mutate = (
  random: Random,
  corpus: readonly Buffer[],
  isText: boolean,
  maxBytes: number,
): Buffer => {
  let bytes: Buffer = Buffer.from(random.pick(corpus))
  const changes = random.chance(0.05) ? 0 : random.integer(1, random.chance(0.2) ? 30 : 4)
  for (let i = 0; i < changes; i++) bytes = changeOnce(random, bytes, corpus, isText)
  return bytes.subarray(0, maxBytes)
}

const changeOnce = (random: Random, bytes: Buffer, corpus: readonly Buffer[], isText: boolean): Buffer => {
  const at = random.integer(0, bytes.length)
  const length = random.chance(0.8) ? random.integer(1, 8) : random.integer(1, 200)
  const piece = (): Buffer =>
    isText && random.chance(0.8) ? Buffer.from(random.pick(textPieces)) : random.pick(bytePieces)
  switch (random.integer(0, 7)) {
    case 0:
      return splice(bytes, at, 0, piece())
    case 1:
      return splice(bytes, at, length, piece())
    case 2:
      return splice(bytes, at, length, Buffer.alloc(0))
    case 3:
      return bytes.subarray(0, at)
    case 4: {
      const copy = Buffer.from(bytes)
      if (at < copy.length) copy[at]! ^= 1 << random.integer(0, 7)
      return copy
    }
    case 5: {
      const other = random.pick(corpus)
      return Buffer.concat([bytes.subarray(0, at), other.subarray(random.integer(0, other.length))])
    }
    case 6: {
      const slice = bytes.subarray(at, at + length)
      const times = random.chance(0.05) ? 20_000 : random.integer(2, 20)
      return splice(bytes, at, 0, Buffer.concat(Array.from({ length: times }, () => slice)))
    }
    default: {
      const many = random.chance(0.05) ? 20_000 : random.integer(2, 40)
      return splice(bytes, at, 0, Buffer.concat(new Array<Buffer>(many).fill(piece())))
    }
  }
}

const splice = (bytes: Buffer, at: number, remove: number, add: Buffer): Buffer =>
  Buffer.concat([bytes.subarray(0, at), add, bytes.subarray(at + remove)])
