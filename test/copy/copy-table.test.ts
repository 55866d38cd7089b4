import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import type { CopyProgress, CopyResult, CopyVerification } from '../../lib/copy/copy-options.js'
import type { EmulatorRequest, FaultSource } from '../../lib/emulator/index.js'
import { startEmulator } from '../../lib/emulator/index.js'
import { copyTable } from '../../lib/index.js'
import { formatDataType } from '../../lib/schema/data-type.js'
import { Tunnel } from '../../lib/tunnel.js'
import { columnsOf, loadVectors, type RecordVector, rowsOf, streamOf } from '../codec/golden-vectors.js'
import { type EmulatedTable, emulatedTable, fillTable, rowsUpTo } from '../session/emulated-table.js'

const verifications: readonly CopyVerification[] = ['trailer', 'records']

/** The emulated table `t` with rows, and an empty table `u` with the same columns. */
const twoTables = async (
  context: TestContext,
  rows: number,
  faults?: FaultSource,
): Promise<EmulatedTable> => {
  const emulated = await emulatedTable(context)
  await emulated.emulator.createTable({ name: 'u', columns: { id: 'bigint', name: 'string' } })
  if (rows > 0) await fillTable(emulated, rows)
  emulated.emulator.setFaults(faults)
  return emulated
}

const copied = { from: { table: 't' }, to: { table: 'u' }, compression: 'raw', rangeRows: 10 } as const

const rowsIn = async ({ emulator }: Pick<EmulatedTable, 'emulator'>, table = 'u') =>
  emulator.rows(table, undefined, { rowShape: 'array' })

/** The bytes of all records of a table, as it stores them. */
const storedBytes = async (tunnel: Tunnel, table: string): Promise<Buffer> => {
  const session = await tunnel.createDownloadSession({ table })
  const chunks: Buffer[] = []
  const request = { start: 0, count: session.recordCount, compression: 'raw' } as const
  const { body } = await session.openRange({ ...request, headers: { 'x-odps-tunnel-version': '5' } })
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks)
}

const sets = ['scalar', 'complex', 'mixed', 'wide', 'decode-special']
const vectors = sets
  .flatMap(set => loadVectors(`records-${set}`))
  .filter(vector => vector.count > 0 && streamOf(vector) !== undefined && vector.schema.length <= 300)

