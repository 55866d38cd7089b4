import assert from 'node:assert/strict'
import { once } from 'node:events'
import { pipeline } from 'node:stream/promises'
import { describe, type TestContext, test } from 'node:test'
import type { FaultSource } from '../../../lib/emulator/fault.js'
import type { TunnelSessionError, TunnelValueError } from '../../../lib/errors.js'
import type { TunnelOptions } from '../../../lib/options.js'
import type { Checkpoint } from '../../../lib/upload/transaction.js'
import { type EmulatedTable, emulatedTable } from '../../session/emulated-table.js'

interface Options extends TunnelOptions {
  readonly faults?: FaultSource
}

/** The table `p (id bigint, name string) partitioned by (day string, hour bigint)`. */
const partitionedTable = async (context: TestContext, options: Options = {}): Promise<EmulatedTable> => {
  const table = await emulatedTable(context, options)
  await table.emulator.createTable({
    ...{ name: 'p', columns: { id: 'bigint', name: 'string' } },
    partitionColumns: { day: 'string', hour: 'bigint' },
  })
  return table
}

const readPartition = async ({ tunnel }: EmulatedTable, partitionSpec: string): Promise<unknown[]> => {
  const session = await tunnel.createDownloadSession({ table: 'p', partitionSpec })
  return session.download(0, session.recordCount)
}

const partitionsOf = async ({ tunnel }: EmulatedTable): Promise<string[]> => {
  const specs: string[] = []
  for await (const { spec } of tunnel.listPartitions('p'))
    specs.push(spec.map(({ name, value }) => `${name}=${value}`).join(','))
  return specs.sort()
}

const both = { table: 'p', partitionBy: ['hour', 'day'], createPartition: true } as const

