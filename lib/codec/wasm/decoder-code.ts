import type { DataType } from '../../schema/data-type.js'
import type { Column } from '../../schema/table-schema.js'
import { IntervalDayTime } from '../../values/interval-day-time.js'
import { IntervalYearMonth } from '../../values/interval-year-month.js'
import { Timestamp } from '../../values/timestamp.js'
import { unreadable } from '../../wire/byte-reader.js'
import { cellKinds, encodeDescriptors, maxStagedColumns } from '../../wire/records-memory.js'
import { tagBytes, tagOf } from '../../wire/tags.js'
import type { CodecOptions } from '../cell-codec.js'
import { generate } from '../generated/generated-code.js'
import { namedCells } from '../generated/named-cells.js'
import { dateOfDays, year1928 } from '../types/date-time.js'
import { parseJson } from '../types/json.js'
import { type Layout, wireTypeOf } from '../value-layout.js'
import type { TextCutter } from './text-cutter.js'

/*
 * Straight-line code that makes rows of the slots that `readRecords` fills (see ../wire/assembly/record-reader.ts for what a
 * row of slots is). Rows of twenty columns take three fifths of the time of code that reads their bytes in JS.
 *
 * A value that has no form in JS ends it before that row: the codecs say what is wrong. Its names:
 *
 *   F, G, I, E  the memory as float64, int64, int32 and float32   p, P  the row in units of eight, four bytes
 *   X text cutter   m, w, z  which columns are present, have text beyond ASCII, have text where it came   U unreadable
 */

export interface SlotViews {
  readonly float64: Float64Array
  readonly int64: BigInt64Array
  readonly int32: Int32Array
  readonly float32: Float32Array
}

/** Appends rows made of `count` rows of slots from the address `from` on; returns how many. */
export type RowBuilder = (
  views: SlotViews,
  texts: TextCutter,
  from: number,
  count: number,
  rows: unknown[],
) => number

export interface ReadingPlan {
  readonly build: RowBuilder
  readonly descriptors: Uint8Array
  /** Bytes of a row of slots, and where in it the end of the record and its checksum are told. */
  readonly stride: number
  readonly tail: number
}

const columnsPerMask = 32
/** Of a row of slots: for each 32 columns, and of what is behind these. */
export const maskBytes = 16
export const tailBytes = 8

/** Undefined when a column is of a type that is not read in WebAssembly. */
export const planReading = (
  columns: readonly Column[],
  layouts: readonly Layout[],
  options: CodecOptions,
  rowShape: 'array' | 'object',
): ReadingPlan | undefined => {
  const laidOut = layOutSlots(columns, layouts, options)
  if (laidOut === undefined) return undefined
  const { slots, ...plan } = laidOut
  const cells = columns.map(({ type }, i) => cellCode(type, i, slots[i]!, options))
  return { ...plan, build: compileBuilder(columns, cells, plan.stride, rowShape) }
}

const layOutSlots = (
  columns: readonly Column[],
  layouts: readonly Layout[],
  options: CodecOptions,
): (Omit<ReadingPlan, 'build'> & { readonly slots: readonly number[] }) | undefined => {
  const kinds = columns.map(({ type }) => kindOf(type, options))
  if (columns.length > maxStagedColumns || !kinds.every(kind => kind !== undefined)) return undefined
  const tail = maskBytes * Math.ceil(columns.length / columnsPerMask)
  let stride = tail + tailBytes
  const slots = kinds.map(kind => {
    const slot = stride
    stride += kind === cellKinds.instant ? 16 : 8
    return slot
  })
  const descriptors = columns.map(({ type }, i) => ({
    kind: kinds[i]!,
    tag: tagBytes(tagOf(i + 1, wireTypeOf(layouts[i]!))),
    slot: slots[i]!,
    bits: bitsOf(type),
  }))
  return { descriptors: encodeDescriptors(descriptors), stride, tail, slots }
}

const kindOf = (type: DataType, { string }: CodecOptions): number | undefined => {
  switch (type.kind) {
    case 'bigint':
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'interval_year_month':
      return cellKinds.integer
    case 'datetime':
    case 'date':
      return cellKinds.time
    case 'double':
      return cellKinds.double
    case 'float':
      return cellKinds.float
    case 'boolean':
      return cellKinds.boolean
    case 'string':
    case 'varchar':
    case 'char':
      return string === 'buffer' ? cellKinds.bytes : cellKinds.text
    case 'decimal':
    case 'json':
      return cellKinds.text
    case 'binary':
      return cellKinds.bytes
    case 'timestamp':
    case 'timestamp_ntz':
    case 'interval_day_time':
      return cellKinds.instant
    default:
      return undefined
  }
}

const bitsOf = ({ kind }: DataType): number =>
  kind === 'tinyint' ? 8 : kind === 'smallint' ? 16 : kind === 'int' ? 32 : 64

const newDate = (ms: number): Date => {
  if (ms < year1928) throw unreadable
  return new Date(ms)
}

