import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { describe, type TestContext, test } from 'node:test'
import { chainUnchecked } from 'stream-chain'
import type { DownloadStream } from '../../lib/download/download-stream.js'
import { defineSchema } from '../../lib/schema/define-schema.js'
import { batch } from '../../lib/transforms/batch.js'
import type { ColumnSource } from '../../lib/transforms/column-source.js'
import { formatCsv } from '../../lib/transforms/format-csv.js'
import { formatNdjson, parseNdjson } from '../../lib/transforms/ndjson.js'
import { objectsToRows, rowsToObjects } from '../../lib/transforms/object-rows.js'
import { parseCsv } from '../../lib/transforms/parse-csv.js'
import { toTable } from '../../lib/transforms/to-table.js'
import type { Tunnel } from '../../lib/tunnel.js'
import { emulatedTable, fillTable, readTable, rowsUpTo } from '../session/emulated-table.js'
import { runChain, runToText, slices } from './run-chain.js'

const schema = defineSchema({ id: 'bigint', name: 'string' })
const csvOf = (count: number): string =>
  `id,name\n${rowsUpTo(count)
    .map(([id, name]) => `${id},${name}\n`)
    .join('')}`

describe('files into a table and out of it', () => {
  for (const [how, functions] of [
    ['rows', () => [parseCsv(schema)]],
    ['batches', () => [parseCsv(schema), batch(100)]],
  ] as const) {
    test(`CSV as ${how}, with the upload behind the chain`, async context => {
      const table = await emulatedTable(context)
      const upload = table.tunnel.createUploadStream({ table: 't' })
      await pipeline(Readable.from(slices(csvOf(1000), 777)), chainUnchecked(functions()), upload)
      assert.deepEqual(await readTable(table), rowsUpTo(1000))
    })

    test(`CSV as ${how}, with the upload as the end of the chain`, async context => {
      const table = await emulatedTable(context)
      const upload = table.tunnel.createUploadStream({ table: 't' })
      await pipeline(
        Readable.from(slices(csvOf(1000), 777)),
        chainUnchecked([...functions(), toTable(upload)]),
      )
      assert.deepEqual(await readTable(table), rowsUpTo(1000))
    })
  }

  test('a bad cell far into the file leaves the table as it was', async context => {
    const table = await emulatedTable(context)
    for (const inChain of [true, false]) {
      const upload = table.tunnel.createUploadStream({ table: 't' })
      const source = Readable.from(slices(`${csvOf(1000)}x,y\n`, 777))
      const done = inChain
        ? pipeline(source, chainUnchecked([parseCsv(schema), toTable(upload)]))
        : pipeline(source, chainUnchecked([parseCsv(schema)]), upload)
      await assert.rejects(done, { code: 'ODPS_INVALID_VALUE', column: 'id', rowIndex: 1000 })
      assert.ok(upload.destroyed)
      assert.deepEqual(await readTable(table), [])
    }
  })

  test('a table comes out as CSV and JSON lines, and goes in again', async context => {
    const table = await emulatedTable(context)
    await fillTable(table, 500)
    const csv: Buffer[] = []
    const keep = async (chunks: AsyncIterable<Buffer>) => {
      for await (const chunk of chunks) csv.push(chunk)
    }
    await pipeline(
      table.tunnel.createDownloadStream({ table: 't' }),
      chainUnchecked([formatCsv(schema)]),
      keep,
    )
    assert.equal(Buffer.concat(csv).toString(), csvOf(500))
    const upload = table.tunnel.createUploadStream({ table: 't' })
    await pipeline(
      table.tunnel.createDownloadStream({ table: 't' }),
      chainUnchecked([
        rowsToObjects(schema),
        formatNdjson(),
        parseNdjson(),
        objectsToRows(schema),
        toTable(upload),
      ]),
    )
    assert.deepEqual(await readTable(table), [...rowsUpTo(500), ...rowsUpTo(500)])
  })
})

