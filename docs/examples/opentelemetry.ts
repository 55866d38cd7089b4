/*
 * Shows uploads, downloads and queries as OpenTelemetry spans, with their blocks, ranges, commits and requests below them, and
 * counts rows, bytes and retries. It needs nothing but `@opentelemetry/api`; which SDK exports them is up to you.
 *
 *   const stop = observeTunnel(trace.getTracer('odps-tunnel'), metrics.getMeter('odps-tunnel'))
 *
 * The span of an upload or download becomes a child of the span that is active where it is created. Blocks and ranges know
 * what they belong to; requests get the span of the work that has bound it to its start channel.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe, type TracingChannel, tracingChannel, unsubscribe } from 'node:diagnostics_channel'
import {
  type Attributes,
  type Context,
  context,
  type Meter,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import type {
  BlockTrace,
  CommitTrace,
  DownloadTrace,
  QueryTrace,
  RangeTrace,
  RequestMessage,
  RetryMessage,
  TraceOutcome,
  UploadTrace,
} from 'odps-tunnel'

/** What a kind of work says about itself, when it begins and when it has ended. */
interface Kind<Work> {
  readonly begin: (work: Work) => Attributes
  readonly end?: (work: Work) => Attributes
}

type Work<Kind> = Kind & TraceOutcome<unknown> & { readonly parent?: object | undefined }

const placeOf = (place: object | undefined): Attributes => {
  const { project, schemaName, table, partitionSpec, instanceId } = (place ?? {}) as Record<string, string>
  const named = { project, schema: schemaName, table, partition: partitionSpec, instance: instanceId }
  return prefixed(Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined)))
}

const prefixed = (values: Attributes): Attributes =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [`odps.${name}`, value]))

const uploads: Kind<UploadTrace> = {
  begin: placeOf,
  end: ({ stats: { rows, blocks, retries } }) => prefixed({ rows, blocks, retries }),
}
const blocks: Kind<BlockTrace> = {
  begin: work => ({ ...placeOf(work), ...prefixed({ block: work.blockId, rows: work.rows }) }),
}
const commits: Kind<CommitTrace> = { begin: work => ({ ...placeOf(work), 'odps.session': work.sessionId }) }
const downloads: Kind<DownloadTrace> = {
  begin: ({ source }) => placeOf(source),
  end: ({ stats: { rows, ranges, retries } }) => prefixed({ rows, ranges, retries }),
}
const ranges: Kind<RangeTrace> = {
  begin: ({ source, start, count }) => ({ ...placeOf(source), ...prefixed({ start, count }) }),
}
const queries: Kind<QueryTrace> = { begin: placeOf, end: placeOf }

/** @returns a function that stops it */
export const observeTunnel = (tracer: Tracer, meter: Meter): (() => void) => {
  const active = new AsyncLocalStorage<Context>()
  const stops = [
    observe('odps-tunnel:upload', uploads, tracer, active),
    observe('odps-tunnel:block', blocks, tracer, active),
    observe('odps-tunnel:commit', commits, tracer, active),
    observe('odps-tunnel:download', downloads, tracer, active),
    observe('odps-tunnel:range', ranges, tracer, active),
    observe('odps-tunnel:query', queries, tracer, active),
    observeRequests(tracer, meter, active),
    countTransfers(meter),
  ]
  return () => {
    for (const stop of stops) stop()
  }
}

/** The contexts of work under way, each with its span. */
const contexts = new WeakMap<object, Context>()

const observe = <Of extends object>(
  name: string,
  kind: Kind<Of>,
  tracer: Tracer,
  active: AsyncLocalStorage<Context>,
): (() => void) => {
  const channel = tracingChannel(name) as unknown as TracingChannel<Work<Of>, Context>
  channel.start.bindStore(active, work => {
    const parent = contexts.get(work.parent ?? {}) ?? context.active()
    const span = tracer.startSpan(name, { attributes: kind.begin(work) }, parent)
    const own = trace.setSpan(parent, span)
    contexts.set(work, own)
    return own
  })
  const spanOf = (work: Work<Of>): Span | undefined => {
    const own = contexts.get(work)
    return own && trace.getSpan(own)
  }
  const listeners = {
    error: (work: Work<Of>) => fail(spanOf(work), work.error),
    asyncEnd: (work: Work<Of>) => {
      spanOf(work)
        ?.setAttributes(kind.end?.(work) ?? {})
        .end()
    },
  }
  channel.subscribe(listeners as never)
  return () => {
    channel.start.unbindStore(active)
    channel.unsubscribe(listeners as never)
  }
}

const fail = (span: Span | undefined, error: unknown): void => {
  const { code, message } = error as { code?: string; message?: string }
  span?.setAttribute('error.type', code ?? (error as Error).name)
  span?.setStatus({ code: SpanStatusCode.ERROR, message: message ?? String(error) })
}

const observeRequests = (tracer: Tracer, meter: Meter, active: AsyncLocalStorage<Context>): (() => void) => {
  const durations = meter.createHistogram('http.client.request.duration', { unit: 's' })
  const retries = meter.createCounter('odps.retries')
  const onRequest = (message: unknown): void => {
    const request = message as RequestMessage
    const attributes = attributesOf(request)
    const startTime = Date.now() - request.durationMs
    const options = { kind: SpanKind.CLIENT, startTime, attributes }
    const span = tracer.startSpan(request.method, options, active.getStore() ?? context.active())
    if (request.errorCode !== undefined) span.setStatus({ code: SpanStatusCode.ERROR })
    span.end()
    durations.record(request.durationMs / 1000, {
      'http.request.method': request.method,
      'server.address': request.host,
      ...(request.statusCode !== undefined && { 'http.response.status_code': request.statusCode }),
    })
  }
  const onRetry = (message: unknown): void => {
    retries.add(1, { 'error.type': (message as RetryMessage).errorCode })
  }
  subscribe('odps-tunnel:request', onRequest)
  subscribe('odps-tunnel:retry', onRetry)
  return () => {
    unsubscribe('odps-tunnel:request', onRequest)
    unsubscribe('odps-tunnel:retry', onRetry)
  }
}

const attributesOf = (request: RequestMessage): Attributes => ({
  'http.request.method': request.method,
  'server.address': request.host,
  'url.path': request.path,
  'http.request.body.size': request.requestBytes,
  ...(request.attempt > 1 && { 'http.request.resend_count': request.attempt - 1 }),
  ...(request.statusCode !== undefined && { 'http.response.status_code': request.statusCode }),
  ...(request.errorCode !== undefined && { 'error.type': request.errorCode }),
  ...(request.requestId !== undefined && { 'odps.request': request.requestId }),
})

/** Rows and compressed bytes, by direction and by whether the transfer went well; counted at its end. */
const countTransfers = (meter: Meter): (() => void) => {
  const rows = meter.createCounter('odps.rows')
  const bytes = meter.createCounter('odps.bytes', { unit: 'By' })
  const stops = ['upload', 'download'].map(direction => {
    const { asyncEnd } = tracingChannel(`odps-tunnel:${direction}`)
    const onEnd = (message: unknown): void => {
      const { stats, error } = message as UploadTrace | DownloadTrace
      const attributes = { direction, outcome: error === undefined ? 'ok' : 'failed' }
      rows.add(stats.rows, attributes)
      bytes.add(stats.wireBytes, attributes)
    }
    asyncEnd.subscribe(onEnd)
    return () => asyncEnd.unsubscribe(onEnd)
  })
  return () => {
    for (const stop of stops) stop()
  }
}
