import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import {
  createCompiledEncoder,
  createProtobufEncoder,
  createRecordEncoder,
  type EncodeOptions,
  type RecordEncoder,
} from '../../../lib/codec/rows/record-encoder.js'
import { TunnelValueError } from '../../../lib/errors.js'
import type { Column } from '../../../lib/schema/table-schema.js'
import { JsonText } from '../../../lib/values/json-text.js'
import { Timestamp } from '../../../lib/values/timestamp.js'
import { recordsMemory } from '../../../lib/wire/records-memory.js'
import { cellOf, nestedOf, stagedType } from '../arbitrary-rows.js'
import { columns } from '../hand-made-stream.js'

/* More columns than one generated function stages: when the second refuses a row, the first has put its text and lists down. */
test('text and lists of a row that is not staged after all are taken back, so that later rows keep theirs', () => {
  const schema = columns(
    ['list:array<int>', ...Array.from({ length: 69 }, (_, i) => `c${i}:string`), 'n:int'].join(' '),
  )
  const texts: readonly ((row: number) => string)[] = [
    row => `short ${row}`,
    row => `kurz ü ${row}`,
    row => `long ${row} ${'x'.repeat(100)}`,
    row => `lang ü ${row} ${'中'.repeat(70)}`,
  ]
  for (const odd of ['7', 7n])
    for (const [name, make] of Object.entries([...texts, (row: number) => texts[row % 4]!(row)])) {
      const staged = createRecordEncoder(schema)
      const plain = createProtobufEncoder(schema)
      for (let row = 0; row < 400; row++) {
        const list = Array.from({ length: row % 4 }, (_, i) => (i === 1 ? null : row + i))
        const cells: unknown[] = [list, ...Array.from({ length: 69 }, (_, i) => make(row * 69 + i))]
        // The compiled way takes it as well. Two in a row: nothing is staged when the second is left.
        cells.push(row % 5 < 2 ? odd : row)
        staged.write(cells, row)
        plain.write(cells, row)
      }
      assert.ok(staged.finish().equals(plain.finish()), `texts ${name}, ${String(odd)}`)
    }
})

test('rows of many encoders that are written in turn stay apart', () => {
  const schema = columns('n:bigint s:string list:array<string> long:string')
  const rowOf = (row: number, who: number): unknown[] => [
    row % 3 < 2 ? row : null,
    `${who} of ${row} ${'x'.repeat(row % 11)}`,
    Array.from({ length: row % 4 }, (_, i) => `${who}${i}`),
    'y'.repeat((row % 5) * (100 + who)),
  ]
  const pairs = Array.from({ length: 7 }, () => [createRecordEncoder(schema), createProtobufEncoder(schema)])
  for (let row = 0; row < 2000; row++)
    for (const [who, pair] of pairs.entries())
      if ((row + who) % 3 !== 0) for (const encoder of pair) encoder.write(rowOf(row, who), row)
  for (const [who, [staged, plain]] of pairs.entries())
    assert.ok(staged!.finish().equals(plain!.finish()), `encoder ${who}`)
})

/*
 * What the checksum of a long record is taken of is gathered. The texts in between have the sizes at which it is folded in another turn, and at
 * which text is copied in another step; in one batch, as the first, there is text beyond ASCII among other text.
 */
