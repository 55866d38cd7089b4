import type {
  DuckDBBlobValue,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBIntervalValue,
  DuckDBMapValue,
  DuckDBStructValue,
  DuckDBType,
} from '@duckdb/node-api'
import { checkDecimal } from '../../../codec/types/decimal.js'
import type { DataType, DecimalType } from '../../../schema/data-type.js'
import { outOfRange } from '../../../values/cell-problem.js'
import { decimalText } from '../../../values/unscaled.js'
import { duckKind } from './duck-types.js'
import type { CellContext } from './feed-cells.js'
import { splitNanos, toInstant } from './wall-time.js'

/*
 * DuckDB's values as stored cells of a type: that of the result, or of the column an INSERT puts them into. Only what keeps
 * every value is converted; a number that the type has no room for is refused, as the service does when a sum leaves BIGINT.
 */

/** Makes a stored cell of a value that isn't NULL. @throws CellProblem for one the type has no room for */
export type CellReader = (value: never) => unknown

/** Undefined where values of the one type aren't always ones of the other. */
export const cellReaderOf = (from: DuckDBType, to: DataType, context: CellContext): CellReader | undefined =>
  scalarReader(duckKind(context.duck, from), to, context) ?? nestedReader(from, to, context)

const scalarReader = (
  from: ReturnType<typeof duckKind>,
  to: DataType,
  context: CellContext,
): CellReader | undefined => {
  switch (from) {
    case 'BOOLEAN':
      return to.kind === 'boolean' ? same : undefined
    case 'TINYINT':
    case 'UTINYINT':
    case 'SMALLINT':
    case 'USMALLINT':
    case 'INTEGER':
    case 'UINTEGER':
    case 'BIGINT':
    case 'UBIGINT':
    case 'HUGEINT':
    case 'UHUGEINT':
    case 'SQLNULL':
      return wholeReader(to)
    case 'FLOAT':
      return to.kind === 'float' || to.kind === 'double' ? same : undefined
    case 'DOUBLE':
      return to.kind === 'double' ? same : undefined
    case 'DECIMAL':
      return decimalReader(to)
    case 'VARCHAR':
      return textKinds.includes(to.kind) ? same : undefined
    case 'BLOB':
      return to.kind === 'binary' ? ({ bytes }: DuckDBBlobValue) => Buffer.from(bytes) : undefined
    case 'DATE':
      return to.kind === 'date' ? readDate : undefined
    case 'INTERVAL':
      return intervalReader(to)
    default:
      return timeReader(from, to, context)
  }
}

const same = (value: unknown): unknown => value

const textKinds: readonly DataType['kind'][] = ['string', 'varchar', 'char', 'json']

const bitsOf: Readonly<Record<string, number>> = { tinyint: 8, smallint: 16, int: 32, bigint: 64 }

const wholeReader = (to: DataType): CellReader | undefined => {
  const bits = bitsOf[to.kind]
  if (bits !== undefined)
    return (value: number | bigint) => {
      const whole = BigInt(value)
      if (BigInt.asIntN(bits, whole) !== whole) throw outOfRange(`a number beyond ${to.kind.toUpperCase()}`)
      return to.kind === 'bigint' ? whole : Number(whole)
    }
  switch (to.kind) {
    case 'decimal':
      return (value: number | bigint) => checkDecimal(String(value), to)
    case 'double':
      return Number
    case 'string':
      return String
    default:
      return undefined
  }
}

const decimalReader = (to: DataType): CellReader | undefined => {
  const textOf = ({ value, scale }: DuckDBDecimalValue): string => withoutZeros(decimalText(value, scale))
  switch (to.kind) {
    case 'decimal':
      return (value: DuckDBDecimalValue) => checkDecimal(textOf(value), to satisfies DecimalType)
    case 'double':
      return (value: DuckDBDecimalValue) => Number(textOf(value))
    default:
      return undefined
  }
}

/** The service prints no zeros behind the digits of a DECIMAL (`odps.sql.decimal.tostring.trimzero`). */
const withoutZeros = (text: string): string => (text.includes('.') ? text.replace(/\.?0+$/, '') : text)

