import assert from 'node:assert/strict'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type TestContext, test } from 'node:test'
import { Tunnel } from '../../lib/tunnel.js'
import { Child } from './child-process.js'

const rowCount = 300_000

/** How long the event loop was held, in milliseconds: reported, for it depends on the machine and its other work. */
const measure = async (context: TestContext, what: string, work: () => Promise<void>): Promise<void> => {
  const monitor = monitorEventLoopDelay({ resolution: 1 })
  monitor.enable()
  const began = performance.now()
  await work()
  monitor.disable()
  const ms = (nanos: number): string => (nanos / 1e6).toFixed(1)
  const seconds = ((performance.now() - began) / 1000).toFixed(1)
  const delays = `p50 ${ms(monitor.percentile(50))}, p99 ${ms(monitor.percentile(99))}, max ${ms(monitor.max)}`
  context.diagnostic(`${what}: ${rowCount} rows in ${seconds} s, event loop delay in ms: ${delays}`)
}

test('the event loop of a client at default settings', { timeout: 300_000 }, async context => {
  const child = new Child('quiet-emulator.ts', [])
  context.after(() => child.kill())
  const endpoint = await child.line()
  const credentials = { accessKeyId: 'any', accessKeySecret: 'any' }
  const tunnel = new Tunnel({ endpoint, project: 'p', credentials })
  context.after(() => tunnel.close())
  function* rows(): Generator<unknown[]> {
    const at = new Date(Date.UTC(2025, 0, 2))
    for (let i = 0; i < rowCount; i++) yield [BigInt(i), `a row of some length, number ${i}`, at, i / 7]
  }
  await measure(context, 'upload', () =>
    pipeline(Readable.from(rows()), tunnel.createUploadStream({ table: 't' })),
  )
  let read = 0
  await measure(context, 'download', async () => {
    for await (const _ of tunnel.createDownloadStream({ table: 't' })) read++
  })
  let batched = 0
  await measure(context, 'download in batches', async () => {
    for await (const batch of tunnel.readBatches({ table: 't' })) batched += batch.length
  })
  assert.deepEqual([read, batched], [rowCount, rowCount])
})