test('long records of all kinds, and short ones among them, are those of protobufjs', () => {
  const types = 'bigint int double boolean float timestamp date datetime decimal(38,18) interval_day_time'
  const schema = columns(
    [...types.split(' '), ...types.split(' '), 'binary', ...Array<string>(6).fill('string')]
      .map((type, i) => `c${i}:${type}`)
      .join(' '),
  )
  const values = (row: number): unknown[] => [
    row % 2 === 0 ? BigInt.asIntN(64, 0x9e3779b97f4a7c15n * BigInt(row)) : row * 1000,
    row - 700,
    Math.sin(row),
    row % 3 === 0,
    Math.fround(Math.cos(row)),
    new Timestamp(row % 2 === 0 ? -row : BigInt(row) << 20n, row),
    '2024-02-29',
    new Date(row * 1e9),
    `-${row}.${row}`,
    { seconds: row, nanos: row },
  ]
  const letters = 'abcdefghijklmnopqrstuvwxyz'.repeat(30)
  const textsOf = (row: number): unknown[] => [
    Buffer.from(letters.slice(0, row % 150)),
    letters.slice(0, row % 8),
    letters.slice(1, 1 + (row % 129)),
    '中文é😀'.repeat(row % 17),
    letters.slice(2, 2 + (row % 49)),
    row > 600 && row % 5 === 0 ? `é${row}` : letters.slice(3, 20),
    letters.slice(0, row % 2 === 0 ? 200 + (row % 300) : 8),
  ]
  const [encoder, plain] = [createRecordEncoder(schema), createProtobufEncoder(schema)]
  for (let row = 0; row < 1500; row++) {
    const cells = [...values(row), ...values(row + 1), ...textsOf(row)]
    if (row % 7 === 3) cells.fill(null, 0, 20)
    if (row % 7 === 5) for (let i = row % 11; i < cells.length; i += 3) cells[i] = null
    if (row % 50 === 49) cells.fill(null)
    if (row % 50 === 48) cells.fill(null).splice(23, 1, letters.slice(0, row % 100))
    for (const each of [encoder, plain]) each.write(cells, row)
  }
  assert.deepEqual(encoder.finish(), plain.finish())
})

/** What programs also pass, and what does not fit. */
const other = fc.constantFrom<unknown>(
  null,
  undefined,
  0,
  -0,
  -1,
  1.5,
  127,
  128,
  2 ** 31,
  -(2 ** 31),
  2 ** 32 - 1,
  2 ** 32,
  -(2 ** 32),
  -(2 ** 32) - 1,
  2 ** 53 - 1,
  2 ** 53,
  NaN,
  Infinity,
  1e39,
  0n,
  -1n,
  2n ** 53n,
  2n ** 63n,
  -(2n ** 63n),
  true,
  false,
  '',
  'x',
  'é',
  '\u0000',
  '中文',
  '😀',
  '\ud800',
  'x'.repeat(127),
  'x'.repeat(128),
  'x'.repeat(129),
  '中'.repeat(129),
  `${'x'.repeat(130)}\udc00`,
  `${'中'.repeat(130)}\udc00`,
  '12.5',
  '-0.125',
  '+1',
  '1e3',
  '2024-02-29',
  '2023-02-29',
  '2024-02-29T01:02:03.004Z',
  '2024-02-29T01:02:03.004',
  new Date(0),
  new Date(-1),
  new Date(Number.NaN),
  new Timestamp(-1, 999_999_999),
  new Timestamp(2n ** 40n),
  new Timestamp(2n ** 64n + 5n),
  Buffer.from([0xff, 0]),
  new Uint8Array(100),
  { seconds: 1, nanos: 2 },
  { seconds: -1, nanos: -2 },
  { seconds: 2n ** 63n, nanos: 0 },
  { seconds: 1, nanos: 1_000_000_000 },
  { months: -0 },
  { months: 1.5 },
  new JsonText('{ "a": 1.0 }'),
  new JsonText('"\ud800"'),
  { toJSON: () => '中' },
  { toJSON: () => undefined },
  [Number.NaN],
  [1],
  Symbol.iterator,
)

const schema: fc.Arbitrary<Column[]> = fc
  .array(fc.tuple(stagedType, fc.boolean()), { minLength: 1, maxLength: 70 })
  .map(types => types.map(([type, nullable], i) => ({ name: `c${i}`, type, nullable })))

const odd = fc.oneof(other, fc.dictionary(fc.constantFrom('a', 'A', 'B', '0', 'other'), other))

/** Odd leaves too, in what is nested. */
const cell = (type: Column['type']): fc.Arbitrary<unknown> =>
  fc.oneof(
    { weight: 40, arbitrary: cellOf(type) },
    { weight: 2, arbitrary: fc.constant(null) },
    {
      weight: 3,
      arbitrary: nestedOf(type, leaf => fc.oneof({ weight: 8, arbitrary: cellOf(leaf) }, other)),
    },
    odd,
  )

