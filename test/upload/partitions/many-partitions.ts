/*
 * Uploads rows of many partitions in an order that is hardest for an upload, and holds it to what docs/upload.md says of
 * requests and memory. The service runs in a process of its own. Prints what it measured, as JSON.
 *
 *   npm run test:partitions -- [--rows 1000000] [--partitions 10000] [--distribution random|zipf]
 */
import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { RowBatch } from '../../../lib/codec/rows/row-batch.js'
import { Tunnel } from '../../../lib/tunnel.js'
import { Random } from '../../faults/random.js'

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    partitions: { type: 'string', default: '10000' },
    distribution: { type: 'string' },
    partitionBytes: { type: 'string', default: String(64 * 2 ** 20) },
  },
})
const [rowCount, partitionCount] = [Number(values.rows), Number(values.partitions)]
const partitionBytes = Number(values.partitionBytes)
const text = 'x'.repeat(90)

const used = (): number => {
  // Buffers are swept in the background after a collection; the next one waits for that.
  globalThis.gc?.()
  globalThis.gc?.()
  const { arrayBuffers, heapUsed } = process.memoryUsage()
  return arrayBuffers + heapUsed
}

/** The partition of the next row: each with the same chance, or the k-th with a chance of 1 ÷ k. */
const pickers: Readonly<Record<string, (random: Random) => () => number>> = {
  random: random => () => random.integer(0, partitionCount - 1),
  zipf: random => {
    const sums = new Float64Array(partitionCount)
    let sum = 0
    for (let k = 0; k < partitionCount; k++) sums[k] = sum += 1 / (k + 1)
    return () => {
      const at = random.next() * sum
      let [low, high] = [0, partitionCount - 1]
      while (low < high) {
        const middle = (low + high) >> 1
        if (sums[middle]! > at) high = middle
        else low = middle + 1
      }
      return low
    }
  },
}

const measure = async (distribution: string): Promise<void> => {
  const program = new URL('./many-partitions-emulator.ts', import.meta.url)
  const emulator = fork(program, { execArgv: ['--max-old-space-size=3000', '--import', 'tsx'] })
  const [{ endpoint }] = (await once(emulator, 'message')) as [{ endpoint: string }]
  const tunnel = new Tunnel({
    endpoint,
    project: 'p',
    credentials: { accessKeyId: 'i', accessKeySecret: 's' },
  })
  const upload = tunnel.createUploadStream({
    ...{ table: 'p', partitionBy: ['k'], createPartition: true, partitionBytes },
    ...{ compression: 'raw', highWaterMark: 1 },
  })
  const pick = pickers[distribution]!(new Random(1))
  const before = used()
  let peak = 0
  const cpu = process.cpuUsage()
  const start = performance.now()
  for (let i = 0, last = start; i < rowCount; i += 500) {
    const batch = RowBatch.from({ length: Math.min(500, rowCount - i) }, (_, k) => [
      BigInt(i + k),
      text,
      BigInt(pick()),
    ])
    await upload.writeBatch(batch)
    if (performance.now() - last < 1000) continue
    peak = Math.max(peak, used() - before)
    last = performance.now()
  }
  peak = Math.max(peak, used() - before)
  upload.end()
  const { partitions, blocks, rows, rawBytes } = await upload.committed
  const wallMs = performance.now() - start
  const { user, system } = process.cpuUsage(cpu)
  const most = partitions.length + (2 * rawBytes) / (partitionBytes / partitions.length)
  console.log(
    JSON.stringify({
      ...{ distribution, rows, partitions: partitions.length, rawBytes, blocks, most: Math.floor(most) },
      ...{
        peakMiB: Math.round(peak / 2 ** 20),
        wallMs: Math.round(wallMs),
        cpuMs: Math.round((user + system) / 1000),
      },
    }),
  )
  assert.equal(rows, rowCount)
  assert.ok(blocks <= most, `${blocks} blocks, at most ${most} were expected`)
  const formula = 2 * partitionBytes + partitions.length * 6 * 1024 + 24 * 2 ** 20
  assert.ok(peak <= formula, `${peak} bytes of memory, the formula gives ${formula}`)
  emulator.send(partitions.map(({ partitionSpec }) => partitionSpec))
  const [held] = (await once(emulator, 'message')) as [{ rows: number; disordered: string[] }]
  assert.deepEqual(held, { rows: rowCount, disordered: [] })
  await tunnel.close()
  emulator.disconnect()
}

for (const distribution of values.distribution === undefined ? Object.keys(pickers) : [values.distribution])
  await measure(distribution)