const hasChar = ({ schema }: RecordVector): boolean => schema.some(({ type }) => /\bchar\(/.test(type))

const vectorTable = async (context: TestContext) => {
  const emulator = await startEmulator({ projects: ['p'], listen: false })
  const tunnel = new Tunnel(emulator.connection)
  context.after(async () => {
    await tunnel.close()
    await emulator.close()
  })
  const create = async (name: string, vector: RecordVector): Promise<void> => {
    const columns = columnsOf(vector).map(({ name: column, type }) => ({
      name: column,
      type: formatDataType(type),
    }))
    await emulator.createTable({ name, columns: name === 'reversed' ? columns.reverse() : columns })
  }
  const fill = async (vector: RecordVector): Promise<void> => {
    await create('t', vector)
    const session = await tunnel.createUploadSession({ table: 't' })
    const block = { rows: vector.count, rawBytes: vector.bytes, contentEncoding: undefined }
    await session.putBlock(0, { ...block, body: [streamOf(vector)!] })
    await session.commit()
  }
  const drop = async (...names: string[]): Promise<void> => {
    for (const name of names) await emulator.dropTable(name)
  }
  return { tunnel, create, fill, drop }
}

describe('copyTable', () => {
  for (const verify of verifications)
    test(`${verify}: records of all types arrive byte for byte`, async context => {
      const { tunnel, create, fill, drop } = await vectorTable(context)
      // All of them are read in the test of the bytes themselves.
      for (const vector of vectors.filter((_, i) => verify === 'trailer' || i % 4 === 0)) {
        await fill(vector)
        await create('u', vector)
        const rangeRows = Math.ceil(vector.count / 3)
        const result = await tunnel.copyTable({ ...copied, rangeRows, verify })
        assert.equal(result.partitions[0]?.way, 'copied')
        assert.equal(result.rows, vector.count)
        // The service pads CHAR by itself, before anything is copied.
        const expected = hasChar(vector) ? await storedBytes(tunnel, 't') : streamOf(vector)!
        assert.ok((await storedBytes(tunnel, 'u')).equals(expected), vector.name)
        await drop('t', 'u')
      }
      assert.ok(vectors.length > 60)
    })

  test('columns in another order: values of all types arrive under their names', async context => {
    const { tunnel, create, fill, drop } = await vectorTable(context)
    let checked = 0
    for (const vector of vectors) {
      if (vector.schema.length < 2) continue
      await fill(vector)
      await create('reversed', vector)
      const result = await tunnel.copyTable({ ...copied, to: { table: 'reversed' } })
      assert.equal(result.partitions[0]?.way, 'reencoded')
      const columns = vector.schema.map(({ name }) => name)
      const options = { json: 'text', string: 'buffer' } as const
      const rows = await tunnel.download({ table: 'reversed', columns, ...options })
      assert.deepEqual(rows, await tunnel.download({ table: 't', ...options }), vector.name)
      if (!hasChar(vector) && !JSON.stringify(vector).includes('bytesHex'))
        assert.deepEqual(await tunnel.download({ table: 'reversed', columns, json: 'text' }), rowsOf(vector))
      checked++
      await drop('t', 'reversed')
    }
    assert.ok(checked > 10)
  })

  test('any number of rows and of blocks', async context => {
    for (const [rows, blockBytes] of [
      [0, undefined],
      [1, undefined],
      [2000, 3000],
    ] as const) {
      const emulated = await twoTables(context, rows)
      const seen: CopyProgress[] = []
      const progress = (now: CopyProgress): void => void seen.push(now)
      const result = await emulated.tunnel.copyTable({ ...copied, blockBytes, rangeRows: 97, progress })
      assert.deepEqual(await rowsIn(emulated), rowsUpTo(rows))
      assert.equal(result.rows, rows)
      if (blockBytes !== undefined) assert.ok(result.partitions[0]!.blockIds.length > 3)
      const { sentBytes, rawBytes, receivedBytes, ...last } = seen.at(-1)!
      assert.deepEqual(last, {
        ...{ rows, totalRows: rows, retries: 0, partitions: 1, totalPartitions: 1, partitionSpec: undefined },
      })
      if (rows > 0) assert.ok(sentBytes > 0 && rawBytes > 0 && receivedBytes > 0)
    }
  })

  test('adds rows, or replaces them, with none too', async context => {
    const emulated = await twoTables(context, 3)
    await emulated.emulator.insert('u', [[7n, 'old']])
    await emulated.tunnel.copyTable(copied)
    assert.deepEqual(await rowsIn(emulated), [[7n, 'old'], ...rowsUpTo(3)])
    await emulated.tunnel.copyTable({ ...copied, overwrite: true })
    assert.deepEqual(await rowsIn(emulated), rowsUpTo(3))
    await emulated.emulator.createTable({ name: 'none', columns: { id: 'bigint', name: 'string' } })
    await emulated.tunnel.copyTable({ ...copied, from: { table: 'none' }, overwrite: true })
    assert.deepEqual(await rowsIn(emulated), [])
  })

  test('asks with the version whose answers have no metrics', async context => {
    const emulated = await twoTables(context, 3)
    await emulated.tunnel.copyTable(copied)
    const reads = emulated.emulator.requests.filter(({ action }) => action === 'readData')
    assert.deepEqual(
      reads.map(({ headers }) => headers['x-odps-tunnel-version']),
      ['5'],
    )
  })

  test('another project, with a Tunnel of its own, and on top level', async context => {
    const [a, b] = [await twoTables(context, 20), await twoTables(context, 0)]
    const from = { ...copied.from, tunnel: a.tunnel }
    assert.equal((await copyTable({ ...copied, from, ...b.emulator.connection })).rows, 20)
    assert.deepEqual(await rowsIn(b), rowsUpTo(20))
    await b.tunnel.copyTable({ ...copied, from, overwrite: true })
    assert.deepEqual(await rowsIn(b), rowsUpTo(20))
  })
})

describe('copyTable refuses', () => {
  const refusals: readonly {
    readonly name: string
    readonly columns: Readonly<Record<string, string>>
    readonly message: RegExp
  }[] = [
    { name: 'a column too few', columns: { id: 'bigint' }, message: /column 'name' isn't in the target/ },
    {
      name: 'a column too many',
      columns: { id: 'bigint', name: 'string', more: 'string' },
      message: /column 'more' isn't in the source/,
    },
    {
      name: 'a type that would round',
      columns: { id: 'double', name: 'string' },
      message: /column 'id' is bigint in the source and double in the target/,
    },
  ]
  for (const { name, columns, message } of refusals)
    test(`${name}, before any session`, async context => {
      const { emulator, tunnel } = await twoTables(context, 3)
      await emulator.createTable({ name: 'other', columns })
      await assert.rejects(tunnel.copyTable({ ...copied, to: { table: 'other' } }), {
        name: 'TunnelOptionError',
        code: 'ODPS_SCHEMA_MISMATCH',
        message,
      })
      const before = 1 + emulator.requests.findLastIndex(({ action }) => action === 'commitUpload')
      const sessions = emulator.requests
        .slice(before)
        .filter(({ action }) => ['createUpload', 'createDownload'].includes(action))
      assert.deepEqual(sessions, [])
    })

  test('a value that does not fit a narrower type, by column and row, and commits nothing', async context => {
    const { emulator, tunnel } = await twoTables(context, 0)
    await emulator.createTable({
      name: 'narrow',
      columns: [
        { name: 'name', type: 'varchar(5)' },
        { name: 'id', type: 'int', nullable: false },
      ],
    })
    const rows = Array.from({ length: 30 }, (_, i): [bigint | null, string] => [BigInt(i), `r${i}`])
    const cases = [
      { at: 17, row: [2n ** 31n, 'r'], column: 'id', code: 'ODPS_VALUE_OUT_OF_RANGE' },
      { at: 3, row: [1n, 'sixsix'], column: 'name', code: 'ODPS_FIELD_TOO_LONG' },
      { at: 29, row: [null, 'r'], column: 'id', code: 'ODPS_NULL_NOT_ALLOWED' },
    ] as const
    for (const { at, row, column, code } of cases) {
      const table = `s${at}`
      await emulator.createTable({ name: table, columns: { id: 'bigint', name: 'string' } })
      await emulator.insert(table, rows.with(at, [...row]))
      const copy = tunnel.copyTable({ ...copied, from: { table }, to: { table: 'narrow' } })
      await assert.rejects(copy, (error: Error & { result?: CopyResult }) => {
        assert.deepEqual(error.result?.partitions, [])
        const { code: found, column: where, rowIndex } = error as never
        assert.deepEqual({ found, where, rowIndex }, { found: code, where: column, rowIndex: at })
        return true
      })
    }
    assert.equal(emulator.rowCount('narrow'), 0)
    await emulator.createTable({ name: 'fits', columns: { id: 'bigint', name: 'string' } })
    await emulator.insert('fits', rows)
    const result = await tunnel.copyTable({ ...copied, from: { table: 'fits' }, to: { table: 'narrow' } })
    assert.equal(result.partitions[0]?.way, 'reencoded')
    assert.deepEqual(
      await rowsIn({ emulator }, 'narrow'),
      rows.map(([id, name]) => [name, Number(id)]),
    )
  })

  test('columns that may be NULL where the target has NOT NULL go by value', async context => {
    const { emulator, tunnel } = await twoTables(context, 3)
    await emulator.createTable({
      name: 'strict',
      columns: [
        { name: 'id', type: 'bigint', nullable: false },
        { name: 'name', type: 'string' },
      ],
    })
    const result = await tunnel.copyTable({ ...copied, to: { table: 'strict' } })
    assert.equal(result.partitions[0]?.way, 'reencoded')
    assert.deepEqual(await rowsIn({ emulator }, 'strict'), rowsUpTo(3))
  })

  test('equal keys of a MAP that would be written again', async context => {
    const emulated = await twoTables(context, 0)
    const { emulator, tunnel } = emulated
    const type = 'array<struct<a:map<bigint,string>>>'
    await emulator.createTable({ name: 'maps', columns: { id: 'bigint', m: type } })
    await emulator.createTable({ name: 'turned', columns: { m: type, id: 'bigint' } })
    const map = (...pairs: [unknown, string][]) => [{ a: new Map(pairs) }, null]
    const rows = [
      [1n, map([1n, 'x'], [2n, 'y'])],
      [2n, map([1n, 'x'], ['1', 'y'])],
    ]
    await emulator.insert('maps', rows.slice(0, 1))
    await tunnel.copyTable({ ...copied, from: { table: 'maps' }, to: { table: 'turned' } })
    assert.deepEqual(await rowsIn({ emulator }, 'turned'), [[rows[0]![1], 1n]])
    await emulator.insert('maps', rows.slice(1))
    await assert.rejects(tunnel.copyTable({ ...copied, from: { table: 'maps' }, to: { table: 'turned' } }), {
      code: 'ODPS_INVALID_VALUE',
      column: 'm',
      rowIndex: 1,
    })
    assert.equal(emulator.rowCount('turned'), 1)
  })

  test('options that say nothing, or too much', async context => {
    const { emulator, tunnel } = await twoTables(context, 1)
    const columns = { id: 'bigint', name: 'string' }
    await emulator.createTable({ name: 'parts', columns, partitionColumns: { pt: 'string' } })
    const cases = [
      [{ from: { table: 't' } }, /to\.table is missing/],
      [{ ...copied, from: { table: 't', partitions: 'all' } }, /the source has no partitions/],
      [
        { ...copied, from: { table: 'parts' } },
        /partitioned by pt; pass from\.partitionSpec, or from\.partitions/,
      ],
      [{ ...copied, to: { table: 'parts' } }, /partitioned by pt; pass to\.partitionSpec/],
      [{ ...copied, from: { table: 'parts', partitions: 'all' } }, /the target is without partitions/],
      [{ ...copied, from: { table: 'parts', partitions: [] } }, /the target is without partitions/],
      [{ ...copied, to: { table: 'nowhere' } }, /no table p\.nowhere; create it, or pass createTable/],
      [
        { ...copied, resume: { from: 'p.x', to: 'p.u', rows: 0, partitions: [] } },
        /resume is of a copy from p\.x/,
      ],
      [{ ...copied, compressionLevel: 3 }, /copyTable: compressionLevel is for deflate and zstd/],
      [{ ...copied, from: { table: 't', what: 1 } }, /unknown option what/],
    ] as const
    for (const [options, message] of cases)
      await assert.rejects(tunnel.copyTable(options as never), { name: 'TunnelOptionError', message })
  })
})

describe('copyTable and trouble', () => {
  const rows = 35

  /** Copies, and says whether; what is in the table has to fit. */
  const attempt = async (emulated: EmulatedTable, verify: CopyVerification): Promise<boolean> => {
    const { emulator, tunnel } = emulated
    await emulator.dropTable('u')
    await emulator.createTable({ name: 'u', columns: { id: 'bigint', name: 'string' } })
    await emulator.insert('u', [[7n, 'old']])
    const done = await tunnel.copyTable({ ...copied, verify, overwrite: true }).then(
      () => true,
      () => false,
    )
    assert.deepEqual(await rowsIn(emulated), done ? rowsUpTo(rows) : [[7n, 'old']])
    return done
  }

  for (const verify of verifications)
    test(`${verify}: a range that is cut at any byte near its end is asked for again`, async context => {
      const emulated = await twoTables(context, rows)
      const session = await emulated.tunnel.createDownloadSession({ table: 't' })
      const request = { start: 10, count: 10, compression: 'raw' } as const
      const { body } = await session.openRange({ ...request, headers: { 'x-odps-tunnel-version': '5' } })
      let length = 0
      for await (const chunk of body) length += chunk.length
      const isSecond = (request: EmulatorRequest): boolean => request.query.get('rowrange') === '(10,10)'
      for (let cutBodyAfter = length - 26; cutBodyAfter < length; cutBodyAfter++) {
        let cuts = 0
        emulated.emulator.setFaults(request =>
          isSecond(request) && cuts++ === 0 ? { cutBodyAfter } : undefined,
        )
        assert.equal(await attempt(emulated, verify), true)
        if (verify === 'trailer') assert.equal(cuts, 2, 'the whole range comes again')
      }
    })

  for (const verify of verifications)
    test(`${verify}: damage is never committed`, async context => {
      const emulated = await twoTables(context, rows)
      for (let corruptBodyAt = 0; corruptBodyAt < 250; corruptBodyAt += 11) {
        emulated.emulator.setFaults([{ action: 'readData', after: 1, fault: { corruptBodyAt } }])
        const done = await attempt(emulated, verify)
        // Who reads the records sees it at once, and asks again.
        if (verify === 'records') assert.equal(done, true)
      }
    })

  const troubles: readonly { name: string; faults: FaultSource; done: boolean }[] = [
    { name: 'a block is refused', faults: [{ action: 'putBlock', fault: { status: 403 } }], done: false },
    {
      name: 'a block is refused for a moment',
      faults: [{ action: 'putBlock', times: 2, fault: { status: 500 } }],
      done: true,
    },
    {
      name: 'the answer to the commit is lost',
      faults: [{ action: 'commitUpload', fault: 'drop-answer' }],
      done: true,
    },
    {
      name: 'the commit is refused',
      faults: [{ action: 'commitUpload', fault: { status: 403 } }],
      done: false,
    },
    {
      name: 'the session of the download is lost',
      faults: [{ action: 'readData', after: 2, fault: { status: 404, code: 'NoSuchDownload' } }],
      done: false,
    },
    {
      name: 'the session of the upload is lost',
      faults: [{ action: 'putBlock', fault: { status: 404, code: 'NoSuchUpload' } }],
      done: false,
    },
  ]
  for (const { name, faults, done } of troubles)
    test(name, async context => {
      for (const verify of verifications) {
        const emulated = await twoTables(context, rows, faults)
        assert.equal(await attempt(emulated, verify), done)
      }
    })

  test('a signal stops it, before and in the middle, and nothing is committed', async context => {
    const emulated = await twoTables(context, rows)
    const { tunnel, emulator } = emulated
    const stopped = AbortSignal.abort()
    await assert.rejects(tunnel.copyTable({ ...copied, signal: stopped }), { name: 'AbortError' })
    const actions = ['createUpload', 'createDownload', 'readData', 'putBlock'] as const
    for (const action of actions) {
      const controller = new AbortController()
      emulator.setFaults(request => {
        if (request.action === action) controller.abort()
        return undefined
      })
      await assert.rejects(tunnel.copyTable({ ...copied, signal: controller.signal }), {
        name: 'AbortError',
      })
    }
    assert.deepEqual(await rowsIn(emulated), [])
  })
})

describe('copyTable into a table that is created', () => {
  test('keeps what the service tells of its properties, and more that is named', async context => {
    const { tunnel, emulator } = await emulatedTable(context)
    const own = { transactional: 'true', 'acid.data.retain.hours': '48' }
    await emulator.createTable({ name: 'acid', columns: { id: 'bigint' }, properties: own })
    await emulator.insert('acid', [[1n]])
    await tunnel.copyTable({ from: { table: 'acid' }, to: { table: 'same' }, createTable: true })
    assert.deepEqual((await tunnel.getTable('same')).properties, own)
    const createTable = { properties: { 'acid.data.retain.hours': '72' } }
    await tunnel.copyTable({ from: { table: 'acid' }, to: { table: 'longer' }, createTable })
    assert.deepEqual((await tunnel.getTable('longer')).properties, { ...own, 'acid.data.retain.hours': '72' })
    assert.equal(emulator.rowCount('longer'), 1)
  })

  test('is refused when the source has a primary key, before anything is there', async context => {
    const { tunnel, emulator } = await emulatedTable(context)
    await emulator.createTable({
      name: 'keyed',
      columns: { id: 'bigint', b: 'string' },
      primaryKey: ['id', 'b'],
    })
    const to = { table: 'unkeyed' }
    await assert.rejects(tunnel.copyTable({ from: { table: 'keyed' }, to, createTable: true }), {
      code: 'ODPS_INVALID_OPTION',
      message: /p\.keyed has a primary key \(id, b\), .* Create the target without the key first/,
    })
    assert.equal(await tunnel.tableExists('unkeyed'), false)
    const { schema } = await tunnel.getTable('keyed')
    await tunnel.createTable({ ...to, schema })
    await tunnel.copyTable({ from: { table: 'keyed' }, to })
  })
})

describe('copyTable of partitions', () => {
  const specs = ['pt=a,r=1', 'pt=a,r=2', 'pt=b,r=1'] as const

  const partitioned = async (context: TestContext): Promise<EmulatedTable> => {
    const emulated = await emulatedTable(context)
    const columns = { id: 'bigint', name: 'string' }
    await emulated.emulator.createTable({
      ...{ name: 'parts', columns },
      partitionColumns: { pt: 'string', r: 'bigint' },
    })
    await emulated.emulator.createTable({
      ...{ name: 'turned', columns },
      partitionColumns: { r: 'bigint', pt: 'string' },
    })
    for (const [i, spec] of specs.entries()) await emulated.emulator.insert('parts', rowsUpTo(i + 5), spec)
    return emulated
  }

  const counts = ({ emulator }: EmulatedTable, table: string): number[] =>
    specs.map(spec => emulator.rowCount(table, spec))

  test('all, some, and one to another; the target made like the source', async context => {
    const emulated = await partitioned(context)
    const { tunnel, emulator } = emulated
    const all = await tunnel.copyTable({
      from: { table: 'parts', partitions: 'all' },
      to: { table: 'like' },
      createTable: { comment: 'a copy', lifecycleDays: 7 },
    })
    assert.deepEqual(counts(emulated, 'like'), [5, 6, 7])
    assert.equal(all.rows, 18)
    assert.deepEqual(
      all.partitions.map(({ partitionSpec, way, rows, state }) => [partitionSpec, way, rows, state]),
      specs.map((spec, i) => [spec, 'copied', i + 5, 'committed']),
    )
    const like = await tunnel.getTable('like')
    assert.deepEqual(like.schema, (await tunnel.getTable('parts')).schema)
    assert.deepEqual([like.comment, like.lifecycleDays], ['a copy', 7])

    const from = { table: 'parts', partitions: [{ pt: 'b' }, 'pt=a,r=2', 'pt=b'] }
    const some = await tunnel.copyTable({ from, to: { table: 'turned' } })
    assert.deepEqual(counts(emulated, 'turned'), [0, 6, 7])
    assert.deepEqual(
      some.partitions.map(partition => partition.toPartitionSpec),
      ['r=1,pt=b', 'r=2,pt=a'],
    )
    await assert.rejects(
      tunnel.copyTable({ from: { table: 'parts', partitions: 'pt=c' }, to: { table: 'turned' } }),
      { code: 'ODPS_INVALID_PARTITION_SPEC', message: /no partition under pt=c/ },
    )

    const one = { from: { table: 'parts', partitionSpec: specs[0] } }
    const to = { table: 'turned', partitionSpec: 'pt=new,r=9' }
    await assert.rejects(tunnel.copyTable({ ...one, to }), { code: 'ODPS_NO_SUCH_PARTITION' })
    await tunnel.copyTable({ ...one, to, createPartition: true })
    assert.equal(emulator.rowCount('turned', 'pt=new,r=9'), 5)
    await tunnel.copyTable({ ...one, to: { table: 't' } })
    assert.deepEqual(await rowsIn(emulated, 't'), rowsUpTo(5))
  })

  test('what is committed stays, and a second call goes on behind it', async context => {
    const emulated = await partitioned(context)
    const { tunnel, emulator } = emulated
    const options = {
      from: { table: 'parts', partitions: 'all' },
      to: { table: 'turned' },
    } as const
    emulator.setFaults([{ action: 'putBlock', after: 1, fault: { status: 403 } }])
    const failed = await tunnel.copyTable(options).then(
      () => assert.fail('it has to fail'),
      (error: { result: CopyResult }) => error.result,
    )
    assert.equal(failed.rows, 5)
    assert.deepEqual(
      failed.partitions.map(({ partitionSpec, state }) => [partitionSpec, state]),
      [[specs[0], 'committed']],
    )
    assert.deepEqual(counts(emulated, 'turned'), [5, 0, 0])
    emulator.setFaults()
    const resume = JSON.parse(JSON.stringify(failed)) as CopyResult
    const result = await tunnel.copyTable({ ...options, resume })
    assert.deepEqual(counts(emulated, 'turned'), [5, 6, 7])
    assert.equal(result.rows, 18)
    assert.equal(result.partitions.length, 3)
    assert.deepEqual(await tunnel.copyTable({ ...options, resume: result }), result)
    assert.deepEqual(counts(emulated, 'turned'), [5, 6, 7])
  })

  for (const isDone of [true, false])
    test(`killed around the commit, which was ${isDone ? '' : 'not '}done: the session is asked`, async context => {
      const emulated = await partitioned(context)
      const { tunnel, emulator } = emulated
      const options = { from: { table: 'parts', partitions: 'all' }, to: { table: 'turned' } } as const
      const saved: CopyResult[] = []
      const killed = new Error('killed')
      const copy = tunnel.copyTable({
        ...options,
        onResult: result => {
          saved.push(JSON.parse(JSON.stringify(result)) as CopyResult)
          // The second time after its commit, or the third before one.
          if (saved.length === (isDone ? 4 : 3)) throw killed
        },
      })
      await assert.rejects(copy, killed)
      const resume = saved[2]!
      assert.deepEqual(
        resume.partitions.map(({ state }) => state),
        ['committed', 'unknown'],
      )
      assert.deepEqual(counts(emulated, 'turned'), isDone ? [5, 6, 0] : [5, 0, 0])
      const before = emulator.requests.length
      const result = await tunnel.copyTable({ ...options, resume })
      assert.deepEqual(counts(emulated, 'turned'), [5, 6, 7])
      assert.deepEqual(
        result.partitions.map(({ state }) => state),
        ['committed', 'committed', 'committed'],
      )
      const read = emulator.requests.slice(before).filter(({ action }) => action === 'createDownload')
      assert.equal(read.length, 1, 'only the third is copied')
    })

  test('a commit whose outcome stays unknown is in the result, and settled by the next call', async context => {
    const emulated = await partitioned(context)
    const { tunnel, emulator } = emulated
    const options = { from: { table: 'parts', partitions: 'pt=b' }, to: { table: 'turned' } } as const
    let isLost = false
    emulator.setFaults(request => {
      if (request.action === 'commitUpload') {
        isLost = true
        return 'drop-answer'
      }
      return isLost ? 'reset' : undefined
    })
    const failed = await tunnel.copyTable(options).then(
      () => assert.fail('it has to fail'),
      (error: { code: string; result: CopyResult }) => error,
    )
    assert.equal(failed.code, 'ODPS_COMMIT_UNKNOWN')
    assert.equal(failed.result.partitions[0]?.state, 'unknown')
    assert.equal(failed.result.rows, 0)
    emulator.setFaults()
    const result = await tunnel.copyTable({ ...options, resume: failed.result })
    assert.equal(result.rows, 7)
    assert.deepEqual(counts(emulated, 'turned'), [0, 0, 7])
  })
})