const tableOf = (maxRows: number) =>
  schema.chain(columns =>
    fc.record({
      columns: fc.constant(columns),
      rows: fc.array(fc.tuple(...columns.map(({ type }) => cell(type))), { maxLength: maxRows }),
      options: fc.constantFrom<EncodeOptions>(
        {},
        {},
        { json: 'text' },
        { oldDates: 'refuse' },
        { maxFieldBytes: 100 },
      ),
      /** After which rows someone looks at the bytes, or takes them. */
      looks: fc.array(fc.nat(maxRows), { maxLength: 3 }),
      takes: fc.array(fc.nat(maxRows), { maxLength: 2 }),
    }),
  )

/** All that can be seen of an encoder: bytes, sizes, and what it says of rows that do not fit. */
const encode = (encoder: RecordEncoder, rows: readonly unknown[][], looks: number[], takes: number[]) => {
  const seen: unknown[] = []
  const parts: Buffer[] = []
  for (const [i, row] of rows.entries()) {
    try {
      encoder.write(row, i)
    } catch (error) {
      assert.ok(error instanceof TunnelValueError, String(error))
      seen.push([i, error.code, error.column, error.rowIndex, error.message])
    }
    if (looks.includes(i)) seen.push(encoder.rows, encoder.rawBytes, encoder.pendingBytes)
    if (takes.includes(i)) parts.push(encoder.take())
  }
  parts.push(encoder.finish())
  return { seen, bytes: Buffer.concat(parts) }
}

