import type { DataType } from '../../schema/data-type.js'
import type { Column } from '../../schema/table-schema.js'
import { unreadable } from '../../wire/byte-reader.js'
import { crcRange, crcTable } from '../../wire/crc32c.js'
import { cell32, cell64, lowHalf } from '../../wire/int64.js'
import { tagBytes, tagOf } from '../../wire/tags.js'
import type { CellCodec, CodecOptions } from '../cell-codec.js'
import type { StreamTotals } from '../stream/totals.js'
import { integerRange } from '../types/integers.js'
import { type Layout, wireTypeOf } from '../value-layout.js'
import { feedByte, feedField, feedInt64 } from './checksum-code.js'
import type { CompiledReader } from './compiled-reader.js'
import { generate } from './generated-code.js'
import { arrayOf, ObjectCode } from './row-code.js'

/*
 * Straight-line code that reads records whose fields stand in the order of the columns, testing for the tag of one
 * column after the other. Whatever else there is (the trailer, a record that is not all there, other orders, faults,
 * values that do not convert) ends the run before that record: the walker looks at it, and says what is wrong.
 *
 * The bytes are read without looking for their end, except text: behind the end there is slack, and a record that
 * ran over the end counts for nothing. The names in the code:
 *
 *   R CompiledReader  B, V, end, p, c  its buffer, view, end, position and register, held in locals   b next byte
 *   K codecs        S totals         M makes a row of cells   m largest record   l, h halves on the wire
 *   T crcTable      F crcRange       C, D cell64, cell32      U unreadable       lo, hi halves of an integer
 */

/** Appends rows; returns how many. The reader stands behind the last of them. */
export type RowsReader = (
  reader: CompiledReader,
  codecs: readonly CellCodec[],
  totals: StreamTotals,
  rows: unknown[],
  makeRow: (cells: unknown[], rowIndex: number) => unknown,
  firstRow: number,
  maxRowBytes: number,
) => number

/** What a record can need behind the end of the bytes: a tag and a number for each column, and the end of the record. */
export const slackOf = (columns: number): number => 24 * columns + 64

/** With more columns than this, fields are read by several functions, each small enough for the engine to optimize. */
const fieldsPerFunction = 32

const constants = { T: crcTable, F: crcRange, C: cell64, D: cell32, U: unreadable }

export const compileRowsReader = (
  columns: readonly Column[],
  layouts: readonly Layout[],
  options: CodecOptions,
  rowShape: 'array' | 'object' | 'made',
): RowsReader => {
  const code = (index: number, target: string) =>
    fieldCode(columns[index]!.type, layouts[index]!, index, options, target)
  if (columns.length <= fieldsPerFunction) {
    const cells = columns.map((_, i) => `v${i}`)
    const declared = cells.map(cell => `${cell} = null`)
    const fields = cells.map((cell, i) => code(i, cell))
    const body = `let b = B[p]${declared.map(cell => `, ${cell}`).join('')}\n${fields.join('\n')}`
    const objects = new ObjectCode()
    const row = rowCode(columns, cells, rowShape, objects)
    return generate(runCode(body, row, objects), constants)
  }
  const parts: unknown[] = []
  for (let from = 0; from < columns.length; from += fieldsPerFunction) {
    const part = columns.slice(from, from + fieldsPerFunction).map((_, i) => code(from + i, `r[${from + i}]`))
    parts.push(generate(partCode(part), constants))
  }
  const calls = parts.map((_, i) => `G${i}(R, K, r)`)
  const body = `const r = new Array(${columns.length}).fill(null)
R.at = p; R.register = c; ${calls.join('; ')}; p = R.at; c = R.register
const b = B[p]`
  const named = Object.fromEntries(parts.map((part, i) => [`G${i}`, part]))
  const row = rowShape === 'array' ? 'r' : 'M(r, q + n)'
  return generate(`/* of parts ${parts.map(part => partNumber(part)).join()} */ ${runCode(body, row)}`, {
    ...constants,
    ...named,
  })
}

/** Parts are the same objects for the same code, so their numbers tell two readers of parts apart. */
const partNumbers = new WeakMap<object, number>()
let lastPart = 0
const partNumber = (part: unknown): number => {
  const known = partNumbers.get(part as object)
  if (known !== undefined) return known
  partNumbers.set(part as object, ++lastPart)
  return lastPart
}