describe('partitionBy names', () => {
  test('puts each row into its partition, in order, and tells of each', async context => {
    const table = await partitionedTable(context)
    const upload = table.tunnel.createUploadStream(both)
    const sessions: string[] = []
    upload.on('session', ({ sessionId }) => sessions.push(sessionId))
    await pipeline(
      [
        [1n, 'a', '2001-01-01', 7n],
        { ID: 2n, name: 'b', Day: '2001-01-02', hour: 7n },
        [3n, null, '2001-01-01', '7'],
        { hour: 7, day: '2001-01-01', id: 4n },
      ],
      upload,
    )
    assert.deepEqual(await readPartition(table, 'day=2001-01-01,hour=7'), [
      [1n, 'a'],
      [3n, null],
      [4n, null],
    ])
    assert.deepEqual(await readPartition(table, 'day=2001-01-02,hour=7'), [[2n, 'b']])
    const { partitions, ...totals } = await upload.committed
    assert.deepEqual(
      partitions.map(({ partitionSpec, rows, blocks, committed, blockIds }) => {
        return { partitionSpec, rows, blocks, committed, blockIds }
      }),
      [
        { partitionSpec: 'day=2001-01-01,hour=7', rows: 3, blocks: 1, committed: true, blockIds: [0] },
        { partitionSpec: 'day=2001-01-02,hour=7', rows: 1, blocks: 1, committed: true, blockIds: [0] },
      ],
    )
    assert.deepEqual(
      partitions.map(({ sessionId }) => sessionId),
      sessions,
    )
    const sum = (key: 'rawBytes' | 'wireBytes'): number =>
      partitions.reduce((total, partition) => total + partition[key], 0)
    const bytes = { rawBytes: sum('rawBytes'), wireBytes: sum('wireBytes') }
    assert.deepEqual(totals, { committed: true, blocks: 2, rows: 4, ...bytes })
    assert.ok(bytes.rawBytes > 0 && bytes.wireBytes > 0)
    assert.equal(upload.session, undefined)
    assert.equal(upload.stats.partitions, 2)
  })

  test('takes what a download of all partitions gives', async context => {
    const table = await partitionedTable(context)
    await pipeline(
      Array.from({ length: 30 }, (_, i) => [BigInt(i), `row ${i}`, `d${i % 3}`, BigInt(i % 2)]),
      table.tunnel.createUploadStream(both),
    )
    await table.emulator.createTable({
      ...{ name: 'copy', columns: { id: 'bigint', name: 'string' } },
      partitionColumns: { day: 'string', hour: 'bigint' },
    })
    const download = table.tunnel.createDownloadStream({
      table: 'p',
      partitions: 'all',
      partitionColumns: true,
    })
    const upload = table.tunnel.createUploadStream({ ...both, table: 'copy' })
    await pipeline(download, upload)
    assert.equal((await upload.committed).partitions.length, 6)
    assert.equal(table.emulator.rowCount('copy'), 30)
  })

  test('partitionSpec is the part that all rows have in common', async context => {
    const table = await partitionedTable(context)
    const upload = table.tunnel.createUploadStream({
      ...{ table: 'p', partitionBy: ['DAY'], partitionSpec: { hour: 3 }, createPartition: true },
    })
    await pipeline([[1n, 'a', 'x'], { id: 2n, day: 'y', hour: 3n }], upload)
    assert.deepEqual(await partitionsOf(table), ['day=x,hour=3', 'day=y,hour=3'])
  })

  test('values become text by the type of the column', async context => {
    const { emulator, tunnel } = await emulatedTable(context)
    const types = { i: 'int', d: 'date', v: 'varchar(10)' }
    await emulator.createTable({ name: 'v', columns: { id: 'bigint' }, partitionColumns: types })
    const upload = tunnel.createUploadStream({
      ...{ table: 'v', partitionBy: ['i', 'd', 'v'], createPartition: true },
    })
    await pipeline(
      [
        [1n, 7, '2001-02-03', 'x'],
        [2n, '007', new Date('2001-02-03T00:00:00Z'), 'x'],
        [3n, -7n, '2001-02-03', 'x y'],
      ],
      upload,
    )
    const { partitions } = await upload.committed
    assert.deepEqual(
      partitions.map(({ partitionSpec, rows }) => [partitionSpec, rows]),
      [
        ['i=7,d=2001-02-03,v=x', 2],
        ['i=-7,d=2001-02-03,v=x y', 1],
      ],
    )
  })

  test('cells that say the same in several ways are one partition, also when their objects change', async context => {
    const table = await partitionedTable(context)
    const day = Buffer.from('x')
    const upload = table.tunnel.createUploadStream(both)
    await upload.writeBatch([
      [1n, 'a', 'x', 1n],
      [2n, 'b', 'x', 1],
      [3n, 'c', day, '01'],
      { id: 4n, name: 'd', day: 'x', hour: 1n },
    ])
    day.write('y')
    await upload.writeBatch([
      // The cells are those of the third row.
      [5n, 'e', day, '01'],
      [6n, 'f', 'x', 2n],
      [7n, 'g', '東京 δ', 2n],
    ])
    await pipeline([], upload)
    const idsOf = async (spec: string): Promise<unknown[]> =>
      (await readPartition(table, spec)).map(row => (row as unknown[])[0])
    assert.deepEqual(await idsOf('day=x,hour=1'), [1n, 2n, 3n, 4n])
    assert.deepEqual(await idsOf('day=y,hour=1'), [5n])
    assert.deepEqual(await idsOf('day=x,hour=2'), [6n])
    assert.deepEqual(await idsOf('day=東京 δ,hour=2'), [7n])
  })

  const bad: [string, unknown][] = [
    ['ODPS_NULL_NOT_ALLOWED', null],
    ['ODPS_INVALID_VALUE', ''],
    ['ODPS_INVALID_VALUE', 'a,b'],
    ['ODPS_INVALID_VALUE', 'a=b'],
    ['ODPS_INVALID_VALUE', 'a/b'],
    ['ODPS_INVALID_VALUE', "a'b"],
    ['ODPS_INVALID_VALUE', 'a"b'],
    ['ODPS_INVALID_VALUE', ' a'],
    ['ODPS_INVALID_VALUE', 7],
    ['ODPS_INVALID_VALUE', '\ud800'],
    ['ODPS_INVALID_VALUE', Buffer.from('\xff', 'latin1')],
  ]
  for (const [code, value] of bad)
    test(`${JSON.stringify(value)} names no partition, and can be skipped`, async context => {
      const table = await partitionedTable(context)
      const rows = [
        [1n, 'a', 'x', 1n],
        [2n, 'b', value, 1n],
      ]
      await assert.rejects(
        pipeline(rows, table.tunnel.createUploadStream(both)),
        (error: TunnelValueError) => {
          assert.deepEqual([error.code, error.column, error.rowIndex], [code, 'day', 1])
          return true
        },
      )
      const skipped: unknown[] = []
      const upload = table.tunnel.createUploadStream({
        ...both,
        onRowError: (error, row, index) => skipped.push(error.code, row, index),
      })
      await pipeline([...rows].reverse(), upload)
      assert.deepEqual(skipped, [code, rows[1], 0])
      assert.deepEqual(await readPartition(table, 'day=x,hour=1'), [[1n, 'a']])
    })
})

