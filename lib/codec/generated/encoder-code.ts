import type { DataType } from '../../schema/data-type.js'
import type { Column } from '../../schema/table-schema.js'
import type { ByteWriter } from '../../wire/byte-writer.js'
import { crcTable } from '../../wire/crc32c.js'
import { cell32, cell64, lowHalf } from '../../wire/int64.js'
import { tagBytes, tagOf } from '../../wire/tags.js'
import type { CodecOptions } from '../cell-codec.js'
import { maxDatetime, minDatetime } from '../types/date-time.js'
import { integerRange } from '../types/integers.js'
import { type Layout, wireTypeOf } from '../value-layout.js'
import { feedByte, feedField, feedInt64 } from './checksum-code.js'
import { generate } from './generated-code.js'

/*
 * Straight-line code for the fields of a schema. What it does not do itself (other types, other JS forms, values that
 * do not fit) it leaves to the codec of the column. Its names:
 *
 *   W ByteWriter   B, V, p, c   its buffer, view, position and register, held in locals
 *   K codecs       r, q         cells and row index         v cell   lo, hi halves of an integer
 *   T crcTable     C, D         cell64, cell32              N refuses a NULL
 */

/** Writes the fields of some neighbouring columns. */
export type FieldsWriter = (
  out: ByteWriter,
  codecs: readonly CellWriter[],
  refuseNull: (column: number, rowIndex: number) => never,
  cells: readonly unknown[],
  rowIndex: number,
) => void

/** Writes the value of one column; throws a TunnelValueError when it does not fit. */
export type CellWriter = (out: ByteWriter, value: unknown, rowIndex: number) => void

/** So many fields need less than the writer's slack, and the engine still optimizes the function. */
const fieldsPerFunction = 32

export const compileFieldsWriters = (
  columns: readonly Column[],
  layouts: readonly Layout[],
  options: CodecOptions,
): FieldsWriter[] => {
  const writers: FieldsWriter[] = []
  for (let from = 0; from < columns.length; from += fieldsPerFunction) {
    const fields = columns
      .slice(from, from + fieldsPerFunction)
      .map((column, i) => fieldCode(column, layouts[from + i]!, from + i, options))
    writers.push(generate(functionCode(fields), { T: crcTable, C: cell64, D: cell32 }))
  }
  return writers
}

const functionCode = (fields: readonly string[]): string => `'use strict'
return (W, K, N, r, q) => {
let B = W.buffer, V = W.view, p = W.at, c = W.register
let v, lo = 0, hi = 0, l = 0, h = 0, x = 0
${fields.join('\n')}
W.at = p
W.register = c
}`

const fieldCode = (
  { type, nullable }: Column,
  layout: Layout,
  index: number,
  options: CodecOptions,
): string => {
  const tag = tagBytes(tagOf(index + 1, wireTypeOf(layout)))
  const code = `${tag.map(byte => `B[p++] = ${byte}`).join('; ')}\n${valueCode(type, index, options)}`
  return `v = r[${index}]
if (v !== null && v !== undefined) {
${code}
}${nullable ? '' : ` else N(${index}, q)`}`
}

/** Writes value and checksum; the tag is written, the field number not yet fed. */
const valueCode = (type: DataType, index: number, options: CodecOptions): string => {
  const { maxFieldBytes } = options
  const field = index + 1
  const slow = `{ ${feedField(field)}; W.at = p; W.register = c; K[${index}](W, v, q); ${reload} }`
  switch (type.kind) {
    case 'bigint':
      return `if (typeof v === 'number' && Number.isSafeInteger(v)) {
lo = v | 0; hi = Math.floor(v / 4294967296) | 0
${int64(field)}
} else if (typeof v === 'bigint' && (C[0] = v, C[0] === v)) {
lo = D[${lowHalf}]; hi = D[${1 - lowHalf}]
${int64(field)}
} else ${slow}`
    case 'tinyint':
    case 'smallint':
    case 'int': {
      const [min, max] = integerRange(type.kind)
      return `if (typeof v === 'number' && (v | 0) === v && v >= ${min} && v <= ${max}) {
lo = v | 0; hi = lo >> 31
${int64(field)}
} else ${slow}`
    }
    case 'datetime':
      if (options.oldDates === 'refuse') return slow
      return `x = typeof v === 'number' ? v : v instanceof Date ? v.getTime() : NaN
if (x >= ${minDatetime} && x <= ${maxDatetime} && Math.floor(x) === x) {
lo = x | 0; hi = Math.floor(x / 4294967296) | 0
${int64(field)}
} else ${slow}`
    case 'double':
      return `if (typeof v === 'number') {
V.setFloat64(p, v, true); lo = V.getInt32(p, true); hi = V.getInt32(p + 4, true); p += 8
${feedInt64(field)}
} else ${slow}`
    case 'boolean':
      return `if (typeof v === 'boolean') {
x = v ? 1 : 0; B[p++] = x; ${feedByte(field)}
} else ${slow}`
    case 'string':
      return `if (typeof v === 'string' && v.length <= ${Math.floor(maxFieldBytes / 3)}) ${text(field)}
else ${slow}`
    case 'varchar':
    case 'char':
      return `if (typeof v === 'string' && v.length <= ${Number(type.length)}) ${text(field)}
else ${slow}`
    default:
      return slow
  }
}

/** A codec may have moved the writer to another buffer. */
const reload = 'p = W.at; c = W.register; B = W.buffer; V = W.view'

/** Text without UTF-8 form is left to the codec to refuse. */
const text = (field: number): string => `{
${feedField(field)}; W.at = p; W.register = c
if (W.text(v) < 0) K[${field - 1}](W, v, q)
${reload}
}`

const int64 = (field: number): string => `${feedInt64(field)}
x = hi >> 31
l = (lo << 1 ^ x) >>> 0; h = ((hi << 1 | lo >>> 31) ^ x) >>> 0
if (h !== 0) {
B[p] = l & 127 | 128; B[p + 1] = l >>> 7 & 127 | 128; B[p + 2] = l >>> 14 & 127 | 128; B[p + 3] = l >>> 21 & 127 | 128
p += 4
l = (l >>> 28 | h << 4) >>> 0
h >>>= 28
while (h !== 0) { B[p++] = l & 127 | 128; l = (l >>> 7 | h << 25) >>> 0; h >>>= 7 }
}
while (l > 127) { B[p++] = l & 127 | 128; l >>>= 7 }
B[p++] = l`