describe('the columns of a download', () => {
  const partitioned = async (context: TestContext): Promise<Tunnel> => {
    const { emulator, tunnel } = await emulatedTable(context)
    const columns = { id: 'bigint', name: 'string' }
    await emulator.createTable({ name: 'parts', columns, partitionColumns: { pt: 'string', n: 'int' } })
    await emulator.insert('parts', [[1n, 'a']], 'pt=x,n=7')
    await emulator.insert('parts', [[2n, null]], 'pt=y,n=8')
    await emulator.createTable({ name: 'none', columns, partitionColumns: { pt: 'string' } })
    return tunnel
  }
  const columnsOf = ({ columns }: ColumnSource): ColumnSource['columns'] => columns
  const read = async (source: DownloadStream<unknown>, format: (row: object) => Buffer): Promise<string> =>
    runToText(source, format)

  test('are those that it was asked for, and what is behind it takes them from there', async context => {
    const tunnel = await partitioned(context)
    const options = { table: 'parts', partitions: 'all', partitionColumns: true, columns: ['name'] } as const
    const csv = tunnel.createDownloadStream(options)
    assert.equal(columnsOf(csv), undefined)
    assert.equal(await read(csv, formatCsv(csv)), 'name,pt,n\na,x,7\n\\N,y,8\n')
    assert.deepEqual(
      columnsOf(csv)?.map(({ name, type }) => [name, type.kind]),
      [
        ['name', 'string'],
        ['pt', 'string'],
        ['n', 'int'],
      ],
    )
    const lines = tunnel.createDownloadStream(options)
    const named = '{"name":"a","pt":"x","n":7}\n{"name":null,"pt":"y","n":8}\n'
    assert.equal(await read(lines, formatNdjson(lines)), named)
    const objects = tunnel.createDownloadStream(options)
    assert.equal(await runToText(objects, rowsToObjects(objects), formatNdjson()), named)
    const shaped = tunnel.createDownloadStream({ ...options, rowShape: 'object' })
    assert.equal(await read(shaped, formatNdjson(shaped)), named)
    const batches = tunnel.readBatches({ table: 'parts', partitionSpec: 'pt=x,n=7' })
    for await (const [row] of batches) assert.deepEqual(rowsToObjects(batches)(row!), { id: 1n, name: 'a' })
  })

  test('are known without any row, but not without any partition', async context => {
    const tunnel = await partitioned(context)
    const noRow = tunnel.createDownloadStream({ table: 't', columns: ['NAME', 'id'] })
    assert.equal(await read(noRow, formatCsv(noRow)), 'name,id\n')
    const noPartition = tunnel.createDownloadStream({ table: 'none', partitions: 'all' })
    assert.equal(await read(noPartition, formatCsv(noPartition)), '')
  })

  test('are not chosen twice, and belong to its own rows', async context => {
    const tunnel = await partitioned(context)
    const download = tunnel.createDownloadStream({ table: 't' })
    const code = 'ODPS_INVALID_OPTION'
    assert.throws(() => formatCsv(download, { columns: ['id'] }), {
      code,
      message: /pass columns to the download/,
    })
    assert.throws(() => formatCsv(download, { partitionColumns: true }), { code })
    for (const wrong of [undefined, null, 'parts', {}]) {
      assert.throws(() => formatCsv(wrong as never), { code, message: /^formatCsv: pass a schema/ })
      assert.throws(() => rowsToObjects(wrong as never), { code })
    }
    const early = { code: 'ODPS_INVALID_ROW', message: /the download that the rows come from/ }
    await assert.rejects(runToText([[1n, 'a']], formatCsv(download)), early)
    await assert.rejects(runToText([[1n, 'a']], formatNdjson(download)), early)
    download.destroy()
  })

  test('are those of a schema for JSON lines, too', async () => {
    assert.equal(
      await runToText([[1n, 'a'], { id: 2n }], formatNdjson(schema)),
      '{"id":1,"name":"a"}\n{"id":2}\n',
    )
    const lines = await runChain([[1n, 'a']], formatNdjson(schema, { chunkBytes: 0 }))
    assert.equal(lines.length, 1)
  })
})