describe('partitionBy a function', () => {
  test('gets the row as it was written and returns a spec in any spelling', async context => {
    const table = await partitionedTable(context)
    const seen: unknown[] = []
    const rows = [[1n, 'a'], { id: 2n, name: 'b', day: 'x' }, [3n, 'c']]
    const specs = ['day=x,hour=1', { HOUR: 1n, day: 'x' }, "hour='01' , `day`=x"]
    const upload = table.tunnel.createUploadStream({
      ...{ table: 'p', createPartition: true },
      partitionBy: row => specs[seen.push(row) - 1]!,
    })
    await pipeline(rows, upload)
    assert.deepEqual(seen, rows)
    assert.deepEqual(await partitionsOf(table), ['day=x,hour=1'])
    assert.equal((await upload.committed).partitions[0]?.rows, 3)
  })

  test('refuses an object whose partition columns say otherwise', async context => {
    const { tunnel } = await partitionedTable(context)
    const upload = tunnel.createUploadStream({ table: 'p', partitionBy: () => 'day=x,hour=1' })
    await assert.rejects(pipeline([{ id: 1n, day: 'y' }], upload), {
      code: 'ODPS_INVALID_VALUE',
      column: 'day',
    })
  })

  test('that throws fails the stream, whatever it throws', async context => {
    const { tunnel } = await partitionedTable(context)
    for (const thrown of [new Error('no'), null, undefined, 0, '']) {
      const upload = tunnel.createUploadStream({
        table: 'p',
        partitionBy: () => {
          throw thrown
        },
        onRowError: () => {},
      })
      await assert.rejects(pipeline([[1n, 'a']], upload), error => {
        assert.ok(error instanceof Error)
        assert.equal(thrown instanceof Error ? error : error.cause, thrown)
        return true
      })
    }
  })

  test('that returns no whole spec fails the stream', async context => {
    const { tunnel } = await partitionedTable(context)
    for (const spec of ['day=x', 'day=x,hour=1,minute=2', 'day', ''])
      await assert.rejects(
        pipeline([[1n, 'a']], tunnel.createUploadStream({ table: 'p', partitionBy: () => spec })),
        { code: 'ODPS_INVALID_PARTITION_SPEC' },
      )
  })
})

