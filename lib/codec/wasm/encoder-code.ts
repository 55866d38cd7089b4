import { isNested } from '../../schema/data-type.js'
import type { Column } from '../../schema/table-schema.js'
import { endRecordBytes } from '../../wire/record-writer.js'
import { cellKinds, type Descriptor, encodeDescriptors, maxStagedColumns } from '../../wire/records-memory.js'
import { tagBytes, tagOf } from '../../wire/tags.js'
import type { CodecOptions } from '../cell-codec.js'
import { generate } from '../generated/generated-code.js'
import { type Layout, wireTypeOf } from '../value-layout.js'
import { NestedStaging, nestedConstants, type StructShape } from './nested-staging.js'
import { commonArea, maxMarks, type StagingArea } from './staging-area.js'
import { areStaged, leafKindOf, TypeNodes } from './type-nodes.js'
import { slotAt, stagingConstants, valueCode } from './value-staging.js'

/*
 * Straight-line code that stages a row for `writeRecords`: every value in a slot of eight bytes at a place of its own,
 * and text of more than seven characters at the end of one of two heaps. Records of twenty columns take half the time of code that writes their bytes in JS;
 * five strings of 24 characters 100 ns where a native call each takes 265 ns, and a loop over the characters 234 ns.
 *
 * It takes the values that most rows have and leaves every other row alone, to be written, or refused, by the codecs.
 * Its names:
 *
 *   S Stage   F, G, I, E   its slots as float64, int64, int32 and float32   p, P   the row's first slot of eight, four bytes
 *   r row   c0 ... its cells, read before the engine has to forget what it knows of the row   v cell   x number
 *   m, b   which columns are present, and have bigints or bytes for numbers or text
 *   A, U      the narrow and the wide heap   M   which columns use the wide one
 */

/** What the code works on. */
export interface Stage {
  readonly area: StagingArea
  /** 1 for a column whose text goes to the wide heap. */
  readonly wideColumns: Uint8Array
  /** Where the next row goes, in slots. */
  at: number
  narrow: string
  wide: string
  /** Where the tape of nested values goes on, in slots and in marks. */
  tapeAt: number
  marksAt: number
  /** The end of the heap of bytes. */
  bytesAt: number
  /** Puts text, or bytes, there and returns how many bytes they are; -1 if they find no room, or text has no UTF-8 form. */
  putText(text: string): number
  putBytes(bytes: Uint8Array): number
}

/** Stages the cells of a row, or of some neighbouring columns; false for values that are not its business, with heaps half written. */
export type CellStager = (stage: Stage, cells: readonly unknown[]) => boolean

export interface StagingPlan {
  /** Code that stages in that area. */
  readonly stagerFor: (area: StagingArea) => CellStager
  readonly descriptors: Uint8Array
  /** The types of nested columns; none if there are no such columns. */
  readonly nodes: Uint8Array
  /** Slots a row. */
  readonly slots: number
  /** The most bytes that a record takes, text apart. */
  readonly recordBytes: number
}

const columnsPerMask = 32

/** Undefined when a column is of a type that is not staged. */
export const planStaging = (
  columns: readonly Column[],
  layouts: readonly Layout[],
  options: CodecOptions,
): StagingPlan | undefined => {
  const types = columns.map(({ type }) => type)
  if (columns.length > maxStagedColumns || !areStaged(types, type => leafKindOf(type) !== undefined))
    return undefined
  const nodes = new TypeNodes(type => ({ kind: leafKindOf(type)!, bits: 0 }))
  const descriptors: Descriptor[] = []
  const places: number[] = []
  let slots = Math.ceil(columns.length / columnsPerMask)
  let recordBytes = endRecordBytes
  for (const [i, { type }] of columns.entries()) {
    const kind = isNested(type) ? cellKinds.nested : leafKindOf(type)!
    const tag = tagBytes(tagOf(i + 1, wireTypeOf(layouts[i]!)))
    const isOnTape = kind === cellKinds.nested
    descriptors.push({ kind, tag, slot: isOnTape ? nodes.add([type]) : 8 * slots })
    places.push(slots)
    slots += isOnTape ? 0 : kind === cellKinds.instant ? 2 : 1
    recordBytes += tag.length + (valueBytes[kind] ?? 0)
  }
  const compile = (area: StagingArea | undefined): CellStager => {
    const stagers: CellStager[] = []
    for (let from = 0; from < columns.length; from += columnsPerMask)
      stagers.push(compileStager(columns.slice(from, from + columnsPerMask), places, from, options, area))
    return stageAll(stagers)
  }
  const common = commonArea()
  const stage = compile(common)
  let stageAnywhere: CellStager | undefined
  return {
    stagerFor: area => {
      if (area === common) return stage
      stageAnywhere ??= compile(undefined)
      return stageAnywhere
    },
    descriptors: encodeDescriptors(descriptors),
    nodes: nodes.bytes,
    slots,
    recordBytes,
  }
}

