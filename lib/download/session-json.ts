import type { TableSchema } from '../schema/table-schema.js'
import type { NamedResult, NamedTable } from '../session/resource.js'

interface Snapshot {
  readonly sessionId: string
  readonly recordCount: number
  readonly schema: TableSchema
  /** When the data was last modified, ISO 8601. Only where it is known so well that an equal time means equal data. */
  readonly lastModified?: string
}

/**
 * What another process needs to attach, and to take a new session in place of this one when it is over: by the last
 * three it is known whether the table is still the same.
 */
export interface TableSessionJson extends NamedTable, Snapshot {}

/** The same of a query's result, which never changes. */
export interface ResultSessionJson extends NamedResult, Snapshot {}

export type DownloadSessionJson = TableSessionJson | ResultSessionJson
