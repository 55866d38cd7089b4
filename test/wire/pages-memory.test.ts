import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compressSync, uncompressSync } from 'snappy'
import { pagesAt, takePagesMemory } from '../../lib/wire/pages-memory.js'

const memory = (await takePagesMemory())!
const outAt = pagesAt + 2 ** 20
memory.reserve(outAt + 2 ** 20)

/** Undefined for a block that is refused. */
const unpack = (block: Uint8Array, size: number): Buffer | undefined => {
  memory.bytes.set(block, pagesAt)
  memory.bytes.fill(0xaa, outAt, outAt + size + 64)
  const isTaken = memory.call.unpackSnappy(pagesAt, pagesAt + block.length, outAt, size) === 1
  return isTaken ? Buffer.from(memory.bytes.subarray(outAt, outAt + size)) : undefined
}

/** Bytes that come again at all distances, and bytes that don't. */
const anyBytes = fc
  .array(
    fc.record({
      bytes: fc.uint8Array({ minLength: 1, maxLength: 90 }),
      times: fc.integer({ min: 1, max: 60 }),
    }),
    { maxLength: 60 },
  )
  .map(pieces => Buffer.concat(pieces.flatMap(({ bytes, times }) => new Array(times).fill(bytes))))

test('blocks that the snappy package packs are unpacked, and those of another length are not', () => {
  fc.assert(
    fc.property(anyBytes, bytes => {
      const block = compressSync(bytes)
      assert.deepEqual(unpack(block, bytes.length), bytes)
      assert.equal(unpack(block, bytes.length + 1), undefined)
      if (bytes.length > 0) assert.equal(unpack(block.subarray(0, -1), bytes.length), undefined)
    }),
  )
})

test('a damaged block is refused, or is what the snappy package makes of it', () => {
  let refused = 0
  fc.assert(
    fc.property(anyBytes, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1 }), (bytes, changes) => {
      const block = Buffer.from(compressSync(bytes))
      for (const [at, byte] of changes) block[at % block.length] = byte
      const found = unpack(block, bytes.length)
      if (found === undefined) refused++
      else assert.deepEqual(found, uncompressSync(block))
    }),
    { numRuns: 500 },
  )
  assert.ok(refused > 100, `${refused} of 500 were refused`)
})

/** Whatever elements there may be: literals behind each other, and copies of all three forms, near and far. */
const anyElements = fc
  .array(
    fc.oneof(
      fc.record({ bytes: fc.uint8Array({ minLength: 1, maxLength: 150 }) }),
      fc.record({ form: fc.constantFrom(1, 2, 3), length: fc.integer({ min: 1, max: 64 }), far: fc.nat() }),
    ),
    { minLength: 1, maxLength: 40 },
  )
  .map(elements => {
    const parts: Buffer[] = []
    let made = 0
    for (const element of elements) {
      if ('bytes' in element) {
        const { bytes } = element
        parts.push(Buffer.from(bytes.length > 60 ? [60 << 2, bytes.length - 1] : [(bytes.length - 1) << 2]))
        parts.push(Buffer.from(bytes))
        made += bytes.length
      } else if (made > 0) {
        const { form, far } = element
        const length = form === 1 ? 4 + (element.length % 8) : element.length
        const distance = 1 + (far % Math.min(made, form === 1 ? 2047 : 70))
        const size = form === 1 ? length - 4 : length - 1
        const part = Buffer.alloc([0, 2, 3, 5][form]!)
        part[0] = form | (size << 2) | (form === 1 ? (distance >> 8) << 5 : 0)
        if (form === 1) part[1] = distance & 255
        else part.writeUIntLE(distance, 1, form === 2 ? 2 : 4)
        parts.push(part)
        made += length
      }
    }
    const size = made < 128 ? [made] : [(made & 127) | 128, made >> 7]
    return { block: Buffer.concat([Buffer.from(size), ...parts]), made }
  })

test('a block of any elements is what the snappy package makes of it', () => {
  fc.assert(
    fc.property(anyElements, ({ block, made }) => {
      assert.deepEqual(unpack(block, made), uncompressSync(block))
    }),
    { numRuns: 500 },
  )
})

