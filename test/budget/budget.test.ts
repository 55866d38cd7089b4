import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { chunkBytes } from '../../lib/budget/byte-budget.js'
import { connectionOf } from '../../lib/connection.js'
import { type Emulator, startEmulator } from '../../lib/emulator/index.js'
import { Tunnel } from '../../lib/tunnel.js'
import { Random } from '../faults/random.js'
import { EventClock } from './event-clock.js'
import { blocks, capacityAt, runThrottledUpload, wanted } from './throttled-upload.js'

/*
 * Many streams on one Tunnel. What is held is watched where it is counted, and what is under way where it arrives: at the
 * dispatcher, which counts for itself. A stream that waits for another for ever fails the test by its time limit.
 */

const blockBytes = 30_000
const least = blockBytes + chunkBytes

/** Rows that don't compress, of about 1 kB. */
const rowsOf = (random: Random, count: number): [bigint, string][] =>
  Array.from({ length: count }, (_, i) => [
    BigInt(i),
    Array.from({ length: 100 }, () => random.integer(0, 2 ** 31).toString(36)).join(''),
  ])

interface Watched {
  readonly tunnel: Tunnel
  /** The most bytes that were held together. */
  readonly peakBytes: number
  /** The most bytes of blocks that had been sent and not been answered. */
  readonly peakBlockBytes: number
  /** The most requests without the head of an answer. */
  readonly peakRequests: number
}

const watchTunnel = (
  emulator: Emulator,
  options: { readonly memoryBytes?: number; readonly maxRequests?: number },
): Watched => {
  const { dispatcher, ...connection } = emulator.connection
  const watched = { peakBytes: 0, peakBlockBytes: 0, peakRequests: 0 }
  let [requests, bytes] = [0, 0]
  const request: NonNullable<typeof dispatcher>['request'] = async (sent: never) => {
    const { body, ...rest } = sent as { body?: Iterable<Uint8Array> | null }
    const parts = body && [...body]
    const size = (parts ?? []).reduce((sum, { length }) => sum + length, 0)
    watched.peakRequests = Math.max(watched.peakRequests, ++requests)
    bytes += size
    watched.peakBlockBytes = Math.max(watched.peakBlockBytes, bytes)
    try {
      return await dispatcher!.request({ ...rest, body: parts } as never)
    } finally {
      requests--
      bytes -= size
    }
  }
  const counting = new Proxy(dispatcher!, {
    get: (target, key) => (key === 'request' ? request : Reflect.get(target, key, target)),
  })
  const tunnel = new Tunnel({ ...connection, dispatcher: counting, ...options })
  const { memory } = connectionOf(tunnel).client.budget
  const add = memory.add.bind(memory)
  memory.add = held => {
    add(held)
    watched.peakBytes = Math.max(watched.peakBytes, memory.used)
  }
  return Object.assign(watched, { tunnel })
}

async function* slowly<T>(rows: AsyncIterable<T>, random: Random): AsyncGenerator<T> {
  for await (const row of rows) {
    if (random.chance(0.02)) await turn()
    yield row
  }
}

