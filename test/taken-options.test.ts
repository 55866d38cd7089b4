import assert from 'node:assert/strict'
import { test } from 'node:test'
import { copyTable, createDownloadStream, createUploadStream, upload } from '../lib/index.js'
import { taken } from '../lib/taken-options.js'
import {
  type EmulatedTable,
  emulatedTable,
  fillTable,
  readTable,
  rowsUpTo,
} from './session/emulated-table.js'

test('plain lists and objects are copied, with keys that are symbols; what has a class, and a schema, is not', () => {
  const key = Symbol('key')
  const own = { list: [{ a: 1 }], deep: { b: { c: 2 } }, [key]: { d: 3 } }
  const kept = {
    signal: new AbortController().signal,
    call: () => 0,
    map: new Map(),
    schema: { columns: [] },
  }
  const copy = taken({ ...own, ...kept })
  assert.deepEqual(copy, { ...own, ...kept })
  assert.ok(copy.list !== own.list && copy.list[0] !== own.list[0] && copy.deep.b !== own.deep.b)
  assert.notEqual(copy[key], own[key])
  for (const name of ['signal', 'call', 'map', 'schema'] as const) assert.equal(copy[name], kept[name])
  assert.equal(taken(undefined), undefined)
})

/** Options that tell of whatever is read of them once they are closed. */
const watched = (options: object): { given: never; close: () => void; late: Set<string> } => {
  const late = new Set<string>()
  let isClosed = false
  const watch = (value: object, path: string): object =>
    new Proxy(value, {
      get: (target, key, receiver) => {
        if (isClosed) late.add(path + String(key))
        const inner: unknown = Reflect.get(target, key, receiver)
        const isPlain = Array.isArray(inner) || (inner as object)?.constructor === Object
        return isPlain ? watch(inner as object, `${path}${String(key)}.`) : inner
      },
    })
  const close = (): void => {
    isClosed = true
  }
  return { given: watch(options, '') as never, close, late }
}

const drain = async (rows: AsyncIterable<unknown>): Promise<void> => {
  for await (const _ of rows);
}

type Call = (table: EmulatedTable, options: never) => unknown

const partitioned = 'create table if not exists pt (id bigint) partitioned by (p string)'
const calls: readonly [string, object, Call][] = [
  ['createUploadStream', { table: 't' }, ({ tunnel }, o) => tunnel.createUploadStream(o).end()],
  ['upload', { table: 't' }, ({ tunnel }, o) => tunnel.upload(o, [[1n, 'a']] as never)],
  [
    'upload, by partitions',
    { table: 'pt', partitionBy: ['p'], createPartition: true },
    ({ tunnel }, o) => tunnel.upload(o, [{ id: 1n, p: 'x' }]),
  ],
  [
    'createStreamingUploadStream',
    { table: 't' },
    ({ tunnel }, o) => tunnel.createStreamingUploadStream(o).end(),
  ],
  [
    'createDownloadStream',
    { table: 't', columns: ['id'] },
    ({ tunnel }, o) => drain(tunnel.createDownloadStream(o)),
  ],
  ['download', { table: 't', columns: ['id'] }, ({ tunnel }, o) => tunnel.download(o)],
  ['readBatches', { table: 't', columns: ['id'] }, ({ tunnel }, o) => drain(tunnel.readBatches(o))],
  ['query', { sql: 'select * from t', hints: { a: 'b' } }, ({ tunnel }, o) => tunnel.query(o)],
  ['createQueryStream', { sql: 'select * from t' }, ({ tunnel }, o) => drain(tunnel.createQueryStream(o))],
  ['execute', { sql: 'drop table if exists z', hints: { a: 'b' } }, ({ tunnel }, o) => tunnel.execute(o)],
  [
    'copyTable',
    { from: { table: 't' }, to: { table: 'new' }, createTable: { comment: 'c' } },
    ({ tunnel }, o) => tunnel.copyTable(o),
  ],
  ['createUploadSession', { table: 't' }, ({ tunnel }, o) => tunnel.createUploadSession(o)],
  ['createUpsertStream', { table: 'k' }, ({ tunnel }, o) => tunnel.createUpsertStream(o).end()],
  ['createUpsertSession', { table: 'k', slots: 1 }, ({ tunnel }, o) => tunnel.createUpsertSession(o)],
  ['createDownloadSession', { table: 't' }, ({ tunnel }, o) => tunnel.createDownloadSession(o)],
]

for (const [name, options, call] of calls)
  test(`nothing of the options of ${name} is read after the call`, async context => {
    const table = await emulatedTable(context)
    await table.emulator.createTable({ name: 'k', columns: { id: 'bigint' }, primaryKey: ['id'] })
    await table.tunnel.execute({ sql: partitioned })
    await fillTable(table, 3)
    const { given, close, late } = watched(options)
    const made = call(table, given)
    close()
    const { closed } = made as { closed?: boolean }
    await (closed === undefined
      ? made
      : new Promise(resolve => (made as NodeJS.EventEmitter).on('close', resolve)))
    assert.deepEqual([...late], [])
  })

test('one object of options serves call after call', async context => {
  const table = await emulatedTable(context)
  const { emulator, tunnel } = table
  await emulator.createTable({ name: 'other', columns: { id: 'bigint', name: 'string' } })
  await fillTable(table, 3)
  const own = { tunnel, table: 't', overwrite: false }
  const first = upload(own, [[3n, 'row 3']])
  Object.assign(own, { table: 'other', overwrite: true })
  await Promise.all([first, upload(own, [[7n, 'x']])])
  assert.deepEqual(await readTable(table), rowsUpTo(4))
  const to = { table: 'other' }
  const copied = copyTable({ tunnel, from: { table: 't' }, to })
  to.table = 't'
  await copied
  assert.equal(emulator.rowCount('other'), 5)
  const read = { tunnel, table: 't', columns: ['id'] }
  const rows = createDownloadStream(read).toArray()
  read.columns[0] = 'name'
  assert.deepEqual(await rows, [[0n], [1n], [2n], [3n]])
  const sent = { tunnel, table: 't', overwrite: false }
  const stream = createUploadStream(sent)
  sent.overwrite = true
  stream.end([4n, 'row 4'])
  await stream.committed
  assert.equal(emulator.rowCount('t'), 5)
})
