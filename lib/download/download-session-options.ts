import { instanceOf, integer, isoTime, type OptionSpec } from '../check-options.js'
import { type TableSchema, tableSchema } from '../schema/table-schema.js'
import {
  type OpenSessionOptions,
  openSessionSpec,
  type TableOptions,
  tableOptionSpec,
} from '../session/table-options.js'

/** Options of `Tunnel.createDownloadSession`. */
export interface CreateDownloadSessionOptions extends TableOptions {
  readonly signal?: AbortSignal | undefined
}

/** Options of `Tunnel.openDownloadSession`: takes the JSON of a session as it is. */
export interface OpenDownloadSessionOptions extends OpenSessionOptions {
  /** The rows the session has; another number is ODPS_RECORD_COUNT_MISMATCH. */
  readonly recordCount?: number | undefined
  /** The columns the session has; others are ODPS_SCHEMA_MISMATCH. */
  readonly schema?: TableSchema | undefined
  /** When its data was last modified, ISO 8601. */
  readonly lastModified?: string | undefined
}

export const createDownloadSessionSpec: OptionSpec = {
  ...tableOptionSpec,
  signal: instanceOf(AbortSignal),
}

export const openDownloadSessionSpec: OptionSpec = {
  ...openSessionSpec,
  recordCount: integer(0),
  schema: tableSchema,
  lastModified: isoTime,
}
