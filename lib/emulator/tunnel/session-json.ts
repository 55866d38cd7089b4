import { tableSchemaJson } from '../../schema/table-schema.js'
import type { ServedDownload } from './served-download.js'
import type { ServedUpload } from './served-upload.js'

/** Any account will do; clients only show it. */
export const owner = 'ALIYUN$emulator'

/** STRING and BINARY values of up to 8 MiB (protocol 11.1). */
const maxFieldBytes = 8388608

export const formatHttpDate = (ms: number): string => new Date(ms).toUTCString()

/** JSON types matter: the Go client decodes strictly (protocol 3.6). */
export const formatUpload = (session: ServedUpload): Record<string, unknown> => ({
  Initiated: formatHttpDate(session.createdAt),
  IsOverwrite: session.overwrite,
  MaxFieldSize: maxFieldBytes,
  Owner: owner,
  QuotaName: session.quotaName,
  Schema: tableSchemaJson(session.schema),
  Status: session.status,
  UploadID: session.id,
  UploadedBlockList: [...session.blocks]
    .sort(([a], [b]) => a - b)
    .map(([blockId, block]) => ({
      BlockID: blockId,
      CreateTime: Math.floor(block.uploadedAt / 1000),
      Date: formatHttpDate(block.uploadedAt),
      FileName: String(blockId),
      RecordCount: block.rows,
      Version: block.version,
    })),
})

/** The status is never a closed one, whose word differs between clients (protocol 6.2). */
export const formatDownload = (session: ServedDownload): Record<string, unknown> => ({
  DownloadID: session.id,
  Initiated: formatHttpDate(session.createdAt),
  Owner: owner,
  QuotaName: session.quotaName,
  RecordCount: session.rows,
  Schema: tableSchemaJson(session.schema),
  Status: 'normal',
  SupportReadByRawSize: false,
})