const readDate = (date: DuckDBDateValue): bigint => {
  if (!date.isFinite) throw outOfRange('an infinite DATE')
  return BigInt(date.days)
}

/** The years 1 to 9999. */
const [firstMs, lastMs] = [-62_135_596_800_000n, 253_402_300_799_999n]

const nanosPer: Readonly<Record<string, readonly [field: string, nanos: bigint]>> = {
  TIMESTAMP: ['micros', 1000n],
  TIMESTAMP_TZ: ['micros', 1000n],
  TIMESTAMP_MS: ['millis', 1_000_000n],
  TIMESTAMP_S: ['seconds', 1_000_000_000n],
  TIMESTAMP_NS: ['nanos', 1n],
}

const timeReader = (from: string, to: DataType, { timeZone }: CellContext): CellReader | undefined => {
  const [field, unit] = nanosPer[from] ?? []
  if (field === undefined || unit === undefined) return undefined
  const read = (value: { readonly isFinite: boolean }): bigint => {
    if (!value.isFinite) throw outOfRange('an infinite time')
    return (Reflect.get(value, field) as bigint) * unit
  }
  const zone = from === 'TIMESTAMP_TZ' || to.kind === 'timestamp_ntz' ? 'UTC' : timeZone
  switch (to.kind) {
    case 'datetime':
      return (value: { readonly isFinite: boolean }) => millisOf(toInstant(read(value), zone))
    case 'timestamp':
    case 'timestamp_ntz':
      return (value: { readonly isFinite: boolean }) => splitNanos(toInstant(read(value), zone))
    default:
      return undefined
  }
}

const millisOf = (nanos: bigint): bigint => {
  if (nanos % 1_000_000n !== 0n) throw outOfRange('a DATETIME with parts of a millisecond')
  const ms = nanos / 1_000_000n
  if (ms < firstMs || ms > lastMs) throw outOfRange('a DATETIME outside the years 1 to 9999')
  return ms
}

const intervalReader = (to: DataType): CellReader | undefined => {
  switch (to.kind) {
    case 'interval_year_month':
      return ({ months, days, micros }: DuckDBIntervalValue) => {
        if (days !== 0 || micros !== 0n) throw outOfRange('an INTERVAL of months and of days')
        return { months }
      }
    case 'interval_day_time':
      return ({ months, days, micros }: DuckDBIntervalValue) => {
        if (months !== 0) throw outOfRange('an INTERVAL of months and of days')
        return splitNanos((BigInt(days) * 86_400_000_000n + micros) * 1000n)
      }
    default:
      return undefined
  }
}

const nestedReader = (from: DuckDBType, to: DataType, context: CellContext): CellReader | undefined => {
  const { duck } = context
  const inner = (type: DuckDBType, target: DataType): CellReader | undefined => {
    const read = cellReaderOf(type, target, context)
    return read && ((value: unknown) => (value === null ? null : read(value as never)))
  }
  const isList = from instanceof duck.DuckDBListType || from instanceof duck.DuckDBArrayType
  if (isList && (to.kind === 'array' || (to.kind === 'vector' && from instanceof duck.DuckDBArrayType))) {
    const read = inner(from.valueType, to.element)
    return (
      read && (({ items }: { readonly items: readonly unknown[] }) => items.map(item => read(item as never)))
    )
  }
  if (from instanceof duck.DuckDBMapType && to.kind === 'map') {
    const [key, value] = [inner(from.keyType, to.key), inner(from.valueType, to.value)]
    return (
      key &&
      value &&
      (({ entries }: DuckDBMapValue) =>
        new Map(entries.map(entry => [key(entry.key as never), value(entry.value as never)])))
    )
  }
  if (!(from instanceof duck.DuckDBStructType) || to.kind !== 'struct') return undefined
  const { entryNames, entryTypes } = from
  if (entryNames.length !== to.fields.length) return undefined
  const readers = to.fields.map((field, i) => inner(entryTypes[i]!, field.type))
  if (readers.includes(undefined)) return undefined
  return ({ entries }: DuckDBStructValue) =>
    Object.fromEntries(
      to.fields.map(({ name }, i) => [name, readers[i]!(Reflect.get(entries, entryNames[i]!) as never)]),
    )
}
