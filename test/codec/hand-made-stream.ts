import { parseDataType } from '../../lib/schema/parse-data-type.js'
import type { Column } from '../../lib/schema/table-schema.js'

/* Streams byte by byte, with a checksum of their own: nothing of lib/wire is used here. */

export const columns = (text: string): Column[] =>
  text.split(' ').map(part => {
    const at = part.indexOf(':')
    const name = part.slice(0, at)
    const type = part.slice(at + 1)
    return { name, type: parseDataType(type.replace(/!$/, '')), nullable: !type.endsWith('!') }
  })

export const crc = (bytes: Iterable<number>): number => {
  let c = 0xffffffff
  for (const byte of bytes) {
    c ^= byte
    for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ 0x82f63b78 : c >>> 1
  }
  return ~c >>> 0
}

export const varint = (value: bigint | number): number[] => {
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, BigInt(value))
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128)
  return [...bytes, Number(rest)]
}

export const zigzag = (value: bigint | number): number[] => {
  const v = BigInt(value)
  return varint(v < 0n ? -2n * v - 1n : 2n * v)
}

export const le = (value: bigint | number, bytes: 4 | 8): number[] =>
  Array.from({ length: bytes }, (_, i) => Number((BigInt.asUintN(64, BigInt(value)) >> BigInt(8 * i)) & 255n))

export const tag = (field: number, wireType: number): number[] => varint((field << 3) | wireType)

/** A field: the bytes it has on the wire and those it feeds. */
export interface Field {
  readonly wire: readonly number[]
  readonly fed: readonly number[]
}

export const raw = (
  field: number,
  wireType: number,
  value: readonly number[],
  fed: readonly number[],
): Field => ({
  wire: [...tag(field, wireType), ...value],
  fed: [...le(field, 4), ...fed],
})

export const bigint = (field: number, value: bigint | number): Field =>
  raw(field, 0, zigzag(value), le(value, 8))

export const text = (field: number, value: string | Uint8Array): Field => {
  const bytes = [...Buffer.from(value as string)]
  return raw(field, 2, [...varint(bytes.length), ...bytes], bytes)
}

export interface HandMadeRecord {
  readonly bytes: readonly number[]
  readonly checksum: number
}

export const record = (...fields: readonly Field[]): HandMadeRecord => {
  const checksum = crc(fields.flatMap(field => field.fed))
  return {
    bytes: [...fields.flatMap(field => field.wire), ...tag(0x1fffc00, 0), ...varint(checksum)],
    checksum,
  }
}

export const trailer = (records: readonly HandMadeRecord[], metrics: readonly number[] = []): number[] => [
  ...tag(0x1fffffe, 0),
  ...zigzag(records.length),
  ...metrics,
  ...tag(0x1ffffff, 0),
  ...varint(crc(records.flatMap(({ checksum }) => le(checksum, 4)))),
]

export const stream = (...records: readonly HandMadeRecord[]): Buffer =>
  Buffer.from([...records.flatMap(({ bytes }) => bytes), ...trailer(records)])
