import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import {
  type CompressionName,
  printDataType,
  printPartitionSpec,
  type TableInfo,
  type Tunnel,
  TunnelError,
} from '../../index.js'
import type { Setting } from '../config/settings.js'
import type { TableTarget } from '../transfer/table-target.js'
import { printBytes } from '../transfer/units.js'

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
  readonly target: TableTarget | undefined
}

const failed = (check: string, error: unknown, next: string): Verdict => ({
  check,
  state: 'failed',
  what:
    error instanceof TunnelError
      ? `${error.code}: ${error.message}`
      : error instanceof Error
        ? error.message
        : String(error),
  next,
})

export const checkSettings = ({ settings }: CheckContext): Verdict[] => {
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
            what: `${endpoint.value} is no URL`,
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
export const checkClock = async ({ settings }: CheckContext): Promise<Verdict> => {
  const endpoint = settings.find(setting => setting.key === 'endpoint')?.value ?? ''
  try {
    const started = Date.now()
    const response = await fetch(endpoint, { method: 'HEAD', signal: AbortSignal.timeout(10_000) })
    const told = Date.parse(response.headers.get('date') ?? '')
    if (Number.isNaN(told))
      return { check: 'clock', state: 'skipped', what: 'the endpoint does not tell the time' }
    // The header has whole seconds.
    const skew = Math.round((told + 500 - (started + Date.now()) / 2) / 1000)
    const what = `${Math.abs(skew)} s ${skew < 0 ? 'ahead' : 'behind'}`
    if (Math.abs(skew) <= 60)
      return { check: 'clock', state: 'ok', what: `within ${Math.max(1, Math.abs(skew))} s of the service` }
    const state = Math.abs(skew) > 900 ? 'failed' : 'warning'
    return { check: 'clock', state, what, next: 'Set the clock of this machine (15 minutes are refused)' }
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    return failed('connection', cause, 'Check the endpoint, the network and the proxy')
  }
}

/** The first signed request: is the table there, and may it be seen? */
export const checkTable = async ({
  tunnel,
  target,
}: CheckContext): Promise<[Verdict[], TableInfo | undefined]> => {
  if (target === undefined)
    return [
      [
        {
          check: 'table',
          state: 'skipped',
          what: 'none is named',
          next: 'Name one to check more: odps-tunnel doctor <table>',
        },
      ],
      undefined,
    ]
  try {
    const info = await tunnel.getTable(target.table)
    const bad = info.schema.columns.filter(column => column.type.kind === 'unsupported')
    const what = `${info.schema.columns.length} columns${info.recordCount === undefined ? '' : `, ${info.recordCount} rows`}`
    if (bad.length === 0) return [[{ check: 'table', state: 'ok', what }], info]
    const names = bad.map(column => `${column.name} ${printDataType(column.type)}`).join(', ')
    return [
      [
        {
          check: 'table',
          state: 'warning',
          what: `${what}; not known: ${names}`,
          next: 'Read the other columns with --columns',
        },
      ],
      info,
    ]
  } catch (error) {
    return [
      [
        failed(
          'table',
          error,
          "Check the access key, the project and the table; 'odps-tunnel config show' tells where they come from",
        ),
      ],
      undefined,
    ]
  }
}

/** The tunnel's address, by watching where the requests of a download session go; its quota, and the right to read. */
export const checkRead = async ({ tunnel, target }: CheckContext, info: TableInfo): Promise<Verdict[]> => {
  const hosts = new Set<string>()
  const watch = (message: unknown): void => {
    hosts.add((message as { host: string }).host)
  }
  subscribe('odps-tunnel:request', watch)
  try {
    const partition = await somePartition(tunnel, target!, info)
    if (info.schema.partitionColumns.length > 0 && partition === undefined)
      return [{ check: 'read', state: 'skipped', what: 'the table has no partition yet' }]
    const session = await tunnel.createDownloadSession({ table: target!.table, partitionSpec: partition })
    return [
      { check: 'route', state: 'ok', what: [...hosts].join(', then ') },
      { check: 'quota', state: 'ok', what: session.quotaName ?? "the project's default" },
      { check: 'read', state: 'ok', what: `${session.recordCount} rows may be read` },
    ]
  } catch (error) {
    return [
      failed(
        'read',
        error,
        'Ask the owner of the table for SELECT and DOWNLOAD, or check --tunnel-endpoint and --quota-name',
      ),
    ]
  } finally {
    unsubscribe('odps-tunnel:request', watch)
  }
}

const somePartition = async (
  tunnel: Tunnel,
  target: TableTarget,
  info: TableInfo,
): Promise<string | undefined> => {
  if (info.schema.partitionColumns.length === 0) return undefined
  if (target.partition?.length === info.schema.partitionColumns.length)
    return printPartitionSpec(target.partition)
  for await (const { spec } of tunnel.listPartitions(target.table)) return printPartitionSpec(spec)
  return undefined
}

const probeRows = 2000

/** Sends one block in each compression to a session that is never committed: the table does not change. */
export const checkWrite = async ({ tunnel, target }: CheckContext, info: TableInfo): Promise<Verdict[]> => {
  const partition = await somePartition(tunnel, target!, info)
  if (info.schema.partitionColumns.length > 0 && partition === undefined)
    return [{ check: 'write', state: 'skipped', what: 'the table has no partition yet' }]
  try {
    const session = await tunnel.createUploadSession({ table: target!.table, partitionSpec: partition })
    const verdicts: Verdict[] = [
      { check: 'write', state: 'ok', what: 'an upload session was created; it is not committed' },
    ]
    const names: CompressionName[] = ['raw', 'deflate', 'snappy', 'zstd', 'lz4']
    for (const [blockId, name] of names.entries())
      verdicts.push(await probe(name, () => session.upload(blockId, nullRows(info), { compression: name })))
    return verdicts
  } catch (error) {
    return [failed('write', error, 'Ask the owner of the table for UPDATE (uploads only)')]
  }
}

const nullRows = ({ schema }: TableInfo): unknown[][] =>
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
  name: CompressionName,
  send: () => Promise<{ readonly rawBytes: number; readonly wireBytes: number }>,
): Promise<Verdict> => {
  const started = performance.now()
  try {
    const { rawBytes, wireBytes } = await send()
    const ms = performance.now() - started
    return {
      check: name,
      state: 'ok',
      what: `a block of ${printBytes(rawBytes)} in ${printBytes(wireBytes)} took ${ms.toFixed(0)} ms`,
    }
  } catch (error) {
    if (error instanceof TunnelError && error.code === 'ODPS_MISSING_PACKAGE')
      return { check: name, state: 'skipped', what: error.message, next: 'Only if you mean to use it' }
    return failed(name, error, `Use another --compression than ${name}`)
  }
}
