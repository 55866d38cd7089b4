import { randomUUID } from 'node:crypto'
import { TunnelServiceError } from '../errors.js'
import type { TunnelClient } from '../http/tunnel-client.js'
import { textAt, type XmlElement } from '../xml.js'
import { unexpected } from './answer-json.js'
import type { CallOptions } from './call-options.js'
import { requestXml } from './metadata.js'

/** Where a statement runs. */
export interface StatementPlace {
  readonly project: string
  readonly schemaName?: string | undefined
}

const taskName = 'AnonymousSQLTask'
const firstPollMs = 100
const maxPollMs = 2_000

/**
 * Runs one SQL statement that gives no rows, and waits until it is done (protocol 10).
 * @throws TunnelServiceError with the message of the service when it fails
 */
export const runStatement = async (
  client: TunnelClient,
  { project, schemaName }: StatementPlace,
  purpose: string,
  sql: string,
  options: CallOptions = {},
): Promise<void> => {
  const common = { purpose, target: 'service', project, ...options } as const
  const location = await client.exchange(
    {
      ...common,
      method: 'POST',
      path: ['projects', project, 'instances'],
      query: { curr_project: project, ...(schemaName !== undefined && { curr_schema: schemaName }) },
      headers: { 'Content-Type': 'application/xml' },
      body: [Buffer.from(formatJob(sql, schemaName !== undefined))],
      repeat: 'create',
    },
    async response => {
      await response.discard()
      return response.headers['location']
    },
  )
  const id = location?.split('/').at(-1)
  if (!id) throw unexpected(purpose, 'names no instance')
  const path = ['projects', project, 'instances', id]
  const ask = (query: Readonly<Record<string, string>>): Promise<XmlElement> =>
    requestXml(client, { ...common, method: 'GET', path, query, repeat: 'safe' }, 'Instance')
  for (let delayMs = firstPollMs; ; delayMs = Math.min(delayMs * 2, maxPollMs)) {
    if (textAt(await ask({}), 'Status') === 'Terminated') break
    await client.clock.sleep(delayMs, options.signal)
  }
  if (taskOf(await ask({ taskstatus: '' }), 'Status')?.toLowerCase() === 'success') return
  throw failure(purpose, `/${path.join('/')}`, taskOf(await ask({ result: '' }), 'Result') ?? '')
}

const formatJob = (sql: string, hasSchemas: boolean): string => {
  const settings = {
    'odps.sql.type.system.odps2': 'true',
    ...(hasSchemas && { 'odps.namespace.schema': 'true', 'odps.sql.allow.namespace.schema': 'true' }),
  }
  return [
    '<?xml version="1.0" encoding="utf-8"?>',
    `<Instance><Job><Priority>9</Priority><Tasks><SQL><Name>${taskName}</Name><Config>`,
    `<Property><Name>settings</Name><Value>${escapeXml(JSON.stringify(settings))}</Value></Property>`,
    `<Property><Name>uuid</Name><Value>${randomUUID()}</Value></Property>`,
    `</Config><Query>${escapeXml(`${sql};`)}</Query></SQL></Tasks>`,
    '<DAG><RunMode>Sequence</RunMode></DAG></Job></Instance>',
  ].join('')
}

const escapeXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

const taskOf = (root: XmlElement, name: string): string | undefined => {
  const task = root.children.find(child => child.name === 'Tasks')?.children[0]
  const element = task?.children.find(child => child.name === name)
  const text = element?.text.trim()
  return element?.attributes['Transform'] === 'Base64' ? Buffer.from(text ?? '', 'base64').toString() : text
}

/** `ODPS-0130131:[1,1] Table not found - …` */
const failure = (purpose: string, path: string, text: string): TunnelServiceError => {
  const serviceCode = /ODPS-\d+/.exec(text)?.[0]
  const what = text === '' ? 'the service gives no reason' : text.slice(0, 1000)
  return new TunnelServiceError('ODPS_SERVICE_ERROR', `${purpose}: it failed: ${what}`, {
    method: 'GET',
    path,
    attempts: 1,
    statusCode: 200,
    serviceCode,
  })
}
