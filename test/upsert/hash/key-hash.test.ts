import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { TunnelOptionError, TunnelValueError } from '../../../lib/errors.js'
import { parseDataType } from '../../../lib/schema/parse-data-type.js'
import type { Column } from '../../../lib/schema/table-schema.js'
import type { HashName } from '../../../lib/upsert/hash/hash-family.js'
import { createKeyHash } from '../../../lib/upsert/hash/key-hash.js'
import { Timestamp } from '../../../lib/values/timestamp.js'
import { cellOf } from '../../codec/golden-vectors.js'

interface HashVectors {
  readonly values: readonly {
    readonly name: string
    readonly hasher: HashName
    readonly type: string
    readonly value: unknown
    readonly hash: number
  }[]
  readonly records: readonly {
    readonly name: string
    readonly hasher: HashName
    readonly schema: readonly { readonly name: string; readonly type: string }[]
    readonly hashKeys: readonly string[]
    readonly row: readonly unknown[]
    readonly hash: number
    readonly buckets: Readonly<Record<string, number>>
  }[]
}

const vectors = JSON.parse(
  readFileSync(new URL('../../vectors/upsert-hash.json', import.meta.url), 'utf8'),
) as HashVectors

const columnOf = (type: string, name = 'k'): Column => ({ name, type: parseDataType(type), nullable: false })

const hashOne = (type: string, cell: unknown, name: HashName = 'default'): number =>
  createKeyHash([columnOf(type)], [0], name)([cell], 0)

/** The last step of the combined hash, which the vectors of single values don't have (protocol 9.6). */
const combined = (hash: number): number => hash ^ (hash >> 8)

/** They have more fraction digits than their column, so that they can't be sent. */
const notSent = [
  'default-decimal(18,2)-2',
  'default-decimal(18,2)-3',
  'legacy-decimal(18,2)-2',
  'legacy-decimal(18,2)-3',
]

test('single values hash as the Python client hashes them, in both families', () => {
  assert.equal(vectors.values.length, 172)
  for (const { name, hasher, type, value, hash } of vectors.values) {
    const cell = cellOf(value, parseDataType(type))
    if (notSent.includes(name)) assert.throws(() => hashOne(type, cell, hasher), TunnelValueError)
    else assert.equal(hashOne(type, cell, hasher), combined(hash), name)
  }
})

test('keys of several columns hash, and fall into buckets, as those of the Python client', () => {
  assert.equal(vectors.records.length, 30)
  for (const { name, hasher, schema, hashKeys, row, hash, buckets } of vectors.records) {
    const columns = schema.map(({ name, type }) => columnOf(type, name))
    const key = hashKeys.map(each => columns.findIndex(column => column.name === each))
    const cells = row.map((cell, i) => cellOf(cell, columns[i]!.type))
    const found = createKeyHash(columns, key, hasher)(cells, 0)
    assert.equal(found, hash, name)
    for (const [count, bucket] of Object.entries(buckets)) assert.equal(found % Number(count), bucket, name)
  }
})

test('values of which the Java client tells the hash', () => {
  // Made with the hash classes of the Java SDK: type, value, default, legacy.
  const java: readonly [string, unknown, number, number][] = [
    ['bigint', 145680n, 1063204611, 145680],
    ['bigint', -1n, 357653185, 0],
    ['bigint', 9223372036854775807n, -1977349188, -2147483648],
    ['tinyint', -5, 1788265538, 4],
    ['float', 134.562, -1512465477, 1124503519],
    ['double', 15672.56271, 1254569207, 1177487321],
    ['boolean', true, 388737479, 388737479],
    ['boolean', false, -978963218, -978963218],
    ['string', '', 0, 0],
    ['string', 'ab', 1172708952, 3105],
    ['string', 'hello', -1259046373, 99162322],
    ['string', '中文', -574066242, -870610786],
    ['date', '2022-12-05', 903574500, 1670198400],
    ['datetime', '2022-06-11T22:33:11Z', -437273278, 1424382425],
    ['timestamp', '2023-07-05T11:24:15.145673214Z', 174967956, -779641015],
    ['timestamp', new Timestamp(-1n, 500_000_000), -1456909015, 573741823],
    ['interval_day_time', { seconds: 100002n, nanos: 2000001 }, -1088782317, -2145458903],
    ['decimal(4,2)', -1, 1405574141, 99],
    ['decimal(18,2)', '12.34', -904458774, 1234],
    ['decimal(38,18)', '6.4', -1846789132, 978411031],
    ['decimal(38,18)', '-6.4', -692413333, 984523240],
  ]
  for (const [type, value, current, legacy] of java) {
    assert.equal(hashOne(type, value), combined(current), `${type} default`)
    assert.equal(hashOne(type, value, 'legacy'), combined(legacy), `${type} legacy`)
  }
})

