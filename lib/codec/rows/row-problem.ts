import { TunnelValueError } from '../../errors.js'
import type { Column } from '../../schema/table-schema.js'
import { CellProblem } from '../../values/cell-problem.js'

/** Gives a problem of one value its column and row; other errors pass. */
export const rowProblem = (error: unknown, column: Column, rowIndex: number): unknown => {
  if (!(error instanceof CellProblem)) return error
  const message = `Row ${rowIndex}, column '${column.name}'${error.path}: ${error.message}`
  const cause = error.cause === undefined ? {} : { cause: error.cause }
  return new TunnelValueError(error.code, message, { column: column.name, rowIndex, ...cause })
}

export const nullNotAllowed = (column: Column, rowIndex: number): TunnelValueError =>
  new TunnelValueError(
    'ODPS_NULL_NOT_ALLOWED',
    `Row ${rowIndex}, column '${column.name}': NULL is not allowed here`,
    {
      column: column.name,
      rowIndex,
    },
  )
