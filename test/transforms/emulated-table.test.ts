import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { describe, test } from 'node:test'
import { chainUnchecked } from 'stream-chain'
import { defineSchema } from '../../lib/schema/define-schema.js'
import { batch } from '../../lib/transforms/batch.js'
import { formatCsv } from '../../lib/transforms/format-csv.js'
import { formatNdjson, parseNdjson } from '../../lib/transforms/ndjson.js'
import { objectsToRows, rowsToObjects } from '../../lib/transforms/object-rows.js'
import { parseCsv } from '../../lib/transforms/parse-csv.js'
import { toTable } from '../../lib/transforms/to-table.js'
import { emulatedTable, fillTable, readTable, rowsUpTo } from '../session/emulated-table.js'
import { slices } from './run-chain.js'

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