describe('partitionBy: the table', () => {
  test('the columns must be exactly those of the table', async context => {
    const table = await partitionedTable(context)
    const refused: [object, RegExp][] = [
      [{ partitionBy: ['day'] }, /'hour' is missing/],
      [{ partitionBy: ['day', 'hour', 'id'] }, /'id' is not a partition column/],
      [{ partitionBy: ['day', 'hour'], partitionSpec: 'hour=1' }, /'hour' is given twice/],
      [{ partitionBy: ['day', 'DAY', 'hour'] }, /'day' is given twice/],
      [{ table: 't', partitionBy: ['day'] }, /the table has no partitions/],
    ]
    for (const [options, message] of refused) {
      const upload = table.tunnel.createUploadStream({ table: 'p', ...options })
      // Before the first row.
      const [error] = (await once(upload, 'error')) as [Error]
      assert.match(error.message, message)
      assert.equal((error as { code?: string }).code, 'ODPS_INVALID_OPTION')
    }
    assert.equal(table.emulator.requests.filter(({ action }) => action === 'createUpload').length, 0)
  })

  test('a missing partition fails the stream', async context => {
    const table = await partitionedTable(context)
    await table.emulator.addPartition('p', 'day=x,hour=1')
    const upload = table.tunnel.createUploadStream({ ...both, createPartition: false })
    const rows = async function* () {
      yield [1n, 'a', 'x', 1n]
      yield [2n, 'b', 'y', 1n]
      await once(upload, 'close')
      yield [3n, 'c', 'x', 1n]
    }
    await assert.rejects(pipeline(rows, upload), { code: 'ODPS_NO_SUCH_PARTITION' })
    assert.deepEqual(await readPartition(table, 'day=x,hour=1'), [])
  })

  test('a row that does not fit makes no partition', async context => {
    const table = await partitionedTable(context)
    const skipped: number[] = []
    const upload = table.tunnel.createUploadStream({ ...both, onRowError: (_, __, i) => skipped.push(i) })
    await pipeline(
      [
        [1n, 'a', 'x', 1n],
        ['one', 'b', 'y', 1n],
        [2n, 'c', 'x', 1n],
      ],
      upload,
    )
    assert.deepEqual(skipped, [1])
    assert.deepEqual(await partitionsOf(table), ['day=x,hour=1'])
  })

  test('overwrite replaces the partitions that got a row, and no others', async context => {
    const table = await partitionedTable(context)
    await pipeline(
      [
        [1n, 'old', 'x', 1n],
        [2n, 'old', 'y', 1n],
        [3n, 'old', 'z', 1n],
      ],
      table.tunnel.createUploadStream(both),
    )
    const upload = table.tunnel.createUploadStream({ ...both, overwrite: true, onRowError: () => {} })
    await pipeline(
      [
        ['bad', 'new', 'z', 1n],
        [4n, 'new', 'y', 1n],
      ],
      upload,
    )
    assert.deepEqual(await readPartition(table, 'day=x,hour=1'), [[1n, 'old']])
    assert.deepEqual(await readPartition(table, 'day=y,hour=1'), [[4n, 'new']])
    assert.deepEqual(await readPartition(table, 'day=z,hour=1'), [[3n, 'old']])
  })

  test('no rows open nothing', async context => {
    const { emulator, tunnel } = await partitionedTable(context)
    const upload = tunnel.createUploadStream(both)
    await pipeline([], upload)
    assert.deepEqual((await upload.committed).partitions, [])
    assert.equal(emulator.requests.filter(({ action }) => action === 'createUpload').length, 0)
  })

  const refused: [object, RegExp][] = [
    [{ partitionBy: ['day', 'hour'], sessionId: 's' }, /sessionId/],
    [{ partitionBy: ['day', 'hour'], blockIds: { start: 0, count: 2 } }, /blockIds/],
    [{ partitionBy: ['day', 'hour'], concurrency: 2 }, /concurrency/],
    [{ partitionBy: ['day', 'hour'], commit: false }, /commit: false/],
    [{ partitionBy: () => 'day=x,hour=1', partitionSpec: 'hour=1' }, /returns the whole spec/],
    [{ partitionBytes: 100 }, /partitionBytes is only used with partitionBy/],
    [{ maxOpenPartitions: 2 }, /maxOpenPartitions is only used with partitionBy/],
    [{ partitionBy: 7 }, /partitionBy must be/],
  ]
  for (const [options, message] of refused)
    test(`refuses ${JSON.stringify(options)}`, async context => {
      const { tunnel } = await partitionedTable(context)
      assert.throws(() => tunnel.createUploadStream({ table: 'p', ...options }), message)
    })
})

