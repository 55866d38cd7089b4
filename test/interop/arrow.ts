import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { describe, test } from 'node:test'
import { createArrowDownloadStream, createArrowUploadStream } from '../../lib/arrow-streams/index.js'
import { type CompressionName, type DataType, parseDataType } from '../../lib/index.js'
import { compareRows, type Row } from './cells.js'
import { ClientError } from './client-process.js'
import type { Client, ColumnText, Context } from './context.js'
import { type AnyName, allNames, type ClientName, familyOf } from './install.js'
import { compressionsOf, type TypeCase, typeCases } from './matrix.js'
import { good } from './report.js'

/*
 * Arrow with every client that has it. What PyODPS writes and reads it makes of cells itself; the Java and Go SDKs take and give
 * record batches, which pyarrow makes of cells and reads. So no batch, and no reading of one, is ours alone.
 */

/** Other compressions than records have (protocol 7.5); the rest is refused before a request is sent. */
const arrowCompressionsOf: Readonly<Record<ClientName, readonly CompressionName[]>> = {
  ...compressionsOf,
  java: ['raw', 'deflate', 'snappy'],
}

const knownTo = (name: AnyName): readonly TypeCase[] =>
  typeCases.filter(({ clients }) => clients === undefined || clients.includes(familyOf(name)))

export const testArrow = (context: () => Context): void => {
  describe('Arrow', () => {
    for (const name of allNames) {
      test(`${name}: every data type`, t => withClient(context(), t, name, testTypes))
      for (const compression of arrowCompressionsOf[familyOf(name)])
        test(`${name}, ${compression}`, t =>
          withClient(context(), t, name, (...both) => testCompression(...both, compression)))
    }
    test('what pyarrow reads of our download and we upload again', t =>
      withClient(context(), t, 'python', testIpc))
  })
}

const withClient = async (
  context: Context,
  t: { skip(message: string): void },
  name: AnyName,
  work: (context: Context, client: Client) => Promise<void>,
): Promise<void> => {
  const client = context.client(name)
  if (client === undefined || context.client('python') === undefined) t.skip('not installed')
  else await work(context, client)
}

/** A table of each type; where a client fails is for the table and its notes to tell. */
const testTypes = async (context: Context, client: Client): Promise<void> => {
  for (const { type, cells } of knownTo(client.name)) {
    const columns = [{ name: 'v', type }]
    const rows: Row[] = [...cells, null].map(cell => [cell])
    const [written, read] = await bothWays(context, client, columns, rows, 'raw')
    context.report.set('Arrow', type, client.name, outcomeOf(written, read))
  }
}

const outcomeOf = (written: string, read: string): string => {
  if (written === read) return written === good ? good : `← → ${read}`
  return `← ${written}, → ${read}`
}

/** A table of all types that came through alone. */
const testCompression = async (
  context: Context,
  client: Client,
  compression: CompressionName,
): Promise<void> => {
  const cases = knownTo(client.name).filter(
    ({ type }) => context.report.get('Arrow', type, client.name) === good,
  )
  assert.ok(cases.length >= 20, `${client.name} has only ${cases.length} types in Arrow`)
  const count = Math.max(...cases.map(({ cells }) => cells.length)) + 1
  const rows = Array.from({ length: count }, (_, row) => cases.map(({ cells }) => cells[row] ?? null))
  const columns = cases.map(({ type }, i) => ({ name: `c${i}`, type }))
  await context.report.check('Arrow', `compression: ${compression}`, client.name, async () => {
    assert.deepEqual(await bothWays(context, client, columns, rows, compression), [good, good])
  })
}

/** What became of rows that it writes and we read, and of rows that we write and it reads. */
const bothWays = async (
  context: Context,
  client: Client,
  columns: readonly ColumnText[],
  rows: readonly Row[],
  compression: CompressionName,
): Promise<[written: string, read: string]> => {
  const types = columns.map(({ type }) => parseDataType(type))
  const table = await context.createTable(columns)
  const written = await attempt(types, rows, async () => {
    await write(context, client, { table, compression }, columns, rows)
    return context.read({ table, compression }, columns)
  })
  const other = await context.createTable(columns)
  await context.write({ table: other, compression }, columns, rows)
  const read = await attempt(types, rows, () =>
    readRows(context, client, { table: other, compression }, columns),
  )
  return [written, read]
}

const attempt = async (
  types: readonly DataType[],
  rows: readonly Row[],
  work: () => Promise<Row[]>,
): Promise<string> => {
  try {
    const actual = await work()
    const wrong = new Set(compareRows(actual, rows, types).map(({ row }) => row)).size
    return wrong === 0 ? good : `${wrong} of ${rows.length} rows wrong`
  } catch (error) {
    if (error instanceof ClientError) return `fails: ${error.kind}`
    throw error
  }
}

interface ArrowJob {
  readonly table: string
  readonly compression: CompressionName
}

const write = async (
  context: Context,
  client: Client,
  job: ArrowJob,
  columns: readonly ColumnText[],
  rows: readonly Row[],
): Promise<void> => {
  if (client.family === 'python') await client.call('writeArrow', { ...job, rows })
  else {
    const bytes = await context.client('python')!.call<string>('arrowMessage', { columns, rows })
    await client.call('writeArrow', { ...job, bytes })
  }
}

const readRows = async (
  context: Context,
  client: Client,
  job: ArrowJob,
  columns: readonly ColumnText[],
): Promise<Row[]> => {
  if (client.family === 'python') return client.call('readArrow', job)
  const bytes = await client.call<string>('readArrow', job)
  const intervals = columns.filter(({ type }) => type.startsWith('interval_')).map(({ name }) => name)
  return context.client('python')!.call('readIpc', { bytes, intervals })
}

/** The IPC stream that we make is read by pyarrow and by us, in every compression. */
const testIpc = async (context: Context, client: Client): Promise<void> => {
  const { tunnel } = context
  const cases = typeCases.filter(({ type }) => context.report.get('Arrow', type, 'python') === good)
  for (const compression of compressionsOf.python) {
    const columns = cases.map(({ type }, i) => ({ name: `c${i}`, type }))
    const rows = Array.from({ length: 10 }, (_, row) => cases.map(({ cells }) => cells[row] ?? null))
    const types = columns.map(({ type }) => parseDataType(type))
    const same = (what: string, actual: readonly Row[]): void =>
      assert.deepEqual(compareRows(actual, rows, types), [], `${compression}: ${what}`)
    const table = await context.createTable(columns)
    await context.write({ table, compression }, columns, rows)
    const chunks: Buffer[] = []
    for await (const chunk of createArrowDownloadStream({ tunnel, table, compression, as: 'ipc' }).chunks())
      chunks.push(chunk)
    const ipc = Buffer.concat(chunks)
    same('pyarrow reads', await client.call<Row[]>('readIpc', { bytes: ipc.toString('base64') }))
    const copy = await context.createTable(columns)
    const upload = createArrowUploadStream({ tunnel, table: copy, compression, as: 'ipc' })
    await pipeline(Readable.from([ipc]), upload)
    same('it reads in Arrow', await client.call<Row[]>('readArrow', { table: copy, compression }))
    same('it reads records', await client.read({ table: copy, compression }))
  }
}
