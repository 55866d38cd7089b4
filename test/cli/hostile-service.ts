import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createRecordEncoder } from '../../lib/codec/rows/record-encoder.js'
import { parseDataType } from '../../lib/schema/parse-data-type.js'

/** Every sign that a terminal would obey or a reader not see, and what would end a line, a path, a comment, a string. */
export const nasty =
  'x\u001b[31m\u001b]0;t\u0007\u009b2J\u0085\u202e\u2066\u200f\u061c\u2028\ufeff\u007f\r\ny\t*/ \'"`$(touch z)'

export interface Reply {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array | AsyncIterable<Uint8Array>
}

/** What the service says in place of the usual; undefined for the usual. */
export type Answerer = (action: string, url: URL, host: string) => Reply | undefined

export interface HostileTable {
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  readonly partitionKeys?: readonly { readonly name: string; readonly type: string }[]
  readonly partitions?: readonly string[]
  /** Where the next page of partitions begins, for ever. */
  readonly marker?: string
  readonly rows?: readonly (readonly unknown[])[]
}

export interface HostileService {
  readonly endpoint: string
  /** Actions, in their order. */
  readonly requests: readonly string[]
  close(): Promise<void>
}

const escapeXml = (text: string): string =>
  [...text].map(sign => (/[\w.=/-]/.test(sign) ? sign : `&#x${sign.codePointAt(0)!.toString(16)};`)).join('')

const columnsJson = (columns: HostileTable['columns']): object[] =>
  columns.map(column => ({ ...column, comment: nasty, label: nasty, isNullable: true, nullable: true }))

const tableXml = (table: HostileTable): string => {
  const schema = JSON.stringify({
    tableName: nasty,
    comment: nasty,
    owner: nasty,
    lifecycle: 3,
    columns: columnsJson(table.columns),
    partitionKeys: columnsJson(table.partitionKeys ?? []),
    recordNum: 2,
    size: 5,
  })
  const text = escapeXml(nasty)
  return `<Table><Name>${text}</Name><Owner>${text}</Owner><Type>${text}</Type><Schema format="Json"><![CDATA[${schema.replaceAll(']]>', ']] >')}]]></Schema></Table>`
}

const partitionsXml = ({ partitions = [], partitionKeys = [], marker = '' }: HostileTable): string =>
  `<Partitions><Marker>${marker}</Marker><MaxItems>1000</MaxItems>${partitions
    .map(
      value =>
        `<Partition><Column Name="${escapeXml(partitionKeys[0]?.name ?? '')}" Value="${escapeXml(value)}"/><PartitionRecordCount>2</PartitionRecordCount></Partition>`,
    )
    .join('')}</Partitions>`

const listXml = (item: string, marker = ''): string => {
  const text = escapeXml(nasty)
  return `<${item}s><Marker>${marker}</Marker><${item}><Name>${text}</Name><Owner>${text}</Owner><Type>${text}</Type></${item}></${item}s>`
}

export const errorXml = (code: string): string => {
  const text = escapeXml(nasty)
  return `<Error><Code>${escapeXml(code)}</Code><Message>${text}</Message><RequestId>${text}</RequestId><HostId>${text}</HostId></Error>`
}

export const errorJson = (code: string): string =>
  JSON.stringify({ Code: code, Message: nasty, RequestId: nasty, HostId: nasty })

const encodeRows = ({ columns, rows = [] }: HostileTable): Buffer => {
  const encoder = createRecordEncoder(
    columns.map(({ name, type }) => ({ name, type: parseDataType(type), nullable: true })),
  )
  for (const [i, row] of rows.entries()) encoder.write(row, i)
  return encoder.finish()
}

const actionOf = (method: string, { pathname, searchParams: query }: URL): string => {
  if (pathname.endsWith('/tunnel')) return 'route'
  if (pathname.includes('/instances'))
    return method === 'POST'
      ? 'submit'
      : query.has('result')
        ? 'result'
        : query.has('taskstatus')
          ? 'tasks'
          : 'instance'
  if (pathname.startsWith('/api/')) {
    if (method === 'HEAD') return 'head'
    if (/\/(tables|schemas)$/.test(pathname)) return pathname.endsWith('tables') ? 'tables' : 'schemas'
    return query.has('partitions') ? 'partitions' : query.has('partition') ? 'partition' : 'table'
  }
  if (query.has('uploads')) return 'createUpload'
  if (query.has('downloads')) return 'createDownload'
  if (query.has('data')) return 'data'
  if (query.has('downloadid')) return 'download'
  return method === 'PUT' ? 'block' : method === 'POST' ? 'commit' : method === 'HEAD' ? 'head' : 'upload'
}

