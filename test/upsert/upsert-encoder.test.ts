import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { RecordStream } from '../../lib/codec/rows/record-scatterer.js'
import { StreamTotals } from '../../lib/codec/stream/totals.js'
import { encodeTrailer } from '../../lib/codec/stream/trailer.js'
import { TunnelOptionError, TunnelValueError } from '../../lib/errors.js'
import { parseDataType } from '../../lib/schema/parse-data-type.js'
import { type UpsertEncodeOptions, UpsertEncoder } from '../../lib/upsert/upsert-encoder.js'
import { deleteRow, partialRow } from '../../lib/upsert/upsert-rows.js'
import { cellOf, loadVectors } from '../codec/golden-vectors.js'

interface Body {
  readonly bucket: number
  readonly recordCount: number
  readonly hex?: string
  readonly rows?: readonly (readonly unknown[])[]
  readonly operations?: readonly number[]
  readonly valueColumns?: readonly (readonly number[])[]
}

interface UpsertVector {
  readonly name: string
  readonly schema: readonly { readonly name: string; readonly type: string }[]
  readonly columnIds?: Readonly<Record<string, string>>
  readonly hashKeys: readonly string[]
  readonly hasher: 'default' | 'legacy'
  readonly buckets: number
  readonly operations?: readonly { readonly op: string; readonly row: readonly unknown[] }[]
  readonly bodies: readonly Body[]
}

/** The others hold the same bodies compressed. */
const vectors = loadVectors<UpsertVector>('upsert-bodies').filter(
  ({ bodies }) => bodies[0]!.hex !== undefined,
)

type TableVector = Pick<UpsertVector, 'schema' | 'columnIds' | 'hashKeys'>

const tableOf = ({ schema, columnIds, hashKeys }: TableVector) => ({
  columns: schema.map(({ name, type }) => ({
    ...{ name, type: parseDataType(type) },
    nullable: !hashKeys.includes(name),
  })),
  key: hashKeys.map(key => schema.findIndex(({ name }) => name === key)),
  columnIds: schema.map(({ name }) =>
    columnIds?.[name] === undefined ? undefined : BigInt(columnIds[name]),
  ),
  takesPartialRows: columnIds !== undefined,
  partition: undefined,
})

class Bucket implements RecordStream {
  readonly totals = new StreamTotals()
  waiting = -1
  records = Buffer.alloc(0)

  static onRecords(bucket: Bucket, bytes: Buffer): void {
    bucket.records = Buffer.concat([bucket.records, bytes])
  }
}

/** What each bucket gets of some rows. */
const encodeAll = (vector: UpsertVector, rows: readonly unknown[]): Map<number, string> => {
  const encoder = new UpsertEncoder(tableOf(vector), vector.hasher, vector.buckets, {})
  const scatterer = encoder.scatter(Bucket.onRecords)
  const buckets = new Map<number, Bucket>()
  for (const [index, row] of rows.entries()) {
    const at = encoder.bucketOf(row, index)
    const bucket = buckets.get(at) ?? new Bucket()
    scatterer.add(encoder.cells, index, bucket)
    buckets.set(at, bucket)
  }
  scatterer.flush()
  return new Map(
    [...buckets].map(([at, { totals, records }]) => {
      const trailer = encodeTrailer(totals.rows, totals.checksum)
      return [at, Buffer.concat([records, trailer]).toString('hex')]
    }),
  )
}

describe('the bodies of official clients', () => {
  for (const vector of vectors)
    test(vector.name, () => {
      const cells = (row: readonly unknown[]): unknown[] =>
        row.map((cell, i) => cellOf(cell, parseDataType(vector.schema[i]!.type)))
      const names = vector.schema.map(({ name }) => name)
      const keyOf = (row: readonly unknown[]): unknown[] =>
        vector.hashKeys.map(key => row[names.indexOf(key)])
      const columnOf = new Map(Object.entries(vector.columnIds ?? {}).map(([name, id]) => [Number(id), name]))
      const given =
        vector.operations?.map(({ op, row }) =>
          op === 'delete' ? deleteRow(keyOf(cells(row))) : cells(row),
        ) ??
        vector.bodies.flatMap(({ rows = [], operations = [], valueColumns = [] }) =>
          rows.map((row, i) => {
            if (operations[i] === 68) return deleteRow(keyOf(cells(row)))
            const columns = valueColumns[i]!.map(id => columnOf.get(id)!)
            return columns.length > 0 ? partialRow(cells(row), columns) : cells(row)
          }),
        )
      const ours = encodeAll(vector, given)
      assert.deepEqual([...ours.keys()].sort(), vector.bodies.map(({ bucket }) => bucket).sort())
      for (const { bucket, hex } of vector.bodies) assert.equal(ours.get(bucket), hex)
    })
})