describe('partitionBy: blocks', () => {
  test('small ones are sent, the largest first, when all that wait come to partitionBytes', async context => {
    const table = await partitionedTable(context)
    const upload = table.tunnel.createUploadStream({ ...both, partitionBytes: 20_000, maxOpenPartitions: 2 })
    const rows = Array.from({ length: 3000 }, (_, i) => [
      ...[BigInt(i), 'x'.repeat(i % 50)],
      ...[`d${(i * 7919) % 20}`, BigInt(i % 3 === 0 ? 0 : 1)],
    ])
    await pipeline(rows, upload)
    const { partitions, blocks, rawBytes } = await upload.committed
    assert.ok(blocks > partitions.length)
    assert.ok(blocks <= partitions.length + (2 * rawBytes) / (20_000 / partitions.length), String(blocks))
    for (const { partitionSpec } of partitions) {
      const wanted = rows.filter(([, , day, hour]) => `day=${day},hour=${hour}` === partitionSpec)
      assert.deepEqual(
        await readPartition(table, partitionSpec),
        wanted.map(([id, name]) => [id, name]),
      )
    }
  })

  test('end by blockRows and blockBytes as well, in sorted rows', async context => {
    const table = await partitionedTable(context)
    const rows = Array.from({ length: 100 }, (_, i) => [BigInt(i), 'x', `d${Math.floor(i / 50)}`, 1n])
    const byRows = table.tunnel.createUploadStream({ ...both, blockRows: 20 })
    await pipeline(rows, byRows)
    assert.equal((await byRows.committed).blocks, 6)
    const byBytes = table.tunnel.createUploadStream({ ...both, overwrite: true, blockBytes: 100 })
    await pipeline(rows, byBytes)
    assert.ok((await byBytes.committed).blocks >= 12)
    assert.deepEqual(
      await readPartition(table, 'day=d1,hour=1'),
      rows.slice(50).map(([id, name]) => [id, name]),
    )
  })

  test('a row larger than partitionBytes goes alone', async context => {
    const table = await partitionedTable(context)
    const text = 'x'.repeat(10_000)
    const upload = table.tunnel.createUploadStream({ ...both, partitionBytes: 100 })
    await pipeline(
      Array.from({ length: 10 }, (_, i) => [BigInt(i), text, 'x', 1n]),
      upload,
    )
    assert.equal((await upload.committed).blocks, 10)
    assert.equal((await readPartition(table, 'day=x,hour=1')).length, 10)
  })

  test('a partition that does not open yet stalls no other', async context => {
    let isHeld = true
    const faults: FaultSource = ({ action, query }) =>
      isHeld && action === 'createUpload' && query.get('partition') === 'day=slow,hour=1'
        ? { status: 503 }
        : undefined
    const table = await partitionedTable(context, {
      faults,
      retry: { attempts: 1000, minDelayMs: 1, maxDelayMs: 1 },
    })
    const upload = table.tunnel.createUploadStream({ ...both, blockRows: 10 })
    await upload.writeBatch([[0n, 'first', 'fast', 1n]])
    await upload.writeBatch([[1n, 'waits', 'slow', 1n]])
    await upload.writeBatch(Array.from({ length: 199 }, (_, i) => [BigInt(i), 'x', 'fast', 1n]))
    while (upload.stats.blocks < 20) await new Promise(setImmediate)
    assert.equal(upload.stats.partitions, 1)
    isHeld = false
    upload.end()
    await upload.committed
    assert.deepEqual(await readPartition(table, 'day=slow,hour=1'), [[1n, 'waits']])
  })
})