test('all spellings of a value have one hash', () => {
  const spellings: readonly [string, readonly unknown[]][] = [
    ['bigint', [12, 12n, '12', '+012']],
    ['datetime', [new Date(86_399_000), 86_399_000, '1970-01-01T23:59:59Z', '1970-01-02T07:59:59+08:00']],
    ['date', ['1969-12-31', new Date('1969-12-31T00:00:00Z')]],
    ['timestamp', [new Date(-1), '1969-12-31T23:59:59.999Z', { seconds: -1, nanos: 999_000_000 }]],
    ['decimal(10,2)', ['1.50', '1.5', 1.5, '15e-1', '001.500']],
    ['string', ['é\u{1F986}', Buffer.from('é\u{1F986}')]],
  ]
  for (const [type, cells] of spellings)
    assert.equal(new Set(cells.map(cell => hashOne(type, cell))).size, 1, type)
})

/** Thomas Wang's function as it is published, on integers without end. */
const mixed = (value: bigint): number => {
  const wrap = (each: bigint): bigint => BigInt.asIntN(64, each)
  let n = wrap(~value + (value << 18n))
  n ^= n >> 31n
  n = wrap(n * 21n)
  n ^= n >> 11n
  n = wrap(n + (n << 6n))
  n ^= n >> 22n
  return Number(BigInt.asIntN(32, n))
}

test('any 64-bit integer hashes as arithmetic on integers without end says', () => {
  const any = fc.oneof(
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.integer({ min: 0, max: 63 }).map(shift => BigInt.asIntN(64, (1n << BigInt(shift)) - 1n)),
    fc.integer({ min: 0, max: 63 }).map(shift => BigInt.asIntN(64, 1n << BigInt(shift))),
  )
  const check = (value: bigint): void => assert.equal(hashOne('bigint', value), combined(mixed(value)))
  fc.assert(fc.property(any, check), { numRuns: 5000 })
})

test('a hash is never negative', () => {
  const columns = [columnOf('bigint', 'a'), columnOf('string', 'b')]
  const hash = createKeyHash(columns, [0, 1], 'default')
  const key = fc.tuple(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.string({ unit: 'grapheme' }))
  fc.assert(
    fc.property(key, cells => hash(cells, 0) >= 0),
    { numRuns: 2000 },
  )
})

test('what cannot be hashed is refused', async t => {
  const columns = [columnOf('bigint', 'a'), columnOf('binary', 'b')]
  const hash = createKeyHash(columns, [0, 1], 'default')
  const refused = (cells: readonly unknown[], code: string, column: string): void =>
    assert.throws(
      () => hash(cells, 7),
      error =>
        error instanceof TunnelValueError &&
        error.code === code &&
        error.column === column &&
        error.rowIndex === 7,
    )
  await t.test('NULL', () => {
    refused([null, Buffer.from('x')], 'ODPS_NULL_NOT_ALLOWED', 'a')
    refused([1n, undefined], 'ODPS_NULL_NOT_ALLOWED', 'b')
  })
  await t.test('a value that does not fit its column', () => {
    refused([2n ** 63n, Buffer.from('x')], 'ODPS_VALUE_OUT_OF_RANGE', 'a')
    refused(['x', Buffer.from('x')], 'ODPS_INVALID_VALUE', 'a')
  })
  await t.test('bytes whose hash differs between the official clients', () => {
    for (const bytes of ['\n', '=', '\x7f', 'é']) refused([1n, Buffer.from(bytes)], 'ODPS_INVALID_VALUE', 'b')
  })
  await t.test('a key column of another type, before any row', () => {
    const types = [
      'json',
      'array<bigint>',
      'map<string,string>',
      'struct<a:int>',
      'interval_year_month',
      'decimal',
      'blob',
    ]
    for (const type of types)
      assert.throws(() => createKeyHash([columnOf(type)], [0], 'default'), TunnelOptionError, type)
  })
})