const constants = {
  D: dateOfDays,
  N: newDate,
  Z: Timestamp,
  Y: IntervalDayTime,
  O: IntervalYearMonth,
  J: parseJson,
  U: unreadable,
}

const compileBuilder = (
  columns: readonly Column[],
  cells: readonly string[],
  stride: number,
  rowShape: 'array' | 'object',
): RowBuilder => {
  const groups: string[][] = []
  for (let from = 0; from < cells.length; from += columnsPerMask)
    groups.push(cells.slice(from, from + columnsPerMask))
  if (groups.length <= 1) {
    const names = cells.map((_, i) => `v${i}`)
    const row = rowShape === 'array' ? `[${names.join(', ')}]` : namedCells(columns, names)
    const code = groups.map(group => groupCode(group, 0, i => `const v${i} =`)).join('')
    return generate(builderCode(`${code}\nrows.push(${row})`, stride), constants)
  }
  const parts = groups.map((group, g) => generate(partCode(group, g), constants))
  const calls = parts.map((_, g) => `H[${g}](F, G, I, E, X, p, P, r)`).join('\n')
  const all = cells.map((_, i) => `r[${i}]`)
  const row = rowShape === 'array' ? 'r' : namedCells(columns, all)
  const body = `const r = new Array(${cells.length}).fill(null)\n${calls}\nrows.push(${row})`
  return generate<(parts: unknown) => RowBuilder>(
    `return H => { ${builderCode(body, stride)} }`,
    constants,
  )(parts)
}

const builderCode = (body: string, stride: number): string => `'use strict'
return (S, X, from, count, rows) => {
const F = S.float64, G = S.int64, I = S.int32, E = S.float32
let n = 0, x = 0
try {
for (; n < count; n++) {
const p = (from + n * ${stride}) / 8, P = 2 * p
${body}
}
} catch {}
return n
}`

const partCode = (cells: readonly string[], group: number): string => `'use strict'
return (F, G, I, E, X, p, P, r) => {
let x = 0
${groupCode(cells, group, i => `r[${i + group * columnsPerMask}] =`)}
}`

const groupCode = (cells: readonly string[], group: number, target: (i: number) => string): string => {
  const mask = (group * maskBytes) / 4
  const made = cells.map((cell, i) => `${target(i)} (m & ${1 << i}) === 0 ? null : ${cell}`)
  return `const m = I[P + ${mask}], w = I[P + ${mask + 1}], z = I[P + ${mask + 2}]
${made.join('\n')}`
}

const cellCode = (type: DataType, index: number, slot: number, options: CodecOptions): string => {
  const [low, high] = [`I[P + ${slot / 4}]`, `I[P + ${slot / 4 + 1}]`]
  switch (type.kind) {
    case 'bigint':
      if (options.bigint === 'number') return safeNumberCode(low, high)
      return options.bigint === 'string' ? `String(G[p + ${slot / 8}])` : `G[p + ${slot / 8}]`
    case 'tinyint':
    case 'smallint':
    case 'int':
      return low
    case 'datetime':
      return `${options.oldDates === 'refuse' ? 'N' : 'new Date'}(F[p + ${slot / 8}])`
    case 'date':
      return `D(F[p + ${slot / 8}])`
    case 'double':
      return `F[p + ${slot / 8}]`
    case 'float':
      return `E[P + ${slot / 4}]`
    case 'boolean':
      return `${low} !== 0`
    case 'timestamp':
    case 'timestamp_ntz':
      return `new Z(G[p + ${slot / 8}], I[P + ${slot / 4 + 2}])`
    case 'interval_day_time':
      return `new Y(G[p + ${slot / 8}], I[P + ${slot / 4 + 2}])`
    case 'interval_year_month':
      return `new O(${safeNumberCode(low, high)})`
    case 'binary':
      return `X.copy(${low}, ${high})`
    case 'json':
      return options.json === 'parsed'
        ? `J(${textCode(index, low, high, false)})`
        : textCode(index, low, high, options.string === 'exact')
    case 'decimal':
      return textCode(index, low, high, false)
    default:
      return options.string === 'buffer'
        ? `X.copy(${low}, ${high})`
        : textCode(index, low, high, options.string === 'exact')
  }
}

const textCode = (index: number, low: string, high: string, exact: boolean): string => {
  const bit = 1 << (index % columnsPerMask)
  const other = exact ? 'otherExact' : 'other'
  return `((w | z) & ${bit}) === 0 ? X.narrow(${low}, ${high}) : X.${other}(${low}, ${high}, (w & ${bit}) !== 0, (z & ${bit}) !== 0)`
}

/** See `isSafe`. */
const safeNumberCode = (low: string, high: string): string => `(() => {
if (${high} < -0x200000 || ${high} > 0x1fffff || (${high} === -0x200000 && ${low} === 0)) throw U
return ${high} * 4294967296 + (${low} >>> 0)
})()`
