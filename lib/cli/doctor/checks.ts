import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Dispatcher } from 'undici'
import {
  type CompressionName,
  type DownloadSession,
  formatDataType,
  formatPartitionSpec,
  type TableInfo,
  type Tunnel,
  TunnelError,
  TunnelServiceError,
  type UploadSession,
} from '../../index.js'
import type { Setting } from '../config/settings.js'
import { describeError } from '../report-error.js'
import type { TableTarget } from '../transfer/table-target.js'
import { countOf, formatBytes } from '../transfer/units.js'
import { type Hints, hintOf } from './hints.js'

/*
 * One check per thing that goes wrong in a first hour: settings, clock, connection, permission to read, permission to
 * write. They run in the order in which one depends on another, so that the first that fails is the cause and not a
 * consequence. No check leaves a trace: writing is tried with a session that is never committed.
 */

export interface Verdict {
  readonly check: string
  readonly state: 'ok' | 'warning' | 'failed' | 'skipped'
  readonly what: string
  /** What to do, when it is not well. */
  readonly next?: string
}

export interface CheckContext {
  readonly tunnel: Tunnel
  readonly settings: readonly Setting[]
  /** Where requests go out, if by a proxy. */
  readonly dispatcher: Dispatcher | undefined
}

const failed = (check: string, error: unknown, hints: Hints): Verdict => ({
  check,
  state: 'failed',
  what: describeError(error).what,
  next: hintOf(error, hints),
})

export const checkSettings = (settings: readonly Setting[]): Verdict[] => {
  const find = (key: string): Setting | undefined => settings.find(setting => setting.key === key)
  const endpoint = find('endpoint')
  const credentials = find('accessKeyId') ?? find('bearerToken')
  return [
    endpoint === undefined
      ? { check: 'endpoint', state: 'failed', what: 'none is set', next: 'Set ODPS_ENDPOINT or --endpoint' }
      : isUrl(endpoint.value)
        ? { check: 'endpoint', state: 'ok', what: `${endpoint.value} (${endpoint.source})` }
        : {
            check: 'endpoint',
            state: 'failed',
            what: `${endpoint.value} is not a URL`,
            next: 'Write it as https://…/api',
          },
    credentials === undefined
      ? {
          check: 'credentials',
          state: 'failed',
          what: 'none are set',
          next: 'Set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET',
        }
      : { check: 'credentials', state: 'ok', what: `from ${credentials.source}` },
  ]
}

const isUrl = (text: string): boolean => /^https?:\/\/[^\s/]+/.test(text)

/** The clock, by the Date header of the service's first answer. */
export const checkClock = async ({ settings, dispatcher }: CheckContext): Promise<Verdict> => {
  const endpoint = settings.find(setting => setting.key === 'endpoint')?.value ?? ''
  try {
    const started = Date.now()
    const told = Date.parse((await askForDate(endpoint, dispatcher)) ?? '')
    if (Number.isNaN(told))
      return { check: 'clock', state: 'skipped', what: 'the endpoint does not report the time' }
    // The header has whole seconds.
    const skew = Math.round((told + 500 - (started + Date.now()) / 2) / 1000)
    const what = `${Math.abs(skew)} s ${skew < 0 ? 'ahead' : 'behind'}`
    if (Math.abs(skew) <= 60)
      return { check: 'clock', state: 'ok', what: `within ${Math.max(1, Math.abs(skew))} s of the service` }
    const state = Math.abs(skew) > 900 ? 'failed' : 'warning'
    return {
      check: 'clock',
      state,
      what,
      next: 'Set the clock of this machine (the service refuses 15 minutes)',
    }
  } catch (error) {
    return failed('connection', error, { otherwise: 'Check the endpoint, the network and the proxy' })
  }
}

const askForDate = async (
  endpoint: string,
  dispatcher: Dispatcher | undefined,
): Promise<string | undefined> => {
  const { request } = await import('undici')
  const signal = AbortSignal.timeout(10_000)
  const { headers, body } = await request(endpoint, {
    ...{ method: 'HEAD', signal },
    ...(dispatcher !== undefined && { dispatcher }),
  })
  await body.dump()
  return typeof headers['date'] === 'string' ? headers['date'] : undefined
}

