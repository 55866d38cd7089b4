import { type DataType, isNested } from '../../schema/data-type.js'
import type { Column } from '../../schema/table-schema.js'
import { cellKinds, encodeDescriptors, maxStagedColumns } from '../../wire/records-memory.js'
import { tagBytes, tagOf } from '../../wire/tags.js'
import { type Layout, layoutOf, wireTypeOf } from '../value-layout.js'
import { maskBytes, type ReadingPlan, type SlotViews, tailBytes } from './decoder-code.js'
import { areStaged, TypeNodes } from './type-nodes.js'

/*
 * A plan for records of which nothing is wanted but that they are good. Only how values lie on the wire counts, not their
 * types. The values go into one slot over one another, which no one reads: except those of instants, whose nanoseconds
 * WebAssembly takes as they are, unless they are in a nested value.
 */

const columnsPerMask = 32
const maxNanos = 999_999_999

/** Undefined when a column is of a layout that is not read in WebAssembly. It makes no rows. */
export const planVerifying = (
  columns: readonly Column[],
  layouts: readonly Layout[],
): ReadingPlan | undefined => {
  const types = columns.map(({ type }) => type)
  if (layouts.length > maxStagedColumns || !areStaged(types, () => true)) return undefined
  const nodes = new TypeNodes(leafOf)
  const tail = maskBytes * Math.ceil(layouts.length / columnsPerMask)
  const sharedSlot = tail + tailBytes
  const instants: Instant[] = []
  let stride = sharedSlot + 8
  const descriptors = layouts.map((layout, i) => {
    let slot = sharedSlot
    if (layout.shape === 'instant') {
      slot = stride
      stride += 16
      instants.push({ index: i, slot, signed: layout.signed })
    }
    if (isNested(types[i]!)) slot = nodes.add([types[i]!])
    const bits = layout.shape === 'int64' ? layout.bits : 64
    return { kind: kindOf(layout), tag: tagBytes(tagOf(i + 1, wireTypeOf(layout))), slot, bits }
  })
  return {
    descriptors: encodeDescriptors(descriptors),
    nodes: nodes.bytes,
    stride,
    tail,
    build: (views, _texts, from, count) => {
      if (instants.length === 0) return count
      for (let row = 0, at = from; row < count; row++, at += stride)
        if (!instants.every(instant => isGood(views, at, instant))) return row
      return count
    },
  }
}

interface Instant {
  /** Of its column. */
  readonly index: number
  readonly slot: number
  readonly signed: boolean
}

const isGood = ({ int32 }: SlotViews, row: number, { index, slot, signed }: Instant): boolean => {
  const present = int32[(row + maskBytes * Math.floor(index / columnsPerMask)) / 4]! & (1 << (index & 31))
  if (present === 0) return true
  const nanos = int32[(row + slot + 8) / 4]!
  return nanos <= maxNanos && nanos >= (signed ? -maxNanos : 0)
}

const kindOf = ({ shape }: Layout): number => {
  switch (shape) {
    case 'int64':
      return cellKinds.integer
    case 'boolean':
    case 'float':
    case 'double':
    case 'bytes':
    case 'instant':
      return cellKinds[shape]
    default:
      return cellKinds.nested
  }
}

const leafOf = (type: DataType): { kind: number; bits: number } => {
  const layout = layoutOf(type)!
  const bits = layout.shape === 'int64' ? layout.bits : layout.shape === 'instant' && layout.signed ? 1 : 0
  return { kind: kindOf(layout), bits }
}
