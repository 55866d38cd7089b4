import { TunnelProtocolError } from '../errors.js'
import type { Column } from '../schema/table-schema.js'
import type { CellOptions } from './cell-codec.js'

/** Makes the cell of a partition column from its text in the partition spec, anew for every row. */
export const partitionCell = (
  column: Column,
  value: string,
  { bigint, string }: CellOptions,
): (() => unknown) => {
  switch (column.type.kind) {
    case 'string':
    case 'varchar':
    case 'char':
      return string === 'string' ? () => value : () => Buffer.from(value)
    case 'date':
      return () => value
    case 'tinyint':
    case 'smallint':
    case 'int': {
      const whole = Number(toWhole(column, value))
      return () => whole
    }
    case 'bigint': {
      const whole = toWhole(column, value)
      const cell = bigint === 'bigint' ? whole : bigint === 'number' ? Number(whole) : String(whole)
      return () => cell
    }
    default:
      return () => value
  }
}

const toWhole = (column: Column, value: string): bigint => {
  if (/^[+-]?\d{1,19}$/.test(value)) return BigInt(value.replace('+', ''))
  const what = `The partition column '${column.name}' is a whole number, its value in the partition spec is not`
  throw new TunnelProtocolError('ODPS_UNEXPECTED_ANSWER', what)
}