const noTable = 'odps_tunnel_doctor_asks_for_no_table'

/**
 * Without a table signed requests are made all the same, for one that is not there: only a service that took the key and
 * knows the project can say so, in a document of its own. Anything else, a plain 404 of some web server too, is no yes.
 */
export const checkService = async ({ tunnel }: CheckContext): Promise<Verdict[]> => {
  const service = await askForNothing('service', () => tunnel.getTable(noTable), {
    otherwise: 'Check the endpoint: the server there does not answer like MaxCompute',
  })
  if (service.state === 'failed') return [service]
  const [route, hosts] = await watchHosts(() =>
    askForNothing('route', () => tunnel.createDownloadSession({ table: noTable }), {
      otherwise: 'Check --tunnel-endpoint: the server there does not answer like the Tunnel service',
    }),
  )
  const more = 'To check more, add a table: odps-tunnel doctor <table>'
  return [
    service,
    route.state === 'failed' ? route : { ...route, what: hosts.join(', then ') },
    { check: 'table', state: 'skipped', what: 'none was given', next: more },
  ]
}

const askForNothing = async (check: string, ask: () => Promise<unknown>, hints: Hints): Promise<Verdict> => {
  try {
    await ask()
  } catch (error) {
    const isNo =
      error instanceof TunnelServiceError &&
      error.code === 'ODPS_NO_SUCH_TABLE' &&
      error.statusCode === 404 &&
      error.serviceCode !== undefined
    if (!isNo) return failed(check, error, hints)
  }
  return { check, state: 'ok', what: 'the key is accepted, and the project exists' }
}

/** Where the requests of some work go, in the order they first went there. */
const watchHosts = async <T>(work: () => Promise<T>): Promise<[T, string[]]> => {
  const hosts = new Set<string>()
  const watch = (message: unknown): void => {
    hosts.add((message as { host: string }).host)
  }
  subscribe('odps-tunnel:request', watch)
  try {
    return [await work(), [...hosts]]
  } finally {
    unsubscribe('odps-tunnel:request', watch)
  }
}

/** Is the table there, and may it be seen? */
export const checkTable = async (
  { tunnel }: CheckContext,
  target: TableTarget,
): Promise<[Verdict[], TableInfo | undefined]> => {
  try {
    const info = await tunnel.getTable(target.table)
    const bad = info.schema.columns.filter(column => column.type.kind === 'unsupported')
    const rows = info.recordCount === undefined ? '' : `, ${countOf(info.recordCount, 'row')}`
    const what = `${countOf(info.schema.columns.length, 'column')}${rows}`
    if (bad.length === 0) return [[{ check: 'table', state: 'ok', what }], info]
    const names = bad.map(column => `${column.name} ${formatDataType(column.type)}`).join(', ')
    const next = 'Read the other columns with --columns'
    return [[{ check: 'table', state: 'warning', what: `${what}; not known: ${names}`, next }], info]
  } catch (error) {
    const hints = {
      denied: 'Ask the owner of the project for DESCRIBE of the table',
      otherwise: 'Check the endpoint: the server there does not answer like MaxCompute',
    }
    return [[failed('table', error, hints)], undefined]
  }
}

/** The tunnel's address, by watching where the requests of a download session go; its quota, and the right to read. */
export const checkRead = async (
  { tunnel }: CheckContext,
  target: TableTarget,
  info: TableInfo,
): Promise<Verdict[]> => {
  try {
    const partition = await somePartition(tunnel, target, info)
    if (info.schema.partitionColumns.length > 0 && partition === undefined)
      return [{ check: 'read', state: 'skipped', what: 'the table has no partition yet' }]
    const [session, hosts] = await watchHosts(() =>
      tunnel.createDownloadSession({ table: target.table, partitionSpec: partition }),
    )
    return [
      { check: 'route', state: 'ok', what: hosts.join(', then ') },
      { check: 'quota', state: 'ok', what: session.quotaName ?? "the project's default" },
      { check: 'read', state: 'ok', what: await readSome(session) },
    ]
  } catch (error) {
    const hints = {
      denied: 'Ask the owner of the table for SELECT and DOWNLOAD',
      otherwise: 'Check --tunnel-endpoint and --quota-name',
    }
    return [failed('read', error, hints)]
  }
}