test('property: random streams on one Tunnel keep to its budget, all end, and no row is lost', {
  timeout: 120_000,
}, async t => {
  const emulator = await startEmulator({ listen: false, projects: ['p'] })
  t.after(() => emulator.close())
  const columns = { id: 'bigint', text: 'string' }
  await emulator.createTable({ name: 'source', columns })
  const rows = rowsOf(new Random(7), 300)
  // Blocks, so that answers come in pieces.
  for (let at = 0; at < rows.length; at += 20) await emulator.insert('source', rows.slice(at, at + 20))
  const idsOf = (got: readonly unknown[][]): bigint[] =>
    got.map(([id]) => id as bigint).sort((first, second) => Number(first - second))
  const all = idsOf(rows)

  for (let seed = 1; seed <= 8; seed++) {
    const random = new Random(seed)
    // The least memory half of the time, and few requests.
    const memoryBytes = least + (random.chance(0.5) ? 0 : random.integer(0, 4 * least))
    const watched = watchTunnel(emulator, { memoryBytes, maxRequests: random.integer(1, 4) })
    const { tunnel } = watched
    const count = random.integer(3, 7)
    const work = Array.from({ length: count }, async (_, i) => {
      const table = `t_${seed}_${i}`
      const read = {
        ...{ table: 'source', rangeRows: random.pick([5, 50, 300]), concurrency: random.integer(1, 6) },
        compression: random.pick(['raw', 'snappy', 'deflate'] as const),
      }
      const write = { table, blockBytes, maxBlockBytes: blockBytes, concurrency: random.integer(1, 5) }
      const kind = random.pick(['upload', 'download', 'pipeline', 'pipeline', 'partitions', 'copy'] as const)
      const isPartitioned = kind === 'partitions'
      await emulator.createTable({
        ...{ name: table, columns },
        ...(isPartitioned && { partitionColumns: { part: 'bigint' } }),
      })
      switch (kind) {
        case 'download': {
          const got: unknown[] = []
          for await (const row of slowly(tunnel.createDownloadStream(read), random)) got.push(row)
          assert.deepEqual(got, rows)
          return
        }
        case 'upload':
          await pipeline(Readable.from(rows), tunnel.createUploadStream(write))
          break
        case 'pipeline':
          await pipeline(tunnel.createDownloadStream(read), tunnel.createUploadStream(write))
          break
        case 'copy':
          // Its blocks may grow to 64 MiB, which this memory isn't large enough for.
          await assert.rejects(tunnel.copyTable({ from: { table: 'source' }, to: { table } }), {
            message: /memoryBytes of the Tunnel is \d+, but must be at least 67174400 here/,
          })
          return
        case 'partitions': {
          const { concurrency, ...partitioned } = write
          const upload = tunnel.createUploadStream({
            ...{ ...partitioned, partitionBy: ['part'], createPartition: true, partitionBytes: blockBytes },
            maxOpenPartitions: concurrency,
          })
          const withPart = rows.map(([id, text]) => [id, text, BigInt(random.integer(0, 4))])
          await pipeline(Readable.from(withPart), upload)
        }
      }
      const got = await emulator.rows(table, undefined, { rowShape: 'array' })
      assert.deepEqual(idsOf(got as readonly unknown[] as unknown[][]), all, kind)
    })
    await Promise.all(work)
    const limit = memoryBytes + count * (chunkBytes + 2_000)
    assert.ok(watched.peakBytes <= limit, `seed ${seed}: ${watched.peakBytes} of ${limit}`)
    // Each stream may have the block that grew sent, and the rest is within the memory.
    const blockLimit = memoryBytes + count * (blockBytes + 2_000)
    assert.ok(
      watched.peakBlockBytes <= blockLimit,
      `seed ${seed}: ${watched.peakBlockBytes} of ${blockLimit}`,
    )
    const { requests, memory } = connectionOf(tunnel).client.budget
    assert.ok(watched.peakRequests <= requests.allowed, `seed ${seed}: ${watched.peakRequests}`)
    for (let i = 0; i < 10; i++) await turn()
    assert.deepEqual([memory.used, requests.underWay], [0, 0], `seed ${seed}: all is given back`)
    await tunnel.close()
  }
})

test('a download piped into an upload ends with the least memory and one request at a time', async t => {
  const emulator = await startEmulator({ listen: false, projects: ['p'] })
  t.after(() => emulator.close())
  const columns = { id: 'bigint', text: 'string' }
  await emulator.createTable({ name: 'source', columns })
  await emulator.createTable({ name: 'target', columns })
  const rows = rowsOf(new Random(5), 1000)
  for (let at = 0; at < rows.length; at += 20) await emulator.insert('source', rows.slice(at, at + 20))
  const { tunnel } = watchTunnel(emulator, { memoryBytes: least, maxRequests: 1 })
  t.after(() => tunnel.close())
  await pipeline(
    tunnel.createDownloadStream({ table: 'source', rangeRows: 1000, compression: 'raw' }),
    tunnel.createUploadStream({ table: 'target', blockBytes, maxBlockBytes: blockBytes }),
  )
  assert.equal((await emulator.rows('target')).length, rows.length)
})

/** The largest block that a copy may make. */
const copyBytes = 64 * 2 ** 20

for (const maxRequests of [1, 3])
  test(`a copy, rows to many partitions and a download end though another stream holds all memory; ${maxRequests} requests at once`, {
    timeout: 60_000,
  }, async t => {
    const emulator = await startEmulator({ listen: false, projects: ['p'] })
    t.after(() => emulator.close())
    const columns = { id: 'bigint', text: 'string' }
    for (const name of ['source', 'target']) await emulator.createTable({ name, columns })
    await emulator.createTable({ name: 'parts', columns, partitionColumns: { pt: 'string' } })
    const rows = rowsOf(new Random(6), 400)
    await emulator.insert('source', rows)
    const { tunnel } = watchTunnel(emulator, { memoryBytes: copyBytes + chunkBytes, maxRequests })
    t.after(() => tunnel.close())
    const { memory } = connectionOf(tunnel).client.budget
    const other = memory.share()
    other.take(memory.limit)
    const copy = (compression: 'raw' | 'snappy') =>
      tunnel.copyTable({
        ...{ from: { table: 'source' }, to: { table: 'target' } },
        ...{ compression, blockBytes, rangeRows: 50 },
      })
    const [raw, snappy, parts, downloaded] = await Promise.all([
      copy('raw'),
      copy('snappy'),
      tunnel.upload(
        {
          ...{ table: 'parts', partitionBy: ['pt'], createPartition: true },
          ...{ partitionBytes: blockBytes, blockBytes },
        },
        rows.map(([id, text]) => [id, text, `p${id % 7n}`]),
      ),
      tunnel.download({ table: 'source', rangeRows: 50 }),
    ])
    assert.deepEqual([raw.rows, snappy.rows, parts.rows, downloaded.length], [400, 400, 400, 400])
    assert.equal((await emulator.rows('target')).length, 800)
    assert.equal((await emulator.rows('parts')).length, 400)
    other.give(memory.limit)
    assert.equal(memory.used, 0)
    await assert.rejects(
      watchTunnel(emulator, { memoryBytes: copyBytes + chunkBytes - 1 }).tunnel.copyTable({
        ...{ from: { table: 'source' }, to: { table: 'target' } },
      }),
      { code: 'ODPS_INVALID_OPTION' },
    )
  })

