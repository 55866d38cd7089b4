import { type DataType, isNested } from '../../schema/data-type.js'
import type { Column } from '../../schema/table-schema.js'
import { cellKinds, encodeDescriptors, maxStagedColumns } from '../../wire/records-memory.js'
import { tagBytes, tagOf } from '../../wire/tags.js'
import type { CodecOptions } from '../cell-codec.js'
import { generate } from '../generated/generated-code.js'
import { arrayOf, ObjectCode } from '../generated/row-code.js'
import { type Layout, wireTypeOf } from '../value-layout.js'
import { NestedReading } from './nested-reading.js'
import type { TextCutter } from './text-cutter.js'
import { areStaged, TypeNodes } from './type-nodes.js'
import { bitsOf, readingConstants, readKindOf, slotAt, valueCode } from './value-reading.js'

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
  readonly bytes: Uint8Array
  readonly float64: Float64Array
  readonly int64: BigInt64Array
  readonly int32: Int32Array
  readonly float32: Float32Array
}

/** Where the tape of nested values goes on: in units of eight bytes, and in marks, which are bytes. */
export interface Tape {
  q: number
  k: number
}

/** Appends rows made of `count` rows of slots from the address `from` on; returns how many. */
export type RowBuilder = (
  views: SlotViews,
  texts: TextCutter,
  from: number,
  count: number,
  rows: unknown[],
  tape: Tape,
) => number

export interface ReadingPlan {
  readonly build: RowBuilder
  readonly descriptors: Uint8Array
  /** The types of nested columns; none if there are no such columns. */
  readonly nodes: Uint8Array
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
  return { ...plan, build: compileBuilder(columns, slots, options, plan.stride, rowShape) }
}

const layOutSlots = (
  columns: readonly Column[],
  layouts: readonly Layout[],
  options: CodecOptions,
): (Omit<ReadingPlan, 'build'> & { readonly slots: readonly number[] }) | undefined => {
  const types = columns.map(({ type }) => type)
  const kindOf = (type: DataType) => readKindOf(type, options)
  if (columns.length > maxStagedColumns || !areStaged(types, type => kindOf(type) !== undefined))
    return undefined
  const nodes = new TypeNodes(type => ({ kind: kindOf(type)!, bits: bitsOf(type) }))
  const tail = maskBytes * Math.ceil(columns.length / columnsPerMask)
  let stride = tail + tailBytes
  const slots: number[] = []
  const descriptors = types.map((type, i) => {
    const kind = isNested(type) ? cellKinds.nested : kindOf(type)!
    const isOnTape = kind === cellKinds.nested
    const slot = isOnTape ? nodes.add([type]) : stride
    slots.push(slot)
    stride += isOnTape ? 0 : kind === cellKinds.instant ? 16 : 8
    return { kind, tag: tagBytes(tagOf(i + 1, wireTypeOf(layouts[i]!))), slot, bits: bitsOf(type) }
  })
  return { descriptors: encodeDescriptors(descriptors), nodes: nodes.bytes, stride, tail, slots }
}

const compileBuilder = (
  columns: readonly Column[],
  slots: readonly number[],
  options: CodecOptions,
  stride: number,
  rowShape: 'array' | 'object',
): RowBuilder => {
  const objects = new ObjectCode()
  const nested = new NestedReading(options, objects)
  const hasTape = columns.some(({ type }) => isNested(type))
  const groups: ((target: (i: number) => string) => string)[] = []
  for (let from = 0; from < columns.length; from += columnsPerMask) {
    const group = columns.slice(from, from + columnsPerMask)
    groups.push(target => groupCode(group, from, slots, target, nested, options))
  }
  if (groups.length <= 1) {
    const names = columns.map((_, i) => `v${i}`)
    const code = groups.map(group => group(i => `const v${i} =`)).join('')
    const row = rowShape === 'array' ? arrayOf(names) : objects.of(columns, names)
    const body = `${code}\nrows.push(${row})`
    return generate(builderCode(body, stride, hasTape, objects), readingConstants)
  }
  const parts = groups.map(group => {
    const code = group(i => `r[${i}] =`)
    return generate(partCode(code, hasTape, objects), readingConstants)
  })
  const calls = parts.map((_, g) => `H[${g}](S, F, G, I, E, X, p, P, r, T)`).join('\n')
  const all = columns.map((_, i) => `r[${i}]`)
  const row = rowShape === 'array' ? 'r' : objects.of(columns, all)
  const body = `const r = new Array(${columns.length}).fill(null)\n${calls}\nrows.push(${row})`
  return generate<(parts: unknown) => RowBuilder>(
    `return H => { ${builderCode(body, stride, false, objects)} }`,
    readingConstants,
  )(parts)
}

const tapeBefore = 'const B = S.bytes\nlet q = T.q, k = T.k, b = 0\n'

const builderCode = (
  body: string,
  stride: number,
  hasTape: boolean,
  { constructors }: ObjectCode,
): string => `'use strict'
${constructors}return (S, X, from, count, rows, T) => {
const F = S.float64, G = S.int64, I = S.int32, E = S.float32
let n = 0, x = 0
${hasTape ? tapeBefore : ''}try {
for (; n < count; n++) {
const p = (from + n * ${stride}) / 8, P = 2 * p
${body}
}
} catch {}
return n
}`

const partCode = (body: string, hasTape: boolean, { constructors }: ObjectCode): string => `'use strict'
${constructors}return (S, F, G, I, E, X, p, P, r, T) => {
let x = 0
${hasTape ? tapeBefore : ''}${body}
${hasTape ? 'T.q = q; T.k = k' : ''}
}`

const groupCode = (
  columns: readonly Column[],
  from: number,
  slots: readonly number[],
  target: (i: number) => string,
  nested: NestedReading,
  options: CodecOptions,
): string => {
  const mask = ((from / columnsPerMask) * maskBytes) / 4
  const made = columns.map(({ type }, i) => {
    const isPresent = `(m & ${1 << i}) !== 0`
    const index = from + i
    if (!isNested(type))
      return `${target(index)} ${isPresent} ? ${valueCode(type, slotOf(slots[index]!, i), options)} : null`
    return `let t${index} = null
if (${isPresent}) {
${nested.code(type, `t${index}`)}
}
${target(index)} t${index}`
  })
  return `const m = I[P + ${mask}], w = I[P + ${mask + 1}], z = I[P + ${mask + 2}]
${made.join('\n')}`
}

const slotOf = (slot: number, i: number) =>
  slotAt(`p + ${slot / 8}`, word => `P + ${slot / 4 + word}`, {
    isPlain: `((w | z) & ${1 << i}) === 0`,
    isBeyond: `(w & ${1 << i}) !== 0`,
    isInPlace: `(z & ${1 << i}) !== 0`,
  })