/** Reads the first rows, each verified by its checksum, and measures that. */
const readSome = async (session: DownloadSession): Promise<string> => {
  const { recordCount } = session
  if (recordCount === 0) return 'can be read, but has no rows to try'
  const started = performance.now()
  const { length } = await session.download(0, Math.min(recordCount, probeRows))
  const ms = performance.now() - started
  return `the first ${length} of ${recordCount} rows arrived in ${ms.toFixed(0)} ms`
}

const somePartition = async (
  tunnel: Tunnel,
  target: TableTarget,
  info: TableInfo,
): Promise<string | undefined> => {
  if (info.schema.partitionColumns.length === 0) return undefined
  if (target.partition?.length === info.schema.partitionColumns.length)
    return formatPartitionSpec(target.partition)
  for await (const { spec } of tunnel.listPartitions(target.table)) return formatPartitionSpec(spec)
  return undefined
}

const probeRows = 2000

/**
 * Sends one block in each compression, and asks for the blocks that the service holds: each must be there, with the rows
 * it was sent with. Rows themselves can be read only after a commit, which there is none of: the table does not change.
 */
export const checkWrite = async (
  { tunnel }: CheckContext,
  target: TableTarget,
  info: TableInfo,
): Promise<Verdict[]> => {
  try {
    const partition = await somePartition(tunnel, target, info)
    if (info.schema.partitionColumns.length > 0 && partition === undefined)
      return [{ check: 'write', state: 'skipped', what: 'the table has no partition yet' }]
    const session = await tunnel.createUploadSession({ table: target.table, partitionSpec: partition })
    const verdicts: Verdict[] = [
      { check: 'write', state: 'ok', what: 'an upload session was created; it is not committed' },
    ]
    const names: CompressionName[] = ['raw', 'deflate', 'snappy', 'zstd', 'lz4']
    for (const [blockId, name] of names.entries()) verdicts.push(await probe(session, blockId, name, info))
    return verdicts
  } catch (error) {
    const denied = 'Ask the owner of the table for UPDATE (uploads only)'
    return [failed('write', error, { denied, otherwise: 'Check --tunnel-endpoint and --quota-name' })]
  }
}

const probeCells = ({ schema }: TableInfo): unknown[][] =>
  Array.from({ length: probeRows }, (_, i) =>
    schema.columns.map(({ type, nullable }) =>
      nullable && !['string', 'bigint', 'double'].includes(type.kind) ? null : sampleCell(type.kind, i),
    ),
  )

const sampleCell = (kind: string, i: number): unknown => {
  if (kind === 'bigint' || kind === 'double') return i
  return kind === 'string' ? `a probe of odps-tunnel doctor, row ${i}` : null
}

const probe = async (
  session: UploadSession,
  blockId: number,
  name: CompressionName,
  info: TableInfo,
): Promise<Verdict> => {
  const started = performance.now()
  try {
    const { rawBytes, wireBytes } = await session.upload(blockId, probeCells(info), { compression: name })
    const sent = performance.now()
    const held = (await session.load()).blocks.find(block => block.blockId === blockId)
    const [sendMs, loadMs] = [sent - started, performance.now() - sent]
    const isThere = held !== undefined && (held.recordCount ?? probeRows) === probeRows
    const what = `a block of ${probeRows} rows, ${formatBytes(rawBytes)} in ${formatBytes(wireBytes)}, was accepted in ${sendMs.toFixed(0)} ms`
    if (isThere)
      return {
        check: name,
        state: 'ok',
        what: `${what}, and listed by the service ${loadMs.toFixed(0)} ms later`,
      }
    return {
      check: name,
      state: 'failed',
      what: `${what}, but the service lists ${held === undefined ? 'no such block' : `it with ${held.recordCount} rows`}`,
      next: `Use another --compression than ${name}`,
    }
  } catch (error) {
    if (error instanceof TunnelError && error.code === 'ODPS_MISSING_PACKAGE')
      return { check: name, state: 'skipped', what: error.message, next: 'Ignore this if you do not use it' }
    return failed(name, error, { otherwise: `Use another --compression than ${name}` })
  }
}
