import type { ArrowData } from '../ipc/batch.js'
import type { ArrowType } from '../ipc/schema.js'
import { Span } from '../ipc/span.js'

/*
 * Whether the buffers of a field are as large as its values need. A batch says how many values and bytes there are, not
 * how wide a value is: one that was written for another type would be read as other values, without any error.
 */

type Data = ArrowData<Uint8Array | Span>

/** What is wrong with the sizes of a field and all in it; undefined when they fit. */
export const sizeProblem = (data: Data): string | undefined => {
  const { field, length, nullCount, buffers } = data
  const named = (what: string): string => `field '${field.name}' ${what}`
  const bits = buffers[0]?.length ?? 0
  if (nullCount > 0 && bits === 0) return named(`announces ${nullCount} NULLs without a validity bitmap`)
  if (bits > 0 && bits * 8 < length)
    return named(`has ${bits} bytes to say which of ${length} values are there`)
  const problem = length === 0 ? undefined : valuesProblem(data)
  if (problem !== undefined) return named(problem)
  for (const child of data.children) {
    const inner = sizeProblem(child)
    if (inner !== undefined) return inner
  }
  return undefined
}

const valuesProblem = (data: Data): string | undefined => {
  const { field, length, buffers, children } = data
  switch (field.type.name) {
    case 'struct': {
      const short = children.find(child => child.length < length)
      return short && `has ${length} values, and ${short.length} of its member '${short.field.name}'`
    }
    case 'list':
    case 'map':
      return offsetsProblem(data, children[0]!.length)
    case 'utf8':
    case 'binary':
      return offsetsProblem(data, buffers[2]!.length)
    default: {
      const needed = fixedBytes(field.type, length)
      const there = buffers[1]?.length ?? 0
      return there < needed ? `has ${there} bytes for ${length} values, which take ${needed}` : undefined
    }
  }
}

/** Only the last offset is looked at. */
const offsetsProblem = ({ length, buffers }: Data, end: number): string | undefined => {
  const bytes = buffers[1]!
  if (bytes.length < 4 * (length + 1)) return `has ${bytes.length} bytes of offsets for ${length} values`
  const last = int32At(bytes, 4 * length)
  return last < 0 || last > end ? `has offsets up to ${last}, but the data has ${end}` : undefined
}

const int32At = (bytes: Uint8Array | Span, at: number): number =>
  bytes instanceof Span ? bytes.int32At(at) : new DataView(bytes.buffer, bytes.byteOffset).getInt32(at, true)

/** Bytes that so many values of a type take. */
const fixedBytes = (type: ArrowType, count: number): number => {
  switch (type.name) {
    case 'bool':
      return Math.ceil(count / 8)
    case 'int':
    case 'float':
    case 'decimal':
      return (count * type.bits) / 8
    case 'date':
      return count * (type.unit === 'day' ? 4 : 8)
    case 'interval':
      return count * (type.unit === 'year_month' ? 4 : 8)
    default:
      return count * 8
  }
}

/**
 * How well the buffers of values fit: 2 when they have just the bytes that the values take, 1 when padding to 64 bytes
 * explains what there is more, 0 when nothing does. Writers may leave more behind their values, so this only tells which
 * of several types is the likelier one.
 */
export const fitOf = (data: Data): 0 | 1 | 2 => {
  const { field, length, buffers, children } = data
  if ((buffers[0]?.length ?? 0) > padded(length / 8)) return 0
  let fit: 0 | 1 | 2 = 2
  if (!isNested.has(field.type.name)) {
    const needed = fixedBytes(field.type, length)
    const there = buffers[1]?.length ?? 0
    fit = there === needed ? 2 : there <= padded(needed) ? 1 : 0
  }
  for (const child of children) fit = Math.min(fit, fitOf(child)) as 0 | 1 | 2
  return fit
}

const padded = (bytes: number): number => Math.ceil(bytes / 64) * 64

/** Types whose values don't all take the same room. */
const isNested: ReadonlySet<string> = new Set(['struct', 'list', 'map', 'utf8', 'binary'])
