import { instanceOf, integer, isoTime, type OptionSpec } from '../check-options.js'
import { type TableSchema, tableSchema } from '../schema/table-schema.js'
import { type ResultOptions, resourceOptionSpec } from '../session/resource-options.js'
import type { TableOptions } from '../session/table-options.js'

interface Abortable {
  readonly signal?: AbortSignal | undefined
}

/** Options of `Tunnel.createDownloadSession`. */
export type CreateDownloadSessionOptions = Abortable &
  ((TableOptions & { readonly instanceId?: undefined }) | ResultOptions)

/** Options of `Tunnel.openDownloadSession`: takes the JSON of a session as it is. */
export type OpenDownloadSessionOptions = CreateDownloadSessionOptions & {
  readonly sessionId: string
  /** The rows the session has; another number is ODPS_RECORD_COUNT_MISMATCH. */
  readonly recordCount?: number | undefined
  /** The columns the session has; others are ODPS_SCHEMA_MISMATCH. */
  readonly schema?: TableSchema | undefined
  /** When its data was last modified, ISO 8601. */
  readonly lastModified?: string | undefined
}

export const createDownloadSessionSpec: OptionSpec = {
  ...resourceOptionSpec,
  signal: instanceOf(AbortSignal),
}

export const openDownloadSessionSpec: OptionSpec = {
  ...createDownloadSessionSpec,
  sessionId: 'string',
  recordCount: integer(0),
  schema: tableSchema,
  lastModified: isoTime,
}
