import type { ArrowData } from '../ipc/batch.js'
import { ArrowError } from '../ipc/error.js'
import { integersOf, typedArray } from './fixed-values.js'

/* Where values of different lengths begin and end. All of it is checked once, for a batch, and then only looked up. */

type Index = (index: number) => number
type IsValid = ((index: number) => boolean) | undefined

/**
 * Offsets that begin and end each value, one more than there are values.
 * @throws ArrowError for offsets that go backwards, or beyond `end`
 */
export const offsetsOf = (data: ArrowData, bits: 32 | 64, end: number): ArrayLike<number> => {
  const { length, buffers } = data
  const bytes = buffers[1]!
  // Without values the offsets are absent, or those of a slice that nobody moved.
  if (length === 0) return [0]
  const offsets =
    bits === 32
      ? typedArray(Int32Array, bytes, length + 1, data)
      : Float64Array.from(typedArray(BigInt64Array, bytes, length + 1, data), Number)
  let before = 0
  for (let i = 0; i <= length; i++) {
    const offset = offsets[i]!
    if (offset < before) throw damaged(data, 'has offsets that go backwards')
    before = offset
  }
  if (before > end) throw damaged(data, `has offsets up to ${before}, but the data has ${end}`)
  return offsets
}

const damaged = ({ field }: ArrowData, what: string): ArrowError =>
  new ArrowError(`field '${field.name}' ${what}`)

interface Spans {
  readonly starts: Index
  readonly ends: Index
}

/** A list of NULLs takes no room in a file, and all the more in memory. A record cannot be so long. */
const maxItems = 2 ** 24

/** Where in its child each list lies. @throws ArrowError for lists that go beyond it */
export const spansOf = (data: ArrowData, isValid: IsValid, end: number): Spans => {
  const spans = uncheckedSpans(data, isValid, end)
  for (let i = 0; i < data.length; i++) {
    const count = spans.ends(i) - spans.starts(i)
    if (count > maxItems && isValid?.(i) !== false)
      throw damaged(data, `has a list of ${count} items, more than a record can hold`)
  }
  return spans
}

const uncheckedSpans = (data: ArrowData, isValid: IsValid, end: number): Spans => {
  const { length, field } = data
  const { type } = field
  if (type.name === 'fixed_size_list') {
    const { size } = type
    if (length * size > end) throw damaged(data, `has ${length} lists of ${size}, and ${end} items`)
    return { starts: index => index * size, ends: index => (index + 1) * size }
  }
  if (type.name === 'list_view') return viewSpans(data, type.offsets, isValid, end)
  const offsets = offsetsOf(data, type.name === 'list' ? type.offsets : 32, end)
  return { starts: index => offsets[index]!, ends: index => offsets[index + 1]! }
}

/** Places and lengths in any order, which may overlap. Those of NULL mean nothing. */
const viewSpans = (data: ArrowData, bits: 32 | 64, isValid: IsValid, end: number): Spans => {
  const starts = integersOf(data, bits, true)
  const sizes = integersOf({ ...data, buffers: data.buffers.slice(1) }, bits, true)
  for (let i = 0; i < data.length; i++) {
    if (isValid?.(i) === false) continue
    const [start, size] = [Number(starts[i]), Number(sizes[i])]
    if (start < 0 || size < 0 || start + size > end) throw damaged(data, 'has a list beyond its items')
  }
  return {
    starts: index => Number(starts[index]),
    ends: index => Number(starts[index]) + Number(sizes[index]),
  }
}

const viewBytes = 16
const inlineBytes = 12

/**
 * Text or bytes by views: 4 bytes of length; up to 12 bytes themselves, or their first four, the number of a buffer, and
 * the place in it.
 */
export const viewsOf = (data: ArrowData, isValid: IsValid): ((index: number) => Uint8Array) => {
  const { length, buffers } = data
  const views = buffers[1]!
  if (views.length < length * viewBytes) throw damaged(data, 'has fewer views than values')
  const view = new DataView(views.buffer, views.byteOffset, views.length)
  const read = (index: number): Uint8Array => {
    const at = index * viewBytes
    const size = view.getInt32(at, true)
    if (size >= 0 && size <= inlineBytes) return views.subarray(at + 4, at + 4 + size)
    const buffer = buffers[2 + view.getInt32(at + 8, true)]
    const start = view.getInt32(at + 12, true)
    if (size < 0 || buffer === undefined || start < 0 || start + size > buffer.length)
      throw damaged(data, 'has a view beyond its buffers')
    return buffer.subarray(start, start + size)
  }
  for (let i = 0; i < length; i++) if (isValid?.(i) !== false) read(i)
  return read
}
