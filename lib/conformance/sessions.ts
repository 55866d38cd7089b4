import type { TableName } from '../schema/table-name.js'
import { type Answer, expectDone, type JsonObject, jsonOf, textOf } from './answer.js'
import type { CheckContext, Question } from './check.js'

/*
 * The requests of sessions, one by one and not through the library's sessions: those repeat, compare and settle, and so
 * would hide what a single answer says.
 */

/** A table on the tunnel, which takes the schema in the path. */
export const onTunnel = (
  { project, schemaName, table }: TableName,
  method: Question['method'],
  query: Question['query'] = {},
): Question => ({
  target: 'tunnel',
  method,
  path: ['projects', project, ...(schemaName === undefined ? [] : ['schemas', schemaName]), 'tables', table],
  query,
})

/** A table on the service, which takes the schema in the query. */
export const onService = (
  { project, schemaName, table }: TableName,
  query: Question['query'] = {},
): Question => ({
  target: 'service',
  method: 'GET',
  path: ['projects', project, 'tables', table],
  query: { ...query, ...(schemaName !== undefined && { curr_schema: schemaName }) },
})

export interface UploadOptions {
  readonly partition?: string
  readonly overwrite?: boolean
  readonly createPartition?: boolean
}

export const uploadQuestion = (table: TableName, options: UploadOptions = {}): Question => {
  const { partition, overwrite = false, createPartition = false } = options
  return onTunnel(table, 'POST', {
    uploads: '',
    ...(partition !== undefined && { partition }),
    ...(overwrite && { overwrite: 'true' }),
    ...(createPartition && { create_partition: 'true' }),
  })
}

/** An upload session. */
export interface Upload {
  readonly table: TableName
  readonly partition: string | undefined
  readonly id: string
  readonly answer: Answer
}

export const createUpload = async (
  context: CheckContext,
  table: TableName,
  options: UploadOptions = {},
): Promise<Upload> => {
  const answer = await context.ask(uploadQuestion(table, options))
  const id = textOf(jsonOf(answer, 'the upload session'), 'UploadID')
  return { table, partition: options.partition, id, answer }
}

const inUpload = (
  { table, partition, id }: Upload,
  method: Question['method'],
  query: Question['query'] = {},
): Question =>
  onTunnel(table, method, { uploadid: id, ...query, ...(partition !== undefined && { partition }) })

export interface BlockOptions {
  /** `Content-Encoding` */
  readonly encoding?: string | undefined
  readonly arrow?: boolean
}

export const askToPut = (
  context: CheckContext,
  upload: Upload,
  blockId: number,
  body: Uint8Array,
  { encoding, arrow = false }: BlockOptions = {},
): Promise<Answer> =>
  context.ask({
    ...inUpload(upload, 'PUT', { blockid: String(blockId), ...(arrow && { arrow: '' }) }),
    headers: {
      'Content-Type': 'application/octet-stream',
      ...(encoding !== undefined && { 'Content-Encoding': encoding }),
    },
    body,
  })

export const putBlock = async (
  context: CheckContext,
  upload: Upload,
  blockId: number,
  body: Uint8Array,
  options?: BlockOptions,
): Promise<Answer> => expectDone(await askToPut(context, upload, blockId, body, options), 'the block')

export const loadUpload = async (context: CheckContext, upload: Upload): Promise<JsonObject> =>
  jsonOf(await context.ask(inUpload(upload, 'GET')), 'the loaded session')

export const askToCommit = (context: CheckContext, upload: Upload): Promise<Answer> =>
  context.ask(inUpload(upload, 'POST'))

/** Puts blocks into a session and commits it. */
export const upload = async (
  context: CheckContext,
  table: TableName,
  blocks: readonly Uint8Array[],
  options: UploadOptions & BlockOptions = {},
): Promise<void> => {
  const session = await createUpload(context, table, options)
  for (const [blockId, body] of blocks.entries()) await putBlock(context, session, blockId, body, options)
  expectDone(await askToCommit(context, session), 'the commit')
}

/** A download session. */
export interface Download {
  readonly table: TableName
  readonly partition: string | undefined
  readonly id: string
  readonly recordCount: number
  readonly json: JsonObject
}

export const downloadQuestion = (table: TableName, partition?: string): Question =>
  onTunnel(table, 'POST', { downloads: '', ...(partition !== undefined && { partition }) })

export const createDownload = async (
  context: CheckContext,
  table: TableName,
  partition?: string,
): Promise<Download> => {
  const json = jsonOf(await context.ask(downloadQuestion(table, partition)), 'the download session')
  const id = textOf(json, 'DownloadID')
  return { table, partition, id, recordCount: Number(json['RecordCount']), json }
}

/** How many rows a new download session says there are. */
export const countRows = async (
  context: CheckContext,
  table: TableName,
  partition?: string,
): Promise<number> => (await createDownload(context, table, partition)).recordCount

export interface ReadOptions {
  readonly columns?: readonly string[]
  /** `Accept-Encoding` */
  readonly encoding?: string | undefined
  /** `x-odps-tunnel-version` */
  readonly version?: number
  readonly arrow?: boolean
}

export const askForRows = (
  context: CheckContext,
  { table, partition, id }: Download,
  [start, count]: readonly [number, number],
  { columns, encoding, version, arrow = false }: ReadOptions = {},
): Promise<Answer> =>
  context.ask({
    ...onTunnel(table, 'GET', {
      data: '',
      downloadid: id,
      rowrange: `(${start},${count})`,
      ...(columns !== undefined && { columns: columns.join(',') }),
      ...(arrow && { arrow: '' }),
      ...(partition !== undefined && { partition }),
    }),
    headers: {
      ...(encoding !== undefined && { 'Accept-Encoding': encoding }),
      ...(version !== undefined && { 'x-odps-tunnel-version': String(version) }),
    },
  })