describe('rows staged for WebAssembly', () => {
  test('WebAssembly is there', () => assert.ok(recordsMemory()))

  for (const { numRuns, maxRows } of [
    { numRuns: 300, maxRows: 8 },
    { numRuns: 20, maxRows: 300 },
  ])
    test(`same bytes, sizes and refusals as compiled code and protobufjs, up to ${maxRows} rows`, () => {
      fc.assert(
        fc.property(tableOf(maxRows), ({ columns, rows, options, looks, takes }) => {
          const staged = encode(createRecordEncoder(columns, options), rows, looks, takes)
          assert.deepEqual(staged, encode(createCompiledEncoder(columns, options), rows, looks, takes))
          assert.deepEqual(staged, encode(createProtobufEncoder(columns, options), rows, looks, takes))
        }),
        { numRuns },
      )
    })

  test('a value whose getter or iterator throws leaves no trace', () => {
    const schema = columns('t:string s:struct<a:bigint,b:string> m:map<string,bigint>')
    const text = 'x'.repeat(200)
    const thrown = new Error('not now')
    const fail = (): never => {
      throw thrown
    }
    const failing = Object.defineProperty({ a: 1 }, 'b', { get: fail, enumerable: true })
    /** Not as many keys as it says: every way writes what the iterators give. */
    const short = Object.assign(new Map([['k', 1]]), { keys: () => new Map<string, number>().keys() })
    const good = [text, { a: 1, b: 'y' }, new Map([['k', 2]])]
    const staged = createRecordEncoder(schema)
    const plain = createProtobufEncoder(schema)
    for (const encoder of [staged, plain]) {
      encoder.write(good, 0)
      assert.throws(() => encoder.write([text, failing, null], 1), /not now/)
      assert.throws(() => encoder.write([text, null, Object.assign(new Map(), { keys: fail })], 1), /not now/)
      encoder.write([text, null, short], 1)
      encoder.write(good, 2)
    }
    assert.ok(staged.finish().equals(plain.finish()), 'same bytes')
  })

  test('integers of every length', () => {
    const numbers = Array.from({ length: 64 }, (_, bit) => 2n ** BigInt(bit)).flatMap(power =>
      [power - 1n, power, -power, -power - 1n].map(value => BigInt.asIntN(64, value)),
    )
    const rows = numbers.flatMap(value => [
      [value],
      ...(Number.isSafeInteger(Number(value)) ? [[Number(value)]] : []),
    ])
    const schema = columns('n:bigint')
    const staged = encode(createRecordEncoder(schema), rows, [], [])
    assert.deepEqual(staged, encode(createProtobufEncoder(schema), rows, [], []))
  })

  test('text of every short length, and columns that become wide on the way', () => {
    const rows: unknown[][] = []
    for (let length = 0; length < 200; length++)
      for (const unit of ['x', 'é', '中', '😀'])
        rows.push(['y'.repeat(length), 'z'.repeat(length % 7) + unit.repeat(length), length])
    const schema = columns('a:string b:string n:int')
    const staged = encode(createRecordEncoder(schema), rows, [], [])
    assert.deepEqual(staged, encode(createProtobufEncoder(schema), rows, [], []))
  })

  test('text of so few characters that it needs no heap, flat and nested, among longer text', () => {
    const rows: unknown[][] = []
    for (let length = 0; length < 12; length++)
      for (const mixed of [undefined, '\0', '\x7f', '\x80', 'é', '中'])
        for (let at = 0; at <= (mixed === undefined ? 0 : length); at++) {
          const letters = 'abcdefghijkl'.slice(0, length)
          const text = mixed === undefined ? letters : letters.slice(0, at) + mixed + letters.slice(at)
          rows.push([letters, text, [letters, 'a longer text', text], 'the last, longer text'])
        }
    const schema = columns('a:string b:string c:array<string> d:string')
    // Each row alone, too, as a column that has had more than ASCII is staged another way.
    for (const part of [rows, ...rows.map(row => [row, row])]) {
      const staged = encode(createRecordEncoder(schema), part, [], [])
      assert.deepEqual(staged, encode(createProtobufEncoder(schema), part, [], []))
    }
  })

  test('thousands of rows, some of them large, and rows of thousands of columns', () => {
    const schema = columns('n:bigint s:string b:binary')
    const rows = Array.from({ length: 5000 }, (_, i) => [
      i,
      'text '.repeat(i % 97 === 0 ? 20_000 : i % 5),
      i % 1000 === 0 ? Buffer.alloc(300_000, i) : Buffer.alloc(i % 200),
    ])
    const staged = encode(createRecordEncoder(schema), rows, [10], [1000, 3000])
    assert.deepEqual(staged, encode(createCompiledEncoder(schema), rows, [10], [1000, 3000]))
    const names = Array.from({ length: 1024 }, (_, i) => `c${i}:bigint`).join(' ')
    const broad = [Array.from({ length: 1024 }, (_, i) => (i % 3 === 0 ? null : i))]
    for (const count of [1024, 1023])
      assert.deepEqual(
        encode(createRecordEncoder(columns(names).slice(0, count)), [broad[0]!.slice(0, count)], [], []),
        encode(createProtobufEncoder(columns(names).slice(0, count)), [broad[0]!.slice(0, count)], [], []),
      )
  })

  test('nested values that are more than the tape holds, in one row and in many', () => {
    const schema = columns('n:bigint a:array<array<bigint>> m:map<string,double> s:struct<t:string,b:binary>')
    for (const sizes of [[3], [50, 0, 1], [4000, 2], [9000, 1, 5000], [100_000, 1]]) {
      const rows = Array.from({ length: 300 }, (_, i) => {
        const size = i % 40 === 7 ? sizes[0]! : sizes[i % sizes.length]! % 60
        return [
          i,
          [
            Array.from({ length: size }, (_, k) => (k % 7 === 0 ? null : k % 3 === 0 ? BigInt(k) : k)),
            [],
            null,
          ],
          new Map(Array.from({ length: size % 100 }, (_, k) => [`é${k}`.slice(k % 2), k / 3])),
          i % 5 === 0 ? { b: Buffer.alloc(size % 300, i) } : { T: '中x'.repeat(size % 90), b: null },
        ]
      })
      const staged = encode(createRecordEncoder(schema), rows, [10, 100], [20])
      assert.deepEqual(staged, encode(createProtobufEncoder(schema), rows, [10, 100], [20]))
    }
  })

  test('structs of the same names but other types, and the same schema twice at once', () => {
    const [a, b] = ['s:struct<x:bigint,y:string>', 's:struct<x:string,y:bigint>'].map(text => columns(text))
    const rows = { a: [[{ y: 'é', x: 1 }], [{ x: 2 }]], b: [[{ y: 7, X: 'z' }], [{}]] }
    for (let i = 0; i < 3; i++) {
      assert.deepEqual(
        encode(createRecordEncoder(a!), rows.a, [], []),
        encode(createProtobufEncoder(a!), rows.a, [], []),
      )
      assert.deepEqual(
        encode(createRecordEncoder(b!), rows.b, [], []),
        encode(createProtobufEncoder(b!), rows.b, [], []),
      )
    }
    const outer = createRecordEncoder(a!)
    const plain = createProtobufEncoder(a!)
    const inner = createRecordEncoder(a!)
    const row = () => ({
      x: 5,
      get y() {
        inner.write([{ x: 9, y: 'inner' }], 0)
        return 'outer'
      },
    })
    for (let i = 0; i < 3; i++) {
      outer.write([row()], i)
      plain.write([{ x: 5, y: 'outer' }], i)
    }
    assert.deepEqual(outer.finish(), plain.finish())
  })

  test('rows of several encoders do not mix', () => {
    const schema = columns('n:bigint s:string')
    const [a, b] = [createRecordEncoder(schema), createRecordEncoder(schema)]
    for (let i = 0; i < 1000; i++) {
      a.write([i, `a${i}`], i)
      b.write([-i, `é${i}`], i)
    }
    const rowsOf = (letter: string, sign: number) =>
      Array.from({ length: 1000 }, (_, i) => [sign * i, `${letter}${i}`])
    assert.deepEqual(a.finish(), encode(createProtobufEncoder(schema), rowsOf('a', 1), [], []).bytes)
    assert.deepEqual(b.finish(), encode(createProtobufEncoder(schema), rowsOf('é', -1), [], []).bytes)
  })

  test('a row that changes after it was written is sent as it was', () => {
    const schema = columns('n:bigint b:binary d:datetime')
    const row = [1, Buffer.from('before'), new Date(5)]
    const [encoder, plain] = [createRecordEncoder(schema), createProtobufEncoder(schema)]
    encoder.write(row, 0)
    plain.write(row, 0)
    ;(row[1] as Buffer).fill(0)
    ;(row[2] as Date).setTime(9)
    row[0] = 2
    assert.deepEqual(encoder.finish(), plain.finish())
  })

  test('how far it is can be asked after every row', () => {
    const schema = columns('n:bigint s:string')
    const [encoder, plain] = [createRecordEncoder(schema), createProtobufEncoder(schema)]
    let taken = 0
    for (let i = 0; i < 3000; i++) {
      const row = [i, 'é'.repeat(i % 90)]
      encoder.write(row, i)
      plain.write(row, i)
      assert.equal(encoder.rawReaches(50_000), plain.rawBytes >= 50_000)
      assert.equal(encoder.pendingReaches(7000), plain.pendingBytes >= 7000)
      if (!plain.pendingReaches(7000)) continue
      assert.deepEqual(encoder.take(), plain.take())
      taken++
    }
    assert.ok(taken > 10)
    assert.equal(encoder.rawBytes, plain.rawBytes)
  })

  test('without WebAssembly it all works the same', () => {
    const url = (path: string) => JSON.stringify(new URL(path, import.meta.url).href)
    const script = `
      const { recordsMemory } = await import(${url('../../../lib/wire/records-memory.js')})
      const { createRecordEncoder } = await import(${url('../../../lib/codec/rows/record-encoder.js')})
      delete globalThis.WebAssembly
      const encoder = createRecordEncoder([{ name: 'n', type: { kind: 'bigint' }, nullable: true }])
      encoder.write([7], 0)
      process.stdout.write(recordsMemory() + ' ' + encoder.finish().toString('hex'))`
    const plain = createProtobufEncoder(columns('n:bigint'))
    plain.write([7], 0)
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '-e', script],
      { encoding: 'utf8', timeout: 120_000, env: { ...process.env, NODE_TEST_CONTEXT: undefined } },
    )
    assert.equal(stdout, `undefined ${plain.finish().toString('hex')}`, stderr)
  })
})
