import { AsyncResource } from 'node:async_hooks'
import type { TracingChannel } from 'node:diagnostics_channel'

/*
 * Tracing channels tell where time goes: each piece of work has a context object, which holds that of the work it is a part
 * of. A library can't lean on the caller's asynchronous context for that, since a block is sent, and a range is asked for,
 * whenever there is room for it. So work hands down who it belongs to, and runs in the scope that its own start has set up:
 * what somebody has bound to the start channel is there for every request that is made for it.
 */

/** What Node writes into a context when its work has ended. */
export interface TraceOutcome<Result> {
  /** Set when it has ended well. */
  readonly result?: Result
  /** Set when it has failed. */
  readonly error?: unknown
}

/** Of options: what a call is a part of. Users never meet it. */
export const tracedBy: unique symbol = Symbol('odps-tunnel traced by')

export interface Traced {
  readonly [tracedBy]?: Trace | undefined
}

/** Work that somebody watches, and that has no promise of its own. */
export class Trace {
  readonly context: object
  readonly #scope: AsyncResource
  readonly #settle: (error: unknown, result?: object) => void

  constructor(context: object, scope: AsyncResource, settle: (error: unknown, result?: object) => void) {
    this.context = context
    this.#scope = scope
    this.#settle = settle
  }

  run<T>(work: () => T): T {
    return this.#scope.runInAsyncScope(work)
  }

  /** The first of {@link end} and {@link fail} counts. */
  end(result: object): void {
    this.#settle(undefined, result)
  }

  fail(error: unknown): void {
    this.#settle(error)
  }
}

/** Undefined, at no cost, while nobody listens. */
export const beginTrace = <Context extends object>(
  channel: TracingChannel<Context>,
  context: () => Context,
): Trace | undefined => {
  if (!channel.hasSubscribers) return undefined
  const traced = context()
  let trace: Trace | undefined
  const begin = (): Promise<object> =>
    new Promise<object>((resolve, reject) => {
      trace = new Trace(traced, new AsyncResource('OdpsTunnelTrace'), (error, result) =>
        result === undefined ? reject(error) : resolve(result),
      )
    })
  // The failure is told by whatever failed.
  channel.tracePromise(begin, traced).catch(() => {})
  return trace
}

/** Work with a promise, which is traced from its call to its end. What it resolves to is the result in the context. */
export const traced = <Context extends object, Result>(
  channel: TracingChannel<Context>,
  context: () => Context,
  work: (context: Context | undefined) => Promise<Result>,
): Promise<Result> => {
  if (!channel.hasSubscribers) return work(undefined)
  const known = context()
  return channel.tracePromise(() => work(known), known)
}

/** The context of what a call is a part of; the caller knows which kind of work that is. */
export const parentOf = <Context extends object>(call: Traced): Context | undefined =>
  call[tracedBy]?.context as Context | undefined

/** Does work for what the call is a part of, from wherever it is begun. */
export const inScope = <T>(trace: Trace | undefined, work: () => T): T =>
  trace === undefined ? work() : trace.run(work)