/** A run of as many values as it has, and its bytes: a value again and again, or groups of eight. */
const runOf = (width: number, isRepeated: boolean, values: readonly number[]): Buffer => {
  if (isRepeated) {
    const head = values.length * 2
    const value = Buffer.alloc(4)
    value.writeUInt32LE(values[0]!)
    return Buffer.concat([Buffer.from([(head & 127) | 128, head >> 7]), value.subarray(0, (width + 7) >> 3)])
  }
  let bits = 0n
  for (const [i, value] of values.entries()) bits |= BigInt(value) << BigInt(i * width)
  const bytes = Buffer.from(bits.toString(16).padStart((values.length / 4) * width, '0'), 'hex').reverse()
  return Buffer.concat([Buffer.from([(values.length / 8) * 2 + 1]), bytes])
}

const [cellsAt, scratchAt, tableAt, rooms] = [outAt, outAt + 2 ** 18, outAt + 2 ** 19, 2 ** 18]
const tableSize = 300

interface Runs {
  readonly bytes: Buffer
  readonly values: readonly number[]
  readonly isLastPacked: boolean
}

const anyRuns = (width: number): fc.Arbitrary<Runs> => {
  const value = fc.integer({ min: 0, max: Math.min(2 ** width, tableSize) - 1 })
  const repeated = fc.tuple(value, fc.integer({ min: 2, max: 60 }))
  const packed = fc
    .integer({ min: 1, max: 8 })
    .chain(groups => fc.array(value, { minLength: groups * 8, maxLength: groups * 8 }))
  const run = fc.oneof(
    repeated.map(([each, count]) => [true, new Array<number>(count).fill(each)] as const),
    packed.map(values => [false, values] as const),
  )
  return fc.array(run, { minLength: 1, maxLength: 12 }).map(runs => ({
    bytes: Buffer.concat(runs.map(([isRepeated, values]) => runOf(width, isRepeated, values))),
    values: runs.flatMap(([, values]) => values),
    isLastPacked: !runs.at(-1)![0],
  }))
}

const sumOf = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)

test('runs of levels mark the values, and nothing behind their room; the last group may be of fewer', () => {
  fc.assert(
    fc.property(anyRuns(1), fc.nat(7), ({ bytes, values, isLastPacked }, missing) => {
      const mark = (count: number): number =>
        memory.call.markLevels(cellsAt, count, pagesAt, pagesAt + bytes.length)
      memory.bytes.set(bytes, pagesAt)
      memory.bytes.fill(0xaa, cellsAt, cellsAt + rooms)
      const wanted = isLastPacked ? values.slice(0, values.length - missing) : values
      assert.equal(mark(wanted.length), sumOf(wanted))
      assert.deepEqual([...memory.int32.subarray(cellsAt / 4, cellsAt / 4 + wanted.length)], wanted)
      const behind = memory.bytes.subarray(cellsAt + 4 * wanted.length + 64, cellsAt + rooms)
      assert.ok(behind.every(byte => byte === 0xaa))
      assert.equal(mark(values.length + 1), -1)
      if (!isLastPacked) assert.equal(mark(values.length - 1), -1)
    }),
  )
})

test('indexes of each width find their values where there are any, and none that the dictionary has not', () => {
  for (let i = 0; i < tableSize; i++) memory.int32[tableAt / 4 + i] = 1_000_000 + i
  for (let width = 0; width <= 32; width++)
    fc.assert(
      fc.property(anyRuns(width), fc.infiniteStream(fc.nat(3)), ({ bytes, values }, gaps) => {
        memory.bytes.set(bytes, pagesAt)
        const marks: number[] = []
        for (const _ of values) marks.push(...new Array<number>(gaps.next().value!).fill(0), 1)
        const place = (size: number): number => {
          memory.int32.set(marks, cellsAt / 4)
          return memory.call.placeIndexed(
            ...([cellsAt, marks.length, values.length, pagesAt, pagesAt + bytes.length, width] as const),
            ...([scratchAt, tableAt, size] as const),
          )
        }
        assert.equal(place(tableSize), 1)
        let at = 0
        const found = marks.map(mark => (mark === 0 ? 0 : 1_000_000 + values[at++]!))
        assert.deepEqual([...memory.int32.subarray(cellsAt / 4, cellsAt / 4 + marks.length)], found)
        assert.equal(place(Math.max(...values)), 0)
      }),
      { numRuns: 20 },
    )
})