const runCode = (fields: string, row: string, objects?: ObjectCode): string => `'use strict'
${objects?.constructors ?? ''}return (R, K, S, rows, M, q, m) => {
const B = R.buffer, V = R.view, end = R.end
let p = R.at, start = p, s = S.register, n = 0
let c = 0, l = 0, h = 0, lo = 0, hi = 0, k = 0, x = 0, e = 0
try {
while (p < end) {
c = -1
${fields}
if (b !== 0x80 || B[p + 1] !== 0xc0 || B[p + 2] !== 0xff || B[p + 3] !== 0x7f) break
p += 4
${varint}
if (p > end || (l | 0) !== ~c || p - start > m) break
rows.push(${row})
x = s ^ l
s = T[768 + (x & 255)] ^ T[512 + (x >>> 8 & 255)] ^ T[256 + (x >>> 16 & 255)] ^ T[x >>> 24]
n++
start = p
}
} catch {}
R.at = start
S.register = s
S.rows += n
return n
}`

const partCode = (fields: readonly string[]): string => `'use strict'
return (R, K, r) => {
const B = R.buffer, V = R.view, end = R.end
let p = R.at, c = R.register, b = B[p]
let l = 0, h = 0, lo = 0, hi = 0, k = 0, x = 0, e = 0
${fields.join('\n')}
R.at = p
R.register = c
}`

const rowCode = (
  columns: readonly Column[],
  cells: readonly string[],
  rowShape: 'array' | 'object' | 'made',
  objects: ObjectCode,
): string => {
  if (rowShape === 'object') return objects.of(columns, cells)
  return rowShape === 'array' ? arrayOf(cells) : `M(${arrayOf(cells)}, q + n)`
}

const fieldCode = (
  type: DataType,
  layout: Layout,
  index: number,
  options: CodecOptions,
  target: string,
): string => {
  const tag = tagBytes(tagOf(index + 1, wireTypeOf(layout)))
  const test = tag.map((byte, i) => (i === 0 ? `b === ${byte}` : `B[p + ${i}] === ${byte}`)).join(' && ')
  return `if (${test}) {
p += ${tag.length}
${valueCode(type, index, options, target)}
b = B[p]
}`
}

const valueCode = (type: DataType, index: number, options: CodecOptions, target: string): string => {
  const field = index + 1
  switch (type.kind) {
    case 'bigint':
      if (options.bigint === 'string') break
      return `${int64(field)}\n${target} = ${options.bigint === 'bigint' ? bigintCode : safeNumberCode}`
    case 'tinyint':
    case 'smallint':
    case 'int': {
      const [min, max] = integerRange(type.kind)
      return `${int64(field)}
if (hi !== lo >> 31 || lo < ${min} || lo > ${max}) throw U
${target} = lo`
    }
    case 'datetime':
      if (options.oldDates === 'refuse') break
      return `${int64(field)}
x = hi * 4294967296 + (lo >>> 0)
if (!(x >= -8.64e15 && x <= 8.64e15)) throw U
${target} = new Date(x)`
    case 'double':
      return `lo = V.getInt32(p, true); hi = V.getInt32(p + 4, true)
${feedInt64(field)}
${target} = V.getFloat64(p, true); p += 8`
    case 'boolean':
      return `x = B[p++]
if (x > 1) throw U
${feedByte(field)}
${target} = x === 1`
    case 'string':
    case 'varchar':
    case 'char':
      if (options.string === 'exact') break
      return bytesCode(field, target, options.string === 'string' ? 'cut' : 'copy')
    case 'binary':
      return bytesCode(field, target, 'copy')
    case 'decimal':
      return bytesCode(field, target, 'cut')
    default:
  }
  return `${feedField(field)}
R.at = p; R.register = c
${target} = K[${index}].read(R)
p = R.at; c = R.register`
}

const bigintCode = `(D[${lowHalf}] = lo, D[${1 - lowHalf}] = hi, C[0])`

/** See `isSafe`. */
const safeNumberCode = `hi * 4294967296 + (lo >>> 0)
if (hi < -0x200000 || hi > 0x1fffff || (hi === -0x200000 && lo === 0)) throw U`

const bytesCode = (field: number, target: string, method: 'cut' | 'copy'): string => `e = B[p++]
if (e > 127) { R.at = p - 1; e = R.uint32(); p = R.at }
e += p
if (e > end) throw U
${feedField(field)}
c = F(c, V, p, e)
${target} = R.${method}(p, e)
p = e`

/** Up to ten bytes into l and h. */
const varint = `l = B[p++]; h = 0
if (l > 127) {
l &= 127; k = 7
do { x = B[p++]; l |= (x & 127) << k; k += 7 } while (x > 127 && k < 28)
if (x > 127) {
x = B[p++]; l |= x << 28; h = (x & 127) >>> 4; k = 3
while (x > 127) { if (k > 31) throw U; x = B[p++]; h |= (x & 127) << k; k += 7 }
}
}`

const int64 = (field: number): string => `${varint}
x = -(l & 1)
lo = (l >>> 1 | h << 31) ^ x; hi = (h >>> 1) ^ x
${feedInt64(field)}`
