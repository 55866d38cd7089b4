import type { TestContext } from 'node:test'
import type { ClientOptions, TunnelClient } from '../../lib/http/tunnel-client.js'
import type { TableName } from '../../lib/schema/table-name.js'
import { TableResource } from '../../lib/session/table-resource.js'
import {
  type Answer,
  createClient,
  json,
  refuse,
  type ScriptedServer,
  type SeenRequest,
  startServer,
  text,
} from '../http/scripted-server.js'

export const schemaJson = {
  IsVirtualView: false,
  columns: [
    { column_id: '0', name: 'id', nullable: true, type: 'bigint', comment: '', default_value: '' },
    { column_id: '1', name: 'name', nullable: true, type: 'string', comment: '', default_value: '' },
  ],
  partitionKeys: [
    { column_id: '2', name: 'month', nullable: true, type: 'string', comment: '', default_value: '' },
    { column_id: '3', name: 'region', nullable: true, type: 'string', comment: '', default_value: '' },
  ],
}

const name: TableName = { project: 'p', table: 't' }

/** What one request was, in a word. */
export type Step = 'table' | 'create' | 'put' | 'load' | 'commit' | 'download' | 'state' | 'data' | 'other'

const stepOf = ({ method, path, query }: SeenRequest): Step => {
  if (path.startsWith('/api/')) return 'table'
  if (query.has('uploads')) return 'create'
  if (query.has('uploadid')) return method === 'PUT' ? 'put' : method === 'GET' ? 'load' : 'commit'
  if (query.has('downloads')) return 'download'
  if (query.has('data')) return 'data'
  return query.has('downloadid') ? 'state' : 'other'
}

/** Answers queued for a step come before what the service does by itself. */
export interface TableService extends ScriptedServer {
  readonly client: TunnelClient
  /** The table `p.t`. */
  readonly table: TableResource
  readonly blocks: Map<number, number>
  status: string
  recordCount: number
  readonly queued: Map<Step, Answer[]>
  /** The steps of all requests so far. */
  steps(): Step[]
}

/** One upload and one download session of table `t`, in memory. */
export const startTableService = async (
  t: TestContext,
  options: Partial<ClientOptions> = {},
): Promise<TableService> => {
  const blocks = new Map<number, number>()
  const queued = new Map<Step, Answer[]>()
  const state = { status: 'normal', recordCount: 10 }
  const answer: Answer = (request, response) => {
    const step = stepOf(request)
    const next = queued.get(step)?.shift() ?? byItself(step, request)
    next(request, response)
  }
  const byItself = (step: Step, request: SeenRequest): Answer => {
    if (step === 'put') blocks.set(Number(request.query.get('blockid')), rowsOf(request.body))
    if (step === 'commit') state.status = 'closed'
    if (step === 'put') return text('')
    if (step === 'create' || step === 'load' || step === 'commit')
      return json(uploadJson(state.status, blocks))
    if (step === 'download' || step === 'state') return json(downloadJson(state.recordCount))
    if (step === 'data') return text('rows')
    if (step === 'table') return text(request.query.has('extended') ? extendedXml : tableXml)
    return refuse(404, 'NoSuchTable')
  }
  const server = await startServer(t, [answer])
  const client = createClient(t, server.url, options)
  const table = new TableResource(client, name)
  const steps = (): Step[] => server.requests.map(stepOf)
  return Object.assign(state, { ...server, client, table, blocks, queued, steps })
}

/** The service of these tests takes any bytes for a block, and its length for the number of rows. */
const rowsOf = (body: Buffer): number => body.length

export const uploadJson = (status: string, blocks: ReadonlyMap<number, number | undefined>): object => ({
  UploadID: 'U1',
  Status: status,
  Initiated: 'Thu, 02 Jan 2025 03:04:05 GMT',
  Owner: '1',
  IsOverwrite: false,
  MaxFieldSize: 1024,
  QuotaName: 'q',
  Schema: schemaJson,
  UploadedBlockList: [...blocks].map(([BlockID, RecordCount]) => ({
    BlockID,
    RecordCount,
    FileName: 'f',
    Version: 0,
  })),
})

export const downloadJson = (recordCount: number, status = 'normal'): object => ({
  DownloadID: 'D1',
  Status: status,
  RecordCount: recordCount,
  QuotaName: 'q',
  Schema: schemaJson,
})

const tableXml = `<?xml version="1.0"?>
<Table><Name>t</Name><Project>p</Project><Owner>ALIYUN$someone</Owner><Type>MANAGED_TABLE</Type>
<Schema format="Json"><![CDATA[${JSON.stringify({
  tableName: 't',
  comment: 'a <comment>',
  createTime: 1735787045,
  lastModifiedTime: 1735787046,
  lifecycle: -1,
  size: 4096,
  recordNum: 12,
  columns: [{ name: 'id', type: 'bigint', isNullable: false }],
  partitionKeys: [
    { name: 'month', type: 'string' },
    { name: 'region', type: 'string' },
  ],
})}]]></Schema></Table>`

/** `Reserved` holds text, as the service writes it. */
const extendedXml = `<Table><Name>t</Name><Schema format="Json"><![CDATA[${JSON.stringify({
  IsArchived: false,
  Reserved:
    '{"schema_version":"1","Transactional":"true","PrimaryKey":["id"],"acid.data.retain.hours":"24","BucketNum":16}',
})}]]></Schema></Table>`

/** A body of `rows` bytes. */
export const blockOf = (
  rows: number,
): { body: Buffer[]; contentEncoding: undefined; rows: number; rawBytes: number } => ({
  body: [Buffer.alloc(rows, 1)],
  contentEncoding: undefined,
  rows,
  rawBytes: rows,
})
