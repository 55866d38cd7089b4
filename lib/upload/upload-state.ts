import type { TunnelResponse } from '../http/tunnel-response.js'
import type { TableSchema } from '../schema/table-schema.js'
import { AnswerJson } from '../session/answer-json.js'

/** A block that the service holds. */
export interface BlockInfo {
  readonly blockId: number
  /** Undefined when the service does not tell. */
  readonly recordCount: number | undefined
}

/** The session as the service describes it (protocol 3.6). */
export interface UploadState {
  readonly sessionId: string
  /** In lower case: `normal`, `closing`, `closed`, `canceled`, `expired`, `critical`, `committing`. */
  readonly status: string
  readonly schema: TableSchema
  readonly blocks: readonly BlockInfo[]
  /** Bytes that one STRING or BINARY value may have. */
  readonly maxFieldBytes: number | undefined
  readonly quotaName: string | undefined
  readonly dateTransform: boolean
}

export const readUploadState = async (response: TunnelResponse, purpose: string): Promise<UploadState> => {
  const json = new AnswerJson(await response.json(), purpose)
  return {
    sessionId: json.text('UploadID'),
    status: json.optionalText('Status')?.toLowerCase() ?? 'unknown',
    schema: json.schema('Schema'),
    blocks: json.list('UploadedBlockList').map(readBlock),
    maxFieldBytes: json.optionalCount('MaxFieldSize') || undefined,
    quotaName: json.optionalText('QuotaName'),
    dateTransform: response.headers['odps-tunnel-date-transform']?.toLowerCase() === 'true',
  }
}

const readBlock = (json: AnswerJson): BlockInfo => ({
  blockId: json.count('BlockID'),
  recordCount: json.optionalCount('RecordCount'),
})

/** The rows are in the table, or will be: the service has taken the commit. */
export const isCommitted = (status: string): boolean =>
  status === 'closed' || status === 'closing' || status === 'committing'

/** Nothing speaks against another block or a commit. */
export const isOpen = (status: string): boolean => status === 'normal' || status === 'unknown'