test('streams that are alike get alike, in every window of 50 ranges', async t => {
  const asked: string[] = []
  const random = new Random(3)
  const clock = new EventClock(() => random.next())
  const emulator = await startEmulator({
    ...{ listen: false, projects: ['p'] },
    clock,
    faults: ({ table, action }) => {
      if (action !== 'readData') return undefined
      asked.push(table ?? '')
      return { delayMs: 10 }
    },
  })
  t.after(() => emulator.close())
  const rows = rowsOf(random, 400)
  const tables = ['a', 'b', 'c', 'd']
  for (const name of tables) {
    await emulator.createTable({ name, columns: { id: 'bigint', text: 'string' } })
    await emulator.insert(name, rows)
  }
  const tunnel = new Tunnel({ ...emulator.connection, clock, memoryBytes: 8 * chunkBytes, maxRequests: 3 })
  t.after(() => tunnel.close())
  const reading = tables.map(table => tunnel.download({ table, rangeRows: 4, compression: 'raw' }))
  await clock.runUntil(Promise.all(reading))
  assert.equal(asked.length, 400)
  const share = 50 / tables.length
  const lastWindow = Math.min(...tables.map(table => asked.lastIndexOf(table))) - 50
  for (let at = 0; at <= lastWindow; at++)
    for (const table of tables) {
      const got = asked.slice(at, at + 50).filter(each => each === table).length
      assert.ok(got >= share * 0.8 && got <= share * 1.2, `ranges ${at} to ${at + 49}: ${table} got ${got}`)
    }
})

test('memory for less than a block and a chunk is refused where the stream is made', async t => {
  const emulator = await startEmulator({ listen: false, projects: ['p'] })
  t.after(() => emulator.close())
  const tunnel = new Tunnel({ ...emulator.connection, memoryBytes: least - 1 })
  t.after(() => tunnel.close())
  const options = { table: 't', blockBytes, maxBlockBytes: blockBytes }
  assert.throws(() => tunnel.createUploadStream(options), {
    name: 'TunnelOptionError',
    message: `createUploadStream: memoryBytes of the Tunnel is ${least - 1}, but must be at least ${least} here: ${blockBytes} for its largest block (maxBlockBytes), and 65536 for a chunk that is read ahead`,
  })
  assert.throws(
    () => tunnel.createUploadStream({ ...options, maxBlockBytes: 1, blockBytes: 1, partitionBy: ['p'] }),
    { message: /at least 67174400 here: 67108864 for partitionBytes/ },
  )
  assert.throws(() => new Tunnel({ ...emulator.connection, memoryBytes: 65_535 }), {
    message: 'Tunnel: memoryBytes must be a whole number of at least 65536, got 65535',
  })
})

test('fewer blocks are sent at once while the service refuses some, and more again later', async () => {
  const { samples, refused, rows } = await runThrottledUpload()
  assert.equal(rows, blocks, 'each once')
  const between = (from: number, to: number): number[] =>
    samples.filter(({ ms }) => ms >= from && ms < to).map(({ concurrency }) => concurrency)
  assert.equal(samples[0]!.concurrency, wanted, 'nothing is known of the service')
  assert.ok(Math.min(...between(0, 1e6)) >= 1)
  for (const [from, to] of [
    [500, 2_000],
    [2_500, 4_500],
    [5_500, samples.at(-1)!.ms],
  ] as const) {
    const capacity = capacityAt(from)
    const seen = between(from, to)
    assert.ok(Math.max(...seen) <= capacity + 1, `${capacity}: ${Math.max(...seen)}`)
    assert.ok(Math.min(...seen) >= capacity / 2 - 1, `${capacity}: ${Math.min(...seen)}`)
    const sent = samples.filter(({ ms }) => ms >= from && ms < to).map(sample => sample.blocks)
    const possible = (capacity * (to - from)) / 100
    assert.ok(sent.at(-1)! - sent[0]! > 0.6 * possible, `${sent.at(-1)! - sent[0]!} of ${possible}`)
  }
  assert.ok(refused > 0 && refused < blocks / 8, `${refused} of ${blocks}`)
})
