import type { TestContext } from 'node:test'
import { Tunnel } from '../../lib/tunnel.js'
import { bigint, record, text as textField, trailer } from '../codec/hand-made-stream.js'
import {
  type Answer,
  createFakeClock,
  type FakeClock,
  json,
  refuse,
  type ScriptedServer,
  type SeenRequest,
  secret,
  startServer,
  text,
} from '../http/scripted-server.js'

/*
 * A service for one query, written by hand from what official clients send and understand: the instance on the
 * service (submit, status, task status, result, source, list, stop), and its result on the tunnel.
 */

/** What one request was, in a word. */
export type QueryStep =
  | 'submit'
  | 'status'
  | 'tasks'
  | 'result'
  | 'progress'
  | 'source'
  | 'list'
  | 'stop'
  | 'session'
  | 'load'
  | 'data'
  | 'other'

const stepOf = ({ method, path, query }: SeenRequest): QueryStep => {
  const isService = path.startsWith('/api/')
  if (isService && path.endsWith('/instances')) return method === 'POST' ? 'submit' : 'list'
  if (isService && path.includes('/instances/')) {
    if (method === 'PUT') return 'stop'
    if (query.has('taskstatus')) return 'tasks'
    if (query.has('instanceprogress')) return 'progress'
    if (query.has('source')) return 'source'
    return query.has('result') ? 'result' : 'status'
  }
  if (query.has('downloads')) return 'session'
  if (query.has('data')) return 'data'
  return query.has('downloadid') ? 'load' : 'other'
}

export interface QueryService extends ScriptedServer {
  readonly tunnel: Tunnel
  readonly clock: FakeClock
  /** Answers that come before what the service does by itself. */
  readonly queued: Map<QueryStep, Answer[]>
  /** Words for the instance, one per question; the last stays. */
  statuses: string[]
  /** The state of its task when it has ended. */
  taskState: string
  /** Inside `<Task>`, behind the state. */
  taskRest: string
  /** The element `<Result …>…</Result>`. */
  result: string
  rows: readonly [number, string][]
  steps(): QueryStep[]
  /** The request that submitted. */
  submitted(): SeenRequest
}

export const xml = (body: string, status = 200, headers: Record<string, string> = {}): Answer =>
  text(`<?xml version="1.0" encoding="UTF-8"?>\n${body}`, status, {
    'content-type': 'application/xml',
    ...headers,
  })

export const startQueryService = async (context: TestContext): Promise<QueryService> => {
  const queued = new Map<QueryStep, Answer[]>()
  const state = {
    statuses: ['Terminated'],
    taskState: 'Success',
    taskRest: '<Histories/>',
    result: '<Result Format="text"></Result>',
    rows: [
      [1, 'a'],
      [2, 'b'],
    ] as readonly [number, string][],
  }
  const answers: Record<QueryStep, (request: SeenRequest) => Answer> = {
    submit: () => text('', 201, { location: `${server.url}/api/projects/p/instances/I1` }),
    status: () => {
      const word = state.statuses.length > 1 ? state.statuses.shift() : state.statuses[0]
      return xml(`<Instance><Status>${word}</Status></Instance>`)
    },
    tasks: () =>
      xml(
        `<Instance><Status>${state.statuses[0]}</Status><Tasks><Task Type="SQL"><Name>AnonymousSQLTask</Name>${state.taskRest}<Status>${state.taskState}</Status></Task></Tasks></Instance>`,
      ),
    result: () =>
      xml(
        `<Instance><Tasks><Task Type="SQL"><Name>AnonymousSQLTask</Name>${state.result}<Status>${state.taskState}</Status></Task></Tasks></Instance>`,
      ),
    progress: () => xml('<Progress/>'),
    source: () => xml(jobOf(submitted())),
    list: () => xml('<Instances><Marker/><MaxItems>1000</MaxItems></Instances>'),
    stop: () => text(''),
    session: () => json(sessionJson(state.rows.length)),
    load: () => json(sessionJson(state.rows.length)),
    data: request => (_, response) => response.end(rangeOf(request, state.rows)),
    other: () => refuse(404, 'NoSuchPath'),
  }
  const server = await startServer(context, [
    (request, response) => {
      const step = stepOf(request)
      const answer = queued.get(step)?.shift() ?? answers[step](request)
      answer(request, response)
    },
  ])
  const clock = createFakeClock()
  const tunnel = new Tunnel({
    endpoint: `${server.url}/api`,
    tunnelEndpoint: server.url,
    project: 'p',
    credentials: { accessKeyId: 'test-id', accessKeySecret: secret },
    retry: { attempts: 4, minDelayMs: 100, maxDelayMs: 1_000 },
    clock,
  })
  context.after(() => tunnel.close())
  const submitted = (): SeenRequest => server.requests.find(request => stepOf(request) === 'submit')!
  return Object.assign(state, {
    ...server,
    ...{ tunnel, clock, queued, submitted },
    steps: () => server.requests.map(stepOf),
  })
}

/** The service gives back the job without the element around it. */
const jobOf = ({ body }: SeenRequest): string => /<Job>.*<\/Job>/s.exec(body.toString())![0]

/** As the instance tunnel answers: no partition keys. */
const sessionJson = (recordCount: number): object => ({
  DownloadID: 'D1',
  Status: 'normal',
  RecordCount: recordCount,
  Schema: {
    IsVirtualView: false,
    columns: ['id:bigint', 'name:string'].map((text, i) => {
      const [name, type] = text.split(':')
      return { column_id: `${i}`, name, nullable: true, type }
    }),
    partitionKeys: [],
  },
})

const rangeOf = ({ query }: SeenRequest, rows: readonly [number, string][]): Buffer => {
  const [start, count] = query.get('rowrange')!.slice(1, -1).split(',').map(Number) as [number, number]
  const records = rows
    .slice(start, start + count)
    .map(([id, name]) => record(bigint(1, id), textField(2, name)))
  return Buffer.from([...records.flatMap(({ bytes }) => bytes), ...trailer(records)])
}

/** An answer that waits until it is let go. */
export const held = (
  answer: Answer,
): { readonly answer: Answer; readonly arrived: Promise<void>; release(): void } => {
  let arrive = (): void => {}
  let release = (): void => {}
  const arrived = new Promise<void>(resolve => {
    arrive = resolve
  })
  const released = new Promise<void>(resolve => {
    release = resolve
  })
  return {
    arrived,
    release: () => release(),
    answer: (request, response) => {
      arrive()
      released.then(() => answer(request, response))
    },
  }
}