const orders = {
  schema: [
    { name: 'region', type: 'string' },
    { name: 'id', type: 'bigint' },
    { name: 'amount', type: 'double' },
    { name: 'note', type: 'string' },
  ],
  columnIds: { region: '3', id: '5', amount: '7', note: '9' },
  hashKeys: ['id', 'region'],
}

const newEncoder = (
  table: Partial<ReturnType<typeof tableOf>> = {},
  options: UpsertEncodeOptions = {},
): UpsertEncoder => new UpsertEncoder({ ...tableOf(orders), ...table }, 'default', 16, options)

const hexOfRow = (row: unknown, encoder = newEncoder()): string => {
  encoder.bucketOf(row, 4)
  const bucket = new Bucket()
  const scatterer = encoder.scatter(Bucket.onRecords)
  scatterer.add(encoder.cells, 4, bucket)
  scatterer.flush()
  return bucket.records.toString('hex')
}

test('a row, a deletion and a partial row may be spelled in several ways', () => {
  const same = (rows: readonly unknown[]): void =>
    assert.equal(new Set(rows.map(row => hexOfRow(row))).size, 1)
  same([['n', 1n, 2.5, null], { ID: 1, amount: 2.5, region: 'n' }])
  same([deleteRow({ id: 1n, region: 'n' }), deleteRow([1n, 'n']), deleteRow({ Region: 'n', ID: '1' })])
  same([
    partialRow({ id: 1n, region: 'n', amount: 2, note: null }, ['note', 'amount']),
    partialRow(['n', 1n, 2, null], ['id', 'Note', 'AMOUNT']),
    partialRow({ id: 1n, region: 'n', amount: 2, note: null, other: 1 }, ['note', 'region', 'amount']),
  ])
})

test('a partial row carries nothing of the columns it does not name', () => {
  assert.equal(
    hexOfRow(partialRow({ id: 1n, region: 'n', amount: 2, note: 'kept' }, ['amount'])),
    hexOfRow(partialRow({ id: 1n, region: 'n', amount: 2 }, ['amount'])),
  )
})

test('rows are the same bytes before, between and behind partial rows', () => {
  const whole = ['n', 1n, 2.5, 'left']
  const partial = partialRow({ id: 1n, region: 'n', amount: 2 }, ['amount'])
  const rows = [whole, deleteRow([1n, 'n']), partial, whole, deleteRow([1n, 'n']), partial, whole]
  const vector = { ...orders, name: '', hasher: 'default', buckets: 1, bodies: [] } as const
  const mixed = encodeAll(vector, rows).get(0)!
  const alone = rows.map(row => hexOfRow(row)).join('')
  assert.equal(mixed.slice(0, alone.length), alone)
})

test('a row that does not fit leaves no trace in the next one', () => {
  const encoder = newEncoder()
  assert.throws(() => hexOfRow(['n', 1n, 'x', 'left'], encoder), TunnelValueError)
  assert.equal(hexOfRow(deleteRow([1n, 'n']), encoder), hexOfRow(deleteRow([1n, 'n'])))
})