describe('partitionBy: commits', () => {
  const rows = Array.from({ length: 20 }, (_, i) => [BigInt(i), 'x', `d${String(i).padStart(2, '0')}`, 1n])

  test('nothing is committed when a block is refused', async context => {
    const faults: FaultSource = ({ action, query }) =>
      action === 'putBlock' && query.get('partition') === 'day=d19,hour=1'
        ? { status: 403, code: 'NoPermission' }
        : undefined
    const table = await partitionedTable(context, { faults })
    await assert.rejects(pipeline(rows, table.tunnel.createUploadStream(both)), {
      code: 'ODPS_ACCESS_DENIED',
    })
    assert.equal(table.emulator.rowCount('p'), 0)
    assert.equal(table.emulator.requests.filter(({ action }) => action === 'commitUpload').length, 0)
  })

  test('a commit that fails after others is told with all that is needed to finish', async context => {
    let isRefusing = true
    const faults: FaultSource = ({ action, query }) => {
      if (!isRefusing || query.get('partition') !== 'day=d10,hour=1') return undefined
      return action === 'commitUpload' ? { status: 403, code: 'NoPermission' } : undefined
    }
    const table = await partitionedTable(context, { faults })
    const upload = table.tunnel.createUploadStream({ ...both, maxOpenPartitions: 2 })
    const error = await pipeline(rows, upload).then(
      () => assert.fail('it was committed'),
      (reason: TunnelSessionError) => reason,
    )
    assert.equal(error.code, 'ODPS_PARTIAL_COMMIT')
    assert.equal((error.cause as TunnelSessionError).code, 'ODPS_ACCESS_DENIED')
    const partitions = error.partitions!
    assert.deepEqual(
      partitions.map(({ partitionSpec }) => partitionSpec).sort(),
      rows.map(([, , day]) => `day=${day},hour=1`),
    )
    const stateOf = (day: string): string | undefined =>
      partitions.find(({ partitionSpec }) => partitionSpec === `day=${day},hour=1`)?.state
    assert.equal(stateOf('d00'), 'committed')
    assert.equal(stateOf('d10'), 'open')
    assert.equal(stateOf('d19'), 'open')
    const { sessionId, ...open } = partitions.find(({ state }) => state === 'open')!
    assert.deepEqual(open, {
      ...{ project: 'p', table: 'p', partitionSpec: 'day=d10,hour=1', blockIds: [0], state: 'open' },
    })
    for (const { partitionSpec, state } of partitions)
      assert.equal((await readPartition(table, partitionSpec)).length, state === 'committed' ? 1 : 0)

    // Plain JSON is enough, and so is a second call.
    const plain = JSON.parse(JSON.stringify(partitions)) as typeof partitions
    const again = await table.tunnel.finishCommit(plain).then(
      () => assert.fail('it was committed'),
      (reason: TunnelSessionError) => reason,
    )
    assert.equal(again.code, 'ODPS_PARTIAL_COMMIT')
    isRefusing = false
    const settled = await table.tunnel.finishCommit(again.partitions!)
    assert.ok(settled.every(({ state }) => state === 'committed'))
    assert.equal(table.emulator.rowCount('p'), 20)
    await table.tunnel.finishCommit(settled)
    await table.tunnel.finishCommit(partitions)
    assert.equal(table.emulator.rowCount('p'), 20)
  })

  test('an outcome that is unknown is looked up when the rest is finished', async context => {
    let isLost = true
    const faults: FaultSource = ({ action, query }) => {
      if (!isLost || query.get('partition') !== 'day=d05,hour=1') return undefined
      if (action === 'commitUpload') return 'drop-answer'
      return action === 'getUpload' && committed ? { status: 403, code: 'NoPermission' } : undefined
    }
    let committed = false
    const table = await partitionedTable(context, {
      faults: request => {
        const fault = faults instanceof Function ? faults(request) : undefined
        if (request.action === 'commitUpload' && fault !== undefined) committed = true
        return fault
      },
      retry: { attempts: 1 },
    })
    const error = await pipeline(rows, table.tunnel.createUploadStream(both)).then(
      () => assert.fail('it was committed'),
      (reason: TunnelSessionError) => reason,
    )
    assert.equal(error.code, 'ODPS_PARTIAL_COMMIT')
    const unknown = error.partitions!.filter(({ state }) => state === 'unknown')
    assert.deepEqual(
      unknown.map(({ partitionSpec }) => partitionSpec),
      ['day=d05,hour=1'],
    )
    isLost = false
    await table.tunnel.finishCommit(error.partitions!)
    assert.equal(table.emulator.rowCount('p'), 20)
  })

  test('the first commit that fails alone is the error itself', async context => {
    const table = await partitionedTable(context, {
      faults: [{ action: 'commitUpload', times: 99, fault: { status: 403, code: 'NoPermission' } }],
    })
    await assert.rejects(pipeline(rows, table.tunnel.createUploadStream(both)), {
      code: 'ODPS_ACCESS_DENIED',
    })
    assert.equal(table.emulator.rowCount('p'), 0)
  })

  test('finishCommit refuses what is none of its own', async context => {
    const { tunnel } = await partitionedTable(context)
    await assert.rejects(tunnel.finishCommit([{ sessionId: 7 }] as never), { code: 'ODPS_INVALID_OPTION' })
    await assert.rejects(tunnel.finishCommit('all' as never), { code: 'ODPS_INVALID_OPTION' })
    assert.deepEqual(await tunnel.finishCommit([]), [])
  })

  test('goes with checkpoint: each commits its partitions', async context => {
    const table = await partitionedTable(context)
    const upload = table.tunnel.createUploadStream({ ...both, checkpoint: { rows: 8 } })
    const told: Checkpoint[] = []
    upload.on('checkpoint', checkpoint => told.push(checkpoint))
    await pipeline(
      Array.from({ length: 20 }, (_, i) => [BigInt(i), 'x', `d${i % 3}`, 1n]),
      upload,
    )
    assert.deepEqual(
      told.map(({ rows: count, lastRow, sessions }) => [
        count,
        lastRow,
        sessions.map(({ partitionSpec }) => partitionSpec),
      ]),
      [
        [8, 7, ['day=d0,hour=1', 'day=d1,hour=1', 'day=d2,hour=1']],
        [8, 15, ['day=d2,hour=1', 'day=d0,hour=1', 'day=d1,hour=1']],
        [4, 19, ['day=d1,hour=1', 'day=d2,hour=1', 'day=d0,hour=1']],
      ],
    )
    const { checkpoints, partitions, rows: count } = await upload.committed
    assert.deepEqual([checkpoints, partitions.length, count], [3, 3, 20])
    assert.deepEqual(
      await readPartition(table, 'day=d1,hour=1'),
      [1n, 4n, 7n, 10n, 13n, 16n, 19n].map(id => [id, 'x']),
    )
  })

  test('checkpoints by bytes count rows that wait to be encoded together', async context => {
    const table = await partitionedTable(context)
    const upload = table.tunnel.createUploadStream({ ...both, checkpoint: { bytes: 5000 } })
    const counts: number[] = []
    upload.on('checkpoint', ({ rows: count }) => counts.push(count))
    await pipeline(
      Array.from({ length: 60 }, (_, i) => [BigInt(i), 'x'.repeat(500), `d${i % 3}`, 1n]),
      upload,
    )
    // A record has 500 bytes of text and at most 20 besides.
    assert.deepEqual(counts, [10, 10, 10, 10, 10, 10])
  })
})
