import { TunnelProtocolError, TunnelValueError } from '../../errors.js'
import type { Column } from '../../schema/table-schema.js'
import type { CodecOptions } from '../cell-codec.js'

/** Makes the cell of a partition column from its text in the partition spec, anew for every row. */
export const partitionCell = (
  column: Column,
  value: string,
  { bigint, string }: CodecOptions,
): (() => unknown) => {
  switch (column.type.kind) {
    case 'string':
    case 'varchar':
    case 'char':
      return string === 'buffer' ? () => Buffer.from(value) : () => value
    case 'tinyint':
    case 'smallint':
    case 'int': {
      const whole = Number(toWhole(column, value))
      return () => whole
    }
    case 'bigint': {
      const whole = toWhole(column, value)
      const cell = bigint === 'bigint' ? whole : bigint === 'number' ? toSafe(column, whole) : String(whole)
      return () => cell
    }
    default:
      return () => value
  }
}

const toWhole = (column: Column, value: string): bigint => {
  if (/^[+-]?\d{1,19}$/.test(value)) return BigInt(value.replace('+', ''))
  const what = `The partition column '${column.name}' has an integer type, but its value in the partition spec isn't a whole number`
  throw new TunnelProtocolError('ODPS_UNEXPECTED_ANSWER', what)
}

const toSafe = ({ name }: Column, whole: bigint): number => {
  if (Number.isSafeInteger(Number(whole))) return Number(whole)
  const what = `The partition column '${name}' is beyond ±(2^53 - 1); read with bigint: 'bigint' or 'string'`
  throw new TunnelValueError('ODPS_UNSAFE_INTEGER', what, { column: name })
}