describe('what is refused', () => {
  const refusals: readonly [string, () => unknown, string, string | undefined][] = [
    ['NULL in the key of a row', () => ['n', null, 1, null], 'ODPS_NULL_NOT_ALLOWED', 'id'],
    ['a row without a key column', () => ({ region: 'n', amount: 1 }), 'ODPS_NULL_NOT_ALLOWED', 'id'],
    ['a column that is unknown', () => ({ region: 'n', id: 1n, amuont: 1 }), 'ODPS_UNKNOWN_COLUMN', 'amuont'],
    ['too few cells', () => ['n', 1n], 'ODPS_ROW_LENGTH', undefined],
    ['NULL in the key of a deletion', () => deleteRow([1n, null]), 'ODPS_NULL_NOT_ALLOWED', 'region'],
    ['a key column missing in a deletion', () => deleteRow({ id: 1n }), 'ODPS_INVALID_ROW', 'region'],
    [
      'another column in a deletion',
      () => deleteRow({ id: 1n, region: 'n', note: 'x' }),
      'ODPS_UNKNOWN_COLUMN',
      'note',
    ],
    ['another number of values in a deletion', () => deleteRow([1n]), 'ODPS_ROW_LENGTH', undefined],
    ['a whole row in a deletion', () => deleteRow(['n', 1n, 1, null]), 'ODPS_ROW_LENGTH', undefined],
    ['a key twice in a deletion', () => deleteRow({ id: 1n, ID: 1n, region: 'n' }), 'ODPS_INVALID_ROW', 'ID'],
    ['a deletion of something else', () => deleteRow(7 as never), 'ODPS_INVALID_ROW', undefined],
    [
      'a partial row without a key column',
      () => partialRow({ id: 1n, note: 'x' }, ['note']),
      'ODPS_NULL_NOT_ALLOWED',
      'region',
    ],
    [
      'a partial row without a named column',
      () => partialRow({ id: 1n, region: 'n' }, ['note']),
      'ODPS_INVALID_ROW',
      'note',
    ],
    [
      'a partial row that names only the key',
      () => partialRow({ id: 1n, region: 'n' }, ['id']),
      'ODPS_INVALID_ROW',
      undefined,
    ],
    [
      'a partial row that names no column',
      () => partialRow({ id: 1n, region: 'n' }, ['nope']),
      'ODPS_UNKNOWN_COLUMN',
      'nope',
    ],
    [
      'a partial row that names one twice',
      () => partialRow(['n', 1n, 1, 'x'], ['note', 'NOTE']),
      'ODPS_INVALID_ROW',
      'NOTE',
    ],
    ['something that is not a row', () => 'n,1', 'ODPS_INVALID_ROW', undefined],
  ]
  for (const [name, make, code, column] of refusals)
    test(name, () => {
      assert.throws(
        () => hexOfRow(make()),
        (error: unknown) =>
          error instanceof TunnelValueError &&
          error.code === code &&
          error.column === column &&
          error.rowIndex === 4 &&
          error.message.startsWith('Row 4'),
      )
    })

  test('NULL in a column that the table requires', () => {
    const [region, id, amount, note] = tableOf(orders).columns
    const encoder = newEncoder({ columns: [region!, id!, { ...amount!, nullable: false }, note!] })
    const isNull = { code: 'ODPS_NULL_NOT_ALLOWED', column: 'amount' }
    assert.throws(() => hexOfRow({ id: 1n, region: 'n' }, encoder), isNull)
    assert.throws(
      () => hexOfRow(partialRow({ id: 1n, region: 'n', amount: null }, ['amount']), encoder),
      isNull,
    )
    assert.equal(hexOfRow(deleteRow([1n, 'n']), encoder), hexOfRow(deleteRow([1n, 'n'])))
  })

  test('a list of columns that is none', () => {
    for (const columns of [[], 'note', [1], undefined])
      assert.throws(() => partialRow({ id: 1n }, columns as never), TunnelOptionError)
  })

  test('partial rows where the table takes only whole ones, or gives its columns no ids', () => {
    const row = partialRow({ id: 1n, region: 'n', amount: 1 }, ['amount'])
    assert.throws(() => hexOfRow(row, newEncoder({ takesPartialRows: false })), TunnelOptionError)
    const columnIds = [3n, 5n, undefined, 9n]
    assert.throws(() => hexOfRow(row, newEncoder({ columnIds })), TunnelOptionError)
  })
})

test('unknownColumns: ignore holds for whole rows, and never for the key of a deletion', () => {
  const encoder = newEncoder({}, { unknownColumns: 'ignore' })
  assert.equal(hexOfRow({ id: 1n, region: 'n', other: 1 }, encoder), hexOfRow(['n', 1n, null, null]))
  assert.throws(() => hexOfRow(deleteRow({ id: 1n, region: 'n', other: 1 }), encoder), TunnelValueError)
})
