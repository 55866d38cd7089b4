import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, type TestContext, test } from 'node:test'
import { context, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base'
import { observeTunnel } from '../docs/examples/opentelemetry.js'
import type { Tunnel } from '../lib/tunnel.js'
import { emulatedTable, rowsUpTo } from './session/emulated-table.js'

/* What the example gives to OpenTelemetry's own SDK, which decides here who is whose parent. */
describe('the example for OpenTelemetry', () => {
  const spans = new InMemorySpanExporter()
  const metrics = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter: metrics })
  const meters = new MeterProvider({ readers: [reader] })
  const tracers = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] })
  const tracer = tracers.getTracer('test')
  let stop = (): void => {}

  before(() => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
    stop = observeTunnel(tracer, meters.getMeter('test'))
  })
  beforeEach(() => spans.reset())
  after(async () => {
    stop()
    context.disable()
    await meters.shutdown()
  })

  /** Runs work in a span of its own, as a web framework would run a request. */
  const within = async (name: string, work: () => Promise<unknown>): Promise<Span> => {
    const span = tracer.startSpan(name)
    await context.with(trace.setSpan(context.active(), span), work)
    span.end()
    return span
  }

  /** Where the tunnel is is asked for once, by whoever comes first. */
  const findTunnel = async (tunnel: Tunnel, table: string): Promise<void> => {
    await tunnel.createDownloadSession({ table })
    spans.reset()
  }

  const all = (): readonly ReadableSpan[] => spans.getFinishedSpans()
  const childrenOf = (span: ReadableSpan | Span): ReadableSpan[] =>
    all().filter(({ parentSpanContext }) => parentSpanContext?.spanId === span.spanContext().spanId)

  /** `name > child > …`, of requests with the status. */
  const waysBelow = (span: ReadableSpan | Span, way: string): string[] =>
    childrenOf(span).flatMap(child => {
      const status = child.attributes['http.response.status_code']
      const own = `${way}${child.name.replace('odps-tunnel:', '')}${status === undefined ? '' : ` ${status}`}`
      return [own, ...waysBelow(child, `${own} > `)]
    })

  test('puts an upload with a retry below its caller, two of them apart', async (t: TestContext) => {
    const { tunnel, emulator } = await emulatedTable(t)
    await emulator.createTable({ name: 'u', columns: { id: 'bigint', name: 'string' } })
    emulator.setFaults([{ action: 'putBlock', table: 'u', blockId: 1, fault: { status: 503 } }])
    const upload = (table: string) => () =>
      tunnel.upload({ table, blockRows: 10, concurrency: 2 }, rowsUpTo(30))
    await findTunnel(tunnel, 't')
    const [first, second] = await Promise.all([within('first', upload('t')), within('second', upload('u'))])
    const block = ['upload > block', 'upload > block > PUT 200']
    const plain = [...block, ...block, ...block]
    const commit = ['upload > commit', 'upload > commit > GET 200', 'upload > commit > POST 200']
    const requests = ['upload', 'upload > POST 200']
    assert.deepEqual(waysBelow(first, '').sort(), [...requests, ...plain, ...commit].sort())
    assert.deepEqual(
      waysBelow(second, '').sort(),
      [...requests, ...plain, 'upload > block > PUT 503', ...commit].sort(),
    )
    assert.equal(all().length, 2 + waysBelow(first, '').length + waysBelow(second, '').length)
    const [retried] = all().filter(({ attributes }) => attributes['http.request.resend_count'] === 1)
    assert.equal(retried!.attributes['http.response.status_code'], 200)
    const [of] = childrenOf(second)
    assert.equal(of!.attributes['odps.table'], 'u')
    assert.deepEqual([of!.attributes['odps.rows'], of!.attributes['odps.blocks']], [30, 3])
    assert.equal(of!.status.code, SpanStatusCode.UNSET)
  })

  test('puts sessions that are opened later, and ranges that are asked for again, below their transfer', async (t: TestContext) => {
    const { tunnel, emulator } = await emulatedTable(t)
    await emulator.createTable({
      name: 'parts',
      columns: { id: 'bigint' },
      partitionColumns: { pt: 'string' },
    })
    const rows = Array.from({ length: 40 }, (_, i) => [BigInt(i), `p${i % 4}`])
    const options = { table: 'parts', partitionBy: ['pt'], createPartition: true } as const
    await findTunnel(tunnel, 't')
    const uploading = await within('uploading', () => tunnel.upload(options, rows))
    const created = waysBelow(uploading, '').filter(way => way === 'upload > POST 200')
    assert.equal(created.length, 4)
    emulator.setFaults([{ action: 'readData', times: 2, fault: { cutBodyAfter: 20 } }])
    const downloading = await within('downloading', () =>
      tunnel.download({ table: 'parts', partitions: 'all', rangeRows: 6, concurrency: 2 }),
    )
    const ways = waysBelow(downloading, '')
    assert.equal(ways.filter(way => way === 'download > range').length, 8)
    assert.equal(ways.filter(way => way.startsWith('download > range > GET 20')).length, 10)
    const requests = all().filter(({ kind }) => kind === SpanKind.CLIENT)
    assert.ok(requests.every(({ parentSpanContext }) => parentSpanContext !== undefined))
    // Nothing hangs below the caller itself but the transfer.
    assert.deepEqual(
      [...childrenOf(uploading), ...childrenOf(downloading)].map(({ name }) => name),
      ['odps-tunnel:upload', 'odps-tunnel:download'],
    )
  })

  test('marks what failed, with the code of its error', async (t: TestContext) => {
    const { tunnel, emulator } = await emulatedTable(t)
    emulator.setFaults(({ action }) => (action === 'putBlock' ? { status: 403 } : undefined))
    await within('failing', () => assert.rejects(tunnel.upload({ table: 't' }, rowsUpTo(1))))
    const failed = all().filter(({ status }) => status.code === SpanStatusCode.ERROR)
    assert.deepEqual(
      failed.map(({ name, attributes }) => [name, attributes['error.type']]),
      [
        ['PUT', 'ODPS_ACCESS_DENIED'],
        ['odps-tunnel:block', 'ODPS_ACCESS_DENIED'],
        ['odps-tunnel:upload', 'ODPS_ACCESS_DENIED'],
      ],
    )
  })

  test('counts rows and retries, and measures requests', async () => {
    await reader.forceFlush()
    const [scope] = metrics.getMetrics().at(-1)!.scopeMetrics
    const measured = (name: string, wanted: object): unknown =>
      scope!.metrics
        .find(({ descriptor }) => descriptor.name === name)!
        .dataPoints.find(({ attributes }) =>
          Object.entries(wanted).every(([key, value]) => attributes[key] === value),
        )?.value
    assert.equal(measured('odps.rows', { direction: 'upload', outcome: 'ok' }), 100)
    assert.equal(measured('odps.rows', { direction: 'upload', outcome: 'failed' }), 1)
    assert.equal(measured('odps.rows', { direction: 'download', outcome: 'ok' }), 40)
    assert.equal(measured('odps.retries', { 'error.type': 'ODPS_SERVICE_UNAVAILABLE' }), 1)
    const puts = { 'http.request.method': 'PUT', 'http.response.status_code': 503 }
    assert.equal((measured('http.client.request.duration', puts) as { count: number }).count, 1)
  })

  test('is silent once it is stopped', async (t: TestContext) => {
    stop()
    const { tunnel } = await emulatedTable(t)
    await tunnel.upload({ table: 't' }, rowsUpTo(1))
    assert.deepEqual(all(), [])
  })
})
