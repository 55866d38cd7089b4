import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { describe, test } from 'node:test'
import { createArrowDownloadStream, createArrowUploadStream } from '../../lib/arrow-streams/index.js'
import { type CompressionName, parseDataType } from '../../lib/index.js'
import { compareRows, type Row } from './cells.js'
import type { Client, ColumnText, Context } from './context.js'
import { compressionsOf, type TypeCase, typeCases } from './matrix.js'

/*
 * Arrow with the one client that reads and writes it for all types, and with pyarrow for the IPC stream that we make. PyODPS has
 * no Arrow type for INTERVAL_YEAR_MONTH and JSON.
 */

const cases = typeCases.filter(({ type }) => type !== 'interval_year_month' && type !== 'json')

export const testArrow = (context: () => Context): void => {
  describe('Arrow', () => {
    test('python: every data type', async t => {
      const client = pythonOf(context())
      if (client === undefined) t.skip('not installed')
      else for (const each of cases) await testType(context(), client, each)
    })

    for (const compression of compressionsOf.python)
      test(`python, ${compression}`, async t => {
        const client = pythonOf(context())
        if (client === undefined) t.skip('not installed')
        else await testCompression(context(), client, compression)
      })
  })
}

const pythonOf = ({ clients }: Context): Client | undefined => clients.find(({ name }) => name === 'python')

const testType = (context: Context, client: Client, { type, cells }: TypeCase): Promise<void> =>
  context.report.check('Arrow', type, 'python', async () => {
    const rows: Row[] = [...cells, null].map(cell => [cell])
    await roundTrip(context, client, [{ name: 'v', type }], rows, 'raw')
  })

const testCompression = (context: Context, client: Client, compression: CompressionName): Promise<void> =>
  context.report.check('Arrow', `compression: ${compression}`, 'python', async () => {
    const count = Math.max(...cases.map(({ cells }) => cells.length)) + 1
    const rows = Array.from({ length: count }, (_, row) => cases.map(({ cells }) => cells[row] ?? null))
    const columns = cases.map(({ type }, i) => ({ name: `c${i}`, type }))
    await roundTrip(context, client, columns, rows, compression)
  })

const roundTrip = async (
  context: Context,
  client: Client,
  columns: readonly ColumnText[],
  rows: readonly Row[],
  compression: CompressionName,
): Promise<void> => {
  const { tunnel } = context
  const types = columns.map(({ type }) => parseDataType(type))
  const same = (what: string, actual: readonly Row[]): void =>
    assert.deepEqual(compareRows(actual, rows, types), [], `${columns.map(({ type }) => type)}: ${what}`)

  const table = await context.createTable(columns)
  await client.call('writeArrow', { table, compression, rows })
  same('it writes, we read', await context.read({ table, compression }, columns))

  const chunks: Buffer[] = []
  for await (const chunk of createArrowDownloadStream({ tunnel, table, compression, as: 'ipc' }).chunks())
    chunks.push(chunk)
  const ipc = Buffer.concat(chunks)
  same('we download, pyarrow reads', await client.call<Row[]>('readIpc', { bytes: ipc.toString('base64') }))

  const copy = await context.createTable(columns)
  const upload = createArrowUploadStream({ tunnel, table: copy, compression, as: 'ipc' })
  await pipeline(Readable.from([ipc]), upload)
  same('we write, it reads', await client.call<Row[]>('readArrow', { table: copy, compression }))
  same('we write, it reads records', await client.read({ table: copy, compression }))
}
