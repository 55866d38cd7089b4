import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type CompressionName, deleteRow, parseDataType, partialRow } from '../../lib/index.js'
import { compareRows, type Row, toValue } from './cells.js'
import { type Client, type ColumnText, type Context, project } from './context.js'
import type { ClientName } from './install.js'

/** Keys of several types, so that a wrong hash of one of them would show in the buckets. */
const keyed: readonly ColumnText[] = [
  { name: 'id', type: 'bigint' },
  { name: 'code', type: 'string' },
  { name: 'at', type: 'datetime' },
  { name: 'name', type: 'string' },
  { name: 'ratio', type: 'double' },
]
const keyedTypes = keyed.map(({ type }) => parseDataType(type))

const createKeyed = async (context: Context): Promise<string> => {
  const { emulator } = context
  const name = context.tableName()
  await emulator.createTable({
    ...{ name, project, columns: keyed, primaryKey: ['code', 'id', 'at'] },
    properties: { 'acid.partial.fields.update.enable': 'true', 'write.bucket.num': '7' },
  })
  return name
}

const keyedRow = (i: number, version: string): Row => [
  String(i * 1_000_003 - 40_000_000),
  `${'é'.repeat(i % 3)}code ${i % 50}`,
  { ms: i * 86_399_999 - 1_000_000_000 },
  version,
  i / 8,
]

interface Upsert {
  readonly row: Row
  readonly delete?: boolean
  readonly columns?: readonly string[]
}

/** All rows, some again, some deleted, and some of these written anew. */
const upserts: readonly Upsert[] = [
  ...Array.from({ length: 300 }, (_, i) => ({ row: keyedRow(i, 'first') })),
  ...Array.from({ length: 100 }, (_, i) => ({ row: keyedRow(i * 3, 'second') })),
  ...Array.from({ length: 60 }, (_, i) => ({
    row: [...keyedRow(i * 5, '').slice(0, 3), null, null] as Row,
    delete: true,
  })),
  ...Array.from({ length: 20 }, (_, i) => ({ row: keyedRow(i * 15, 'anew') })),
]

const afterUpserts = (changes: readonly Upsert[]): Row[] => {
  const model = new Map<string, Row>()
  for (const { row, delete: isDeleted = false, columns } of changes) {
    const key = JSON.stringify(row.slice(0, 3))
    const old = model.get(key)
    if (isDeleted) model.delete(key)
    else if (columns === undefined) model.set(key, row)
    else
      model.set(
        key,
        row.map((cell, i) => (i < 3 || columns.includes(keyed[i]!.name) ? cell : (old?.[i] ?? null))),
      )
  }
  return [...model.values()]
}

const byText = (rows: readonly Row[]): Row[] =>
  [...rows].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))

const upsertOurs = async ({ tunnel }: Context, table: string, changes: readonly Upsert[]): Promise<void> => {
  const stream = tunnel.createUpsertStream({ table, slots: 2 })
  for (const { row, delete: isDeleted, columns } of changes) {
    const cells = row.map((cell, i) => toValue(cell, keyedTypes[i]!))
    if (isDeleted) stream.write(deleteRow([cells[1], cells[0], cells[2]]))
    else stream.write(columns === undefined ? cells : partialRow(cells, columns))
  }
  stream.end()
  await stream.committed
}

/** How many records each bucket of a table got. */
const bucketsOf = ({ emulator }: Context, table: string): Map<string, number> => {
  const counts = new Map<string, number>()
  for (const { action, table: of, query } of emulator.requests)
    if (action === 'putUpsert' && of === table) {
      const bucket = query.get('bucketid')!
      counts.set(bucket, (counts.get(bucket) ?? 0) + Number(query.get('record_count')))
    }
  return new Map([...counts].sort())
}

const checkUpserts = async (
  context: Context,
  client: Client,
  changes: readonly Upsert[],
  compressions: readonly CompressionName[],
): Promise<void> => {
  const ours = await createKeyed(context)
  await upsertOurs(context, ours, changes)
  const expected = afterUpserts(changes)
  assertRows(await client.read({ table: ours }), expected)
  for (const compression of compressions) {
    const theirs = await createKeyed(context)
    await client.call('upsert', { table: theirs, slots: 2, compression, changes })
    assertRows(await context.read({ table: theirs }, keyed), expected)
    assert.deepEqual(bucketsOf(context, theirs), bucketsOf(context, ours))
  }
}

/** Rows have no order in a table with a key. */
const assertRows = (actual: readonly Row[], expected: readonly Row[]): void =>
  assert.deepEqual(compareRows(byText(actual), byText(expected), keyedTypes).slice(0, 3), [])

/** By the line of the table: who can, and what is tried. The Go client has no upserts. */
export const upsertChecks: Readonly<
  Record<string, readonly [readonly ClientName[], (context: Context, client: Client) => Promise<void>]>
> = {
  'upserts and deletions, in the same buckets': [
    ['python', 'java'],
    (context, client) => checkUpserts(context, client, upserts, ['raw', 'deflate', 'snappy', 'zstd']),
  ],
  'partial rows': [
    ['java'],
    (context, client) => {
      const partial = Array.from({ length: 100 }, (_, i) => ({
        row: [...keyedRow(i * 4, 'partial').slice(0, 4), null] as Row,
        columns: i % 2 === 0 ? ['name'] : ['ratio', 'name'],
      }))
      return checkUpserts(context, client, [...upserts, ...partial], ['deflate'])
    },
  ],
}

export const testUpserts = (context: () => Context): void => {
  describe('upserts', () => {
    for (const [feature, [names, check]] of Object.entries(upsertChecks))
      for (const name of names)
        test(`${name}: ${feature}`, async t => {
          const client = context().clients.find(each => each.name === name)
          if (client === undefined) t.skip('not installed')
          else
            await context().report.check('Tables and sessions', feature, name, () => check(context(), client))
        })
  })
}