/** By kind: a number of 64 bits takes at most ten bytes, text in its slot eight, and the length of other text five. */
const valueBytes = [10, 8, 1, 8, 4, 15] as const

/** Nearly all tables have so few columns that one piece of code stages a row: it is called as it is. */
const stageAll = (stagers: readonly CellStager[]): CellStager =>
  stagers.length === 1
    ? stagers[0]!
    : (stage, cells) => {
        for (let i = 0; i < stagers.length; i++) if (!stagers[i]!(stage, cells)) return false
        return true
      }

const compileStager = (
  columns: readonly Column[],
  places: readonly number[],
  from: number,
  options: CodecOptions,
  area: StagingArea | undefined,
): CellStager => {
  const nested = new NestedStaging(options)
  const cells = columns.map((column, i) => cellCode(column, from + i, places[from + i]!, options, nested))
  const hasTape = columns.some(({ type }) => isNested(type))
  const code = functionCode(cells, from, hasTape, area !== undefined)
  const constants = area === undefined ? stagingConstants : { ...stagingConstants, ...areaConstants(area) }
  if (!hasTape) return generate(code, constants)
  return generate<(shapes: readonly StructShape[]) => CellStager>(`return H => { ${code} }`, {
    ...constants,
    ...nestedConstants,
    N: maxMarks,
  })(nested.shapes)
}

const areaConstants = ({ float64, int64, int32, float32, marks }: StagingArea) => ({
  F: float64,
  G: int64,
  I: int32,
  E: float32,
  B: marks,
})

const areaBefore = 'const { float64: F, int64: G, int32: I, float32: E, marks: B } = S.area'
const tapeBefore = 'let q = S.tapeAt, k = S.marksAt'
const tapeBehind = `if (q > F.length || k > B.length) return false
S.tapeAt = q; S.marksAt = k`

const functionCode = (
  cells: readonly string[],
  from: number,
  hasTape: boolean,
  hasArea: boolean,
): string => `'use strict'
return (S, r) => {
${hasArea ? '' : areaBefore}
const M = S.wideColumns, p = S.at, P = 2 * p
const ${cells.map((_, i) => `c${from + i} = r[${from + i}]`).join(', ')}
${hasTape ? tapeBefore : ''}
let A = S.narrow, U = S.wide, m = 0, b = 0, v, x = 0
${cells.join('\n')}
${hasTape ? tapeBehind : ''}
I[P + ${(2 * from) / columnsPerMask}] = m; I[P + ${(2 * from) / columnsPerMask + 1}] = b
S.narrow = A; S.wide = U
return true
}`

const cellCode = (
  { type, nullable }: Column,
  index: number,
  place: number,
  options: CodecOptions,
  nested: NestedStaging,
): string => {
  const slot = slotAt(`p + ${place}`, word => `P + ${2 * place + word}`, `b |= ${maskBit(index)}`, index)
  return `v = c${index}
if (v !== null && v !== undefined) {
${isNested(type) ? nested.code(type, index) : valueCode(type, slot, options)}
m |= ${maskBit(index)}
}${nullable ? '' : ' else return false'}`
}

const maskBit = (index: number): number => 1 << (index % columnsPerMask)
