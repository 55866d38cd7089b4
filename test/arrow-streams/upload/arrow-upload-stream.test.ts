import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { Readable, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { describe, test } from 'node:test'
import {
  Bool,
  Dictionary,
  Field,
  Int32,
  Int64,
  type RecordBatch,
  RecordBatchFileWriter,
  Schema,
  Table,
  TimestampMillisecond,
  TimestampNanosecond,
  tableFromIPC,
  tableToIPC,
  Utf8,
  vectorFromArray,
} from 'apache-arrow'
import {
  createArrowDownloadStream,
  createArrowUploadStream,
  uploadArrow,
} from '../../../lib/arrow-streams/index.js'
import type { DataType } from '../../../lib/schema/data-type.js'
import { parseDataType } from '../../../lib/schema/parse-data-type.js'
import { Timestamp } from '../../../lib/values/timestamp.js'
import { unscaledOf } from '../../../lib/values/unscaled.js'
import { type EmulatedTable, emulatedTable, readTable } from '../../session/emulated-table.js'

/* What pyarrow and apache-arrow write goes in; rows come out as records, and are those that pyarrow reads of its own streams. */

interface Golden {
  readonly name: string
  readonly table: Readonly<Record<string, string>>
  readonly names: readonly string[]
  readonly rows: readonly (readonly unknown[])[]
  readonly base64: string
}

const golden = JSON.parse(
  readFileSync(new URL('golden/streams.json', import.meta.url), 'utf8'),
) as readonly Golden[]
const bytesOf = (name: string): Buffer =>
  Buffer.from(golden.find(each => each.name === name)!.base64, 'base64')

const cellOf = (cell: unknown, type: DataType): unknown => {
  if (cell === null || cell === undefined) return null
  switch (type.kind) {
    case 'bigint':
      return BigInt(cell as string)
    case 'binary':
      return Buffer.from(cell as string, 'hex')
    case 'date':
      return new Date((cell as number) * 86_400_000).toISOString().slice(0, 10)
    case 'datetime':
      // pyarrow tells all times in the unit of their type.
      return new Date(Number(cell))
    case 'timestamp_ntz': {
      const count = BigInt(cell as string)
      const nanos = ((count % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n
      return new Timestamp((count - nanos) / 1_000_000_000n, Number(nanos))
    }
    case 'decimal':
      return unscaledOf(cell as string, 18)
    case 'array':
      return (cell as unknown[]).map(each => cellOf(each, type.element))
    case 'map':
      return new Map(
        (cell as [unknown, unknown][]).map(([k, v]) => [cellOf(k, type.key), cellOf(v, type.value)]),
      )
    case 'struct':
      return Object.fromEntries(
        type.fields.map(field => [
          field.name,
          cellOf((cell as Record<string, unknown>)[field.name], field.type),
        ]),
      )
    default:
      return cell
  }
}

const expectedOf = ({ table, names, rows }: Golden): unknown[][] =>
  rows.map(row =>
    Object.entries(table).map(([name, type]) => {
      const at = names.findIndex(each => each.toLowerCase() === name)
      return cellOf(row[at], parseDataType(type))
    }),
  )

/** Decimals as whole numbers, since their text may differ. */
const comparable = (rows: readonly unknown[], table: Golden['table']): unknown[][] =>
  (rows as unknown[][]).map(row =>
    Object.values(table).map((type, i) =>
      type.startsWith('decimal') && row[i] !== null ? unscaledOf(row[i] as string, 18) : row[i],
    ),
  )

const cut = (bytes: Uint8Array, size: number): Uint8Array[] =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size))

const createTable = async ({ emulator }: EmulatedTable, columns: Golden['table']): Promise<void> => {
  await emulator.dropTable('t')
  await emulator.createTable({ name: 't', columns })
}

/** (id bigint, name string) */
const rowsTable = (from: number, count: number): Table =>
  new Table({
    id: vectorFromArray(
      Array.from({ length: count }, (_, i) => BigInt(from + i)),
      new Int64(),
    ),
    name: vectorFromArray(
      Array.from({ length: count }, (_, i) => `row ${from + i}`),
      new Utf8(),
    ),
  })

const rowsFrom = (from: number, count: number): [bigint, string][] =>
  Array.from({ length: count }, (_, i) => [BigInt(from + i), `row ${from + i}`])

const batchesOf = (...tables: readonly Table[]): RecordBatch[] => tables.flatMap(({ batches }) => batches)

/** Writes pieces from one memory, which holds something else as soon as a piece was taken. */
const writeFromOneBuffer = async (stream: Writable, pieces: Iterable<Uint8Array>): Promise<void> => {
  const memory = Buffer.alloc(1 << 20)
  for (const piece of pieces) {
    memory.set(piece)
    await new Promise<void>((resolve, reject) => {
      stream.write(memory.subarray(0, piece.length), error => (error ? reject(error) : resolve()))
    })
    memory.fill(0xee, 0, piece.length)
  }
  stream.end()
}

describe('an upload in Arrow of what pyarrow writes', () => {
  for (const each of golden)
    test(each.name, async context => {
      const table = await emulatedTable(context)
      for (const size of [1 << 20, 37]) {
        await createTable(table, each.table)
        const upload = createArrowUploadStream({ tunnel: table.tunnel, table: 't', as: 'ipc' })
        await writeFromOneBuffer(upload, cut(Buffer.from(each.base64, 'base64'), size))
        assert.equal((await upload.committed).rows, each.rows.length)
        assert.deepEqual(comparable(await readTable(table), each.table), expectedOf(each))
      }
    })

  test('what is downloaded goes back in, every type', async context => {
    const table = await emulatedTable(context)
    const { tunnel } = table
    const every = golden.find(({ name }) => name === 'every type')!
    await createTable(table, every.table)
    await pipeline(
      Readable.from([bytesOf('every type')]),
      createArrowUploadStream({ tunnel, table: 't', as: 'ipc' }),
    )
    await pipeline(
      createArrowDownloadStream({ tunnel, table: 't', as: 'ipc' }),
      createArrowUploadStream({ tunnel, table: 't', as: 'ipc' }),
    )
    await pipeline(
      createArrowDownloadStream({ tunnel, table: 't', count: 3 }),
      createArrowUploadStream({ tunnel, table: 't' }),
    )
    // Slices don't lie in memory as they are sent.
    const read = tableFromIPC(bytesOf('every type'))
    await pipeline(
      Readable.from([read.slice(1), read.slice(0, 2), ...read.slice(2).batches]),
      createArrowUploadStream({ tunnel, table: 't' }),
    )
    const rows = expectedOf(every)
    const slices = [...rows.slice(1), ...rows.slice(0, 2), ...rows.slice(2)]
    assert.deepEqual(comparable(await readTable(table), every.table), [...rows, ...rows, ...rows, ...slices])
  })
})

describe('an upload of record batches', () => {
  test('of apache-arrow, of tables, and of slices of them, in blocks, in every compression', async context => {
    const table = await emulatedTable(context)
    const { tunnel, emulator } = table
    for (const compression of ['raw', 'deflate', 'snappy', 'zstd', 'lz4'] as const) {
      await createTable(table, { id: 'bigint', name: 'string' })
      const upload = createArrowUploadStream({ tunnel, table: 't', compression, blockRows: 50 })
      const all = rowsTable(100, 100)
      upload.write(rowsTable(0, 100))
      for (const batch of batchesOf(all.slice(0, 30), all.slice(30, 33), all.slice(33))) upload.write(batch)
      upload.end()
      const { rows, blocks, committed, blockIds } = await upload.committed
      assert.deepEqual([rows, blocks, committed, blockIds], [200, 2, true, [0, 1]])
      assert.deepEqual(await readTable(table), rowsFrom(0, 200))
    }
    const encodings = emulator.requests
      .filter(({ action }) => action === 'putBlock')
      .map(({ headers, query }) => {
        assert.equal(query.get('arrow'), '')
        return headers['content-encoding']
      })
    assert.deepEqual(
      [...new Set(encodings)],
      [undefined, 'deflate', 'x-snappy-framed', 'zstd', 'x-odps-lz4-frame'],
    )
  })

  test('with dictionaries that differ from batch to batch', async context => {
    const table = await emulatedTable(context)
    const upload = createArrowUploadStream({ tunnel: table.tunnel, table: 't' })
    for (const words of [
      ['a', 'b', 'a'],
      ['c', null, 'a'],
    ]) {
      const name = vectorFromArray(words, new Dictionary(new Utf8(), new Int32()))
      upload.write(new Table({ name }))
    }
    upload.end()
    await upload.committed
    assert.deepEqual(await readTable(table), [
      [null, 'a'],
      [null, 'b'],
      [null, 'a'],
      [null, 'c'],
      [null, null],
      [null, 'a'],
    ])
  })

  test('writes many at once, goes on with a session, and leaves the commit to others', async context => {
    const table = await emulatedTable(context)
    const { tunnel, emulator } = table
    const first = createArrowUploadStream({ tunnel, table: 't', commit: false, blockRows: 10 })
    await first.writeBatch([rowsTable(0, 10), rowsTable(10, 10)])
    await first.writeAll(batchesOf(rowsTable(20, 10)))
    first.end()
    const { sessionId, committed } = await first.committed
    assert.equal(committed, false)
    const again = createArrowUploadStream({ tunnel, table: 't', sessionId, resume: true, blockRows: 10 })
    for (let from = 0; from < 40; from += 10) again.write(rowsTable(from, 10))
    again.end()
    const result = await again.committed
    assert.deepEqual([result.blocks, again.stats.blocksSkipped], [4, 3])
    assert.deepEqual(await readTable(table), rowsFrom(0, 40))
    assert.equal(emulator.requests.filter(({ action }) => action === 'putBlock').length, 4)
  })

  test('of no rows commits nothing into the table, and with overwrite empties it', async context => {
    const table = await emulatedTable(context)
    const { tunnel } = table
    await pipeline(Readable.from([rowsTable(0, 3)]), createArrowUploadStream({ tunnel, table: 't' }))
    await pipeline(Readable.from([]), createArrowUploadStream({ tunnel, table: 't' }))
    assert.equal((await readTable(table)).length, 3)
    const empty = tableToIPC(rowsTable(0, 3).slice(0, 0), 'stream')
    const upload = createArrowUploadStream({ tunnel, table: 't', as: 'ipc', overwrite: true })
    await pipeline(Readable.from([empty]), upload)
    assert.deepEqual(await readTable(table), [])
  })

  test('is repeated block by block when the service fails, and tells once when it cannot', async context => {
    const table = await emulatedTable(context)
    const { tunnel, emulator } = table
    emulator.setFaults([{ action: 'putBlock', times: 2, fault: { status: 500 } }])
    const upload = createArrowUploadStream({ tunnel, table: 't', blockRows: 10 })
    await pipeline(Readable.from([rowsTable(0, 10), rowsTable(10, 10)]), upload)
    assert.equal(upload.stats.retries, 2)
    assert.deepEqual(await readTable(table), rowsFrom(0, 20))
    emulator.setFaults([{ action: 'putBlock', times: 1, fault: { status: 403 } }])
    const refused = createArrowUploadStream({ tunnel, table: 't' })
    await assert.rejects(pipeline(Readable.from([rowsTable(0, 10)]), refused), { code: 'ODPS_ACCESS_DENIED' })
    emulator.setFaults([])
    const controller = new AbortController()
    const aborted = createArrowUploadStream({ tunnel, table: 't', signal: controller.signal })
    aborted.write(rowsTable(0, 10), () => controller.abort())
    await assert.rejects(aborted.committed, { name: 'AbortError' })
    assert.equal((await readTable(table)).length, 20)
  })
})

describe('an upload in Arrow that is refused', () => {
  const run = async (table: EmulatedTable, bytes: Uint8Array | readonly Uint8Array[]): Promise<unknown> => {
    const upload = createArrowUploadStream({ tunnel: table.tunnel, table: 't', as: 'ipc' })
    const chunks = bytes instanceof Uint8Array ? [bytes] : bytes
    return pipeline(Readable.from(chunks), upload).then(
      () => assert.fail('it was accepted'),
      error => error,
    )
  }

  const sessions = ({ emulator }: EmulatedTable): number =>
    emulator.requests.filter(({ action }) => action === 'createUpload').length

  test('for types that no column takes, by field, before a session is created', async context => {
    const table = await emulatedTable(context)
    const file = await import('../../../lib/arrow/ipc/encode-message.js')
    const of = (type: Parameters<typeof file.encodeSchema>[0][number]['type']) =>
      file.encodeSchema([{ name: 'odd', nullable: true, type, children: [] }]).bytes
    for (const [type, name] of [
      [{ name: 'int', bits: 64, signed: false }, 'UInt64'],
      [{ name: 'timestamp', unit: 'us', timezone: '' }, 'Timestamp(us)'],
      [{ name: 'float', bits: 16 }, 'Float16'],
      [{ name: 'fixed_size_binary', size: 4 }, 'Fixed_size_binary'],
    ] as const) {
      const error = (await run(table, of(type))) as Error & { code: string }
      assert.equal(error.code, 'ODPS_INVALID_COLUMNS')
      assert.ok(error.message.includes(`'odd' has the type ${name}`), error.message)
    }
    assert.equal(sessions(table), 0)
  })

  test('for fields the table does not have, or of another type, by name, and nothing is committed', async context => {
    const table = await emulatedTable(context)
    const bool = tableToIPC(new Table({ name: vectorFromArray([true], new Bool()) }), 'stream')
    const other = tableToIPC(new Table({ nome: vectorFromArray(['a'], new Utf8()) }), 'stream')
    assert.match(
      String(await run(table, bool)),
      /'name' has the type Bool; the column is STRING and takes Utf8/,
    )
    assert.match(String(await run(table, other)), /'nome' is not a column of the table, which has id, name/)
    const twice = new Schema([new Field('id', new Int32()), new Field('ID', new Int32())])
    assert.match(String(await run(table, tableToIPC(new Table(twice), 'stream'))), /'ID' twice/)
    assert.deepEqual(await readTable(table), [])
  })

  // Arrow's Schema.fbs: with a zone, whichever, a timestamp is an instant in UTC. PyODPS and the Go SDK write instants without one.
  test('for instants where a wall clock is wanted', async context => {
    const { emulator, tunnel } = await emulatedTable(context)
    await emulator.createTable({
      name: 'times',
      columns: { at: 'datetime', ts: 'timestamp', ntz: 'timestamp_ntz' },
    })
    const types = { ms: TimestampMillisecond, ns: TimestampNanosecond }
    for (const [name, unit, takes] of [
      ['at', 'ms', [null, 'UTC', 'Asia/Shanghai', '+08:00']],
      ['ts', 'ns', [null, 'UTC', 'Asia/Shanghai', '+08:00']],
      ['ntz', 'ns', [null]],
    ] as const)
      for (const zone of [null, 'UTC', 'Asia/Shanghai', '+08:00']) {
        const schema = new Schema([new Field(name, new types[unit](zone))])
        const upload = createArrowUploadStream({ tunnel, table: 'times' })
        upload.end(new Table(schema))
        if ((takes as readonly unknown[]).includes(zone)) await upload.committed
        else await assert.rejects(upload.committed, { code: 'ODPS_INVALID_COLUMNS' })
      }
  })

  test('for NULL in a column that takes none, by row, and for a missing one', async context => {
    const table = await emulatedTable(context)
    await table.emulator.dropTable('t')
    await table.emulator.createTable({
      name: 't',
      columns: [
        { name: 'id', type: 'bigint', nullable: false },
        { name: 'name', type: 'string' },
      ],
    })
    const error = (await run(table, bytesOf('plain'))) as Error & { column: string; rowIndex: number }
    assert.deepEqual(
      [error.column, error.rowIndex, (error as never as { code: string }).code],
      ['id', 1, 'ODPS_NULL_NOT_ALLOWED'],
    )
    const missing = tableToIPC(new Table({ name: vectorFromArray(['a'], new Utf8()) }), 'stream')
    assert.match(String(await run(table, missing)), /'id' takes no NULL/)
  })

  test('for bytes that are cut anywhere, or not a stream', async context => {
    const table = await emulatedTable(context)
    const bytes = bytesOf('plain')
    for (let length = 0; length < bytes.length; length += 5)
      assert.match(String(await run(table, bytes.subarray(0, length))), /TunnelValueError.*Arrow stream/s)
    const writer = RecordBatchFileWriter.writeAll(rowsTable(0, 3))
    assert.match(String(await run(table, writer.toUint8Array(true))), /ARROW1/)
    assert.match(String(await run(table, cut(writer.toUint8Array(true), 3))), /ARROW1/)
    assert.match(String(await run(table, [bytes, bytes])), /bytes follow its end mark/)
    assert.match(
      String(await run(table, Buffer.from('id,name\n1,a\n'.repeat(10)))),
      /Arrow stream cannot be read/,
    )
    assert.deepEqual(await readTable(table), [])
  })

  test('for chunks that are something else, and options of rows', async context => {
    const { tunnel } = await emulatedTable(context)
    const batches = createArrowUploadStream({ tunnel, table: 't' })
    await assert.rejects(pipeline(Readable.from([[1n, 'a']]), batches as never), { code: 'ODPS_INVALID_ROW' })
    const ipc = createArrowUploadStream({ tunnel, table: 't', as: 'ipc' })
    await assert.rejects(pipeline(Readable.from([rowsTable(0, 1)]), ipc as never), {
      code: 'ODPS_INVALID_ROW',
    })
    for (const options of [{ json: 'text' }, { checkpoint: { rows: 1 } }, { onRowError: 'fail' }])
      assert.throws(() => createArrowUploadStream({ tunnel, table: 't', ...(options as object) }), {
        code: 'ODPS_UNKNOWN_OPTION',
      })
    assert.throws(() => createArrowUploadStream({ tunnel, table: 't', resume: true }), {
      code: 'ODPS_INVALID_OPTION',
    })
  })
})

describe('uploadArrow', () => {
  test('puts batches, tables or bytes into a block of a session', async context => {
    const table = await emulatedTable(context)
    const session = await table.tunnel.createUploadSession({ table: 't' })
    const { rows, rawBytes, wireBytes } = await uploadArrow(session, 0, rowsTable(0, 10))
    assert.equal(rows, 10)
    assert.ok(rawBytes > 0 && wireBytes > 0)
    await uploadArrow(session, 1, batchesOf(rowsTable(10, 5), rowsTable(15, 5)), { compression: 'lz4' })
    await uploadArrow(session, 2, cut(tableToIPC(rowsTable(20, 5), 'stream'), 10), { as: 'ipc' })
    await uploadArrow(session, 3, tableToIPC(rowsTable(25, 5), 'stream'), { as: 'ipc', compression: 'raw' })
    await uploadArrow(session, 3, batchesOf(rowsTable(25, 5))[0]!)
    await assert.rejects(uploadArrow(session, 4, bytesOf('large').subarray(0, 100), { as: 'ipc' }), {
      code: 'ODPS_INVALID_VALUE',
    })
    await assert.rejects(uploadArrow(session, 4, 5 as never), { code: 'ODPS_INVALID_OPTION' })
    await assert.rejects(uploadArrow(session, 20_000, rowsTable(0, 1)), { code: 'ODPS_INVALID_OPTION' })
    await session.commit([0, 1, 2, 3])
    assert.deepEqual(await readTable(table), rowsFrom(0, 30))
  })

  test('an empty block is one', async context => {
    const table = await emulatedTable(context)
    const session = await table.tunnel.createUploadSession({ table: 't' })
    assert.equal((await uploadArrow(session, 0, [])).rows, 0)
    await session.commit()
    assert.deepEqual(await readTable(table), [])
    assert.equal(tableFromIPC(tableToIPC(rowsTable(0, 1), 'stream')).numRows, 1)
  })
})
