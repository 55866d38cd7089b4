import { TunnelOptionError, TunnelValueError } from '../errors.js'
import type { Column } from '../schema/table-schema.js'

/**
 * What knows the columns of rows: a schema, or the download they come from, which knows them once its session is open, before its
 * first row.
 */
export interface ColumnSource {
  readonly columns: readonly Column[] | undefined
}

/** @throws TunnelOptionError for what can have no columns */
export const checkSource = (where: string, source: unknown): void => {
  if (typeof source === 'object' && source !== null && 'columns' in source) return
  throw new TunnelOptionError(
    'ODPS_INVALID_OPTION',
    `${where}: pass a schema, or the download that the rows come from`,
  )
}

/** The columns of a row that has come. @throws TunnelValueError for a row of somebody else's */
export const columnsAt = (where: string, { columns }: ColumnSource): readonly Column[] => {
  if (columns !== undefined) return columns
  throw new TunnelValueError(
    'ODPS_INVALID_ROW',
    `${where}: a row came before the download that was passed has opened its session; pass the download that the rows come from`,
    { rowIndex: 0 },
  )
}