const usual = (
  action: string,
  table: HostileTable,
  host: string,
  blocks: ReadonlyMap<number, number>,
): Reply => {
  const schema = {
    columns: columnsJson(table.columns),
    partitionKeys: columnsJson(table.partitionKeys ?? []),
  }
  const rows = table.rows?.length ?? 0
  const time = 'Thu, 02 Jan 2025 03:04:05 GMT'
  const upload = (Status: string): Reply => ({
    body: JSON.stringify({
      UploadID: nasty,
      Status,
      Schema: schema,
      Owner: nasty,
      QuotaName: nasty,
      UploadedBlockList: [...blocks].map(([BlockID, RecordCount]) => ({
        BlockID,
        RecordCount,
        FileName: nasty,
      })),
    }),
  })
  switch (action) {
    case 'route':
      return { body: host }
    case 'table':
      return { body: tableXml(table) }
    case 'partitions':
      return { body: partitionsXml(table) }
    case 'tables':
      return { body: listXml('Table', table.marker) }
    case 'schemas':
      return { body: listXml('Schema', table.marker) }
    case 'partition': {
      const info = JSON.stringify({
        createTime: 1,
        lastModifiedTime: 1,
        partitionSize: 1,
        partitionRecordNum: rows,
      })
      return { body: `<Partition><Schema><![CDATA[${info}]]></Schema></Partition>` }
    }
    case 'createDownload':
    case 'download':
      return {
        body: JSON.stringify({
          ...{ DownloadID: nasty, Status: 'normal', RecordCount: rows, Schema: schema, Owner: nasty },
          QuotaName: nasty,
        }),
      }
    case 'data':
      return { body: encodeRows(table) }
    case 'createUpload':
    case 'upload':
      return upload('normal')
    case 'commit':
      return upload('closed')
    case 'submit':
      return { status: 201, headers: { Location: `http://${host}/api/projects/p/instances/i1` } }
    case 'instance':
      return { body: '<Instance><Status>Terminated</Status></Instance>' }
    case 'tasks':
      return {
        body: '<Instance><Status>Terminated</Status><Tasks><Task Type="SQL"><Name>x</Name><Status>Failed</Status></Task></Tasks></Instance>',
      }
    case 'result': {
      const text = Buffer.from(`ODPS-0130071:${nasty}`).toString('base64')
      return {
        body: `<Instance><Tasks><Task Type="SQL"><Name>x</Name><Result Transform="Base64" Format="text"><![CDATA[${text}]]></Result><Status>Failed</Status></Task></Tasks></Instance>`,
      }
    }
    default:
      return { headers: { Date: time } }
  }
}

const readBody = async (message: IncomingMessage): Promise<void> => {
  for await (const _ of message);
}

const untilWritable = (response: ServerResponse): Promise<void> =>
  new Promise(resolve => {
    const settle = (): void => {
      response.off('drain', settle)
      response.off('close', settle)
      resolve()
    }
    response.on('drain', settle)
    response.on('close', settle)
  })

const send = async (
  response: ServerResponse,
  { status = 200, headers = {}, body = '' }: Reply,
): Promise<void> => {
  response.writeHead(status, { 'x-odps-request-id': 'r\u009b1', ...headers })
  if (typeof body === 'string' || body instanceof Uint8Array) {
    response.end(body)
    return
  }
  for await (const chunk of body) {
    if (response.destroyed) return
    if (!response.write(chunk)) await untilWritable(response)
  }
  response.end()
}

/** A service that knows the protocol and means no good. */
export const startHostileService = async (
  table: HostileTable,
  answer: Answerer = () => undefined,
): Promise<HostileService> => {
  const requests: string[] = []
  const blocks = new Map<number, number>()
  const server = createServer((message, response) => {
    const host = message.headers.host ?? ''
    const url = new URL(message.url ?? '/', `http://${host}`)
    const action = actionOf(message.method ?? 'GET', url)
    requests.push(action)
    if (action === 'block') blocks.set(Number(url.searchParams.get('blockid')), 1)
    response.on('error', () => {})
    readBody(message)
      .then(() => send(response, answer(action, url, host) ?? usual(action, table, host, blocks)))
      .catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    endpoint: `http://127.0.0.1:${port}/api`,
    requests,
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
