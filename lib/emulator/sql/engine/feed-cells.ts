import type { DuckDBValue } from '@duckdb/node-api'
import type { DataType, DecimalType, MapType, StructType } from '../../../schema/data-type.js'
import { CellProblem, outOfRange } from '../../../values/cell-problem.js'
import type { IntervalDayTime } from '../../../values/interval-day-time.js'
import type { IntervalYearMonth } from '../../../values/interval-year-month.js'
import { unscaledOf } from '../../../values/unscaled.js'
import type { DuckDb } from './duck-db.js'
import { toWall } from './wall-time.js'

/*
 * Stored cells as DuckDB's values. What DuckDB can't hold as it is, is refused: it would take the nearest value, or another
 * one. Text that isn't UTF-8 comes as a Buffer from the decoder, and the pairs of a MAP as they lie in the record.
 */

export interface CellContext {
  readonly duck: DuckDb
  /** The zone of DATETIME and TIMESTAMP. */
  readonly timeZone: string
}

/** Makes a value of a cell that isn't NULL. @throws CellProblem, TunnelValueError */
export type CellFeeder = (cell: unknown) => DuckDBValue

/** @throws CellProblem, in the function it gives, for what DuckDB can't hold */
export const cellFeederOf = (type: DataType, context: CellContext): CellFeeder => {
  const { duck, timeZone } = context
  switch (type.kind) {
    case 'string':
    case 'varchar':
    case 'json':
      return text
    case 'char':
      // The service compares them without the blanks at the end.
      return cell => text(cell).replace(/ +$/, '')
    case 'binary':
      return cell => new duck.DuckDBBlobValue(cell as Uint8Array)
    case 'date':
      return cell => new duck.DuckDBDateValue(daysOf(cell as bigint))
    case 'datetime':
      return cell => {
        const wall = wallOf((cell as bigint) * nanosPerMilli, timeZone)
        return new duck.DuckDBTimestampValue(fit(wall / 1000n))
      }
    case 'timestamp':
      return cell => new duck.DuckDBTimestampNanosecondsValue(fit(wallOf(nanosOf(cell), timeZone)))
    case 'timestamp_ntz':
      return cell => new duck.DuckDBTimestampNanosecondsValue(fit(nanosOf(cell)))
    case 'decimal':
      return decimalFeeder(type, context)
    case 'interval_year_month':
      return cell => new duck.DuckDBIntervalValue(int32((cell as IntervalYearMonth).months), 0, 0n)
    case 'interval_day_time':
      return cell => dayTime(cell as IntervalDayTime, context)
    case 'array': {
      const element = nullable(cellFeederOf(type.element, context))
      return cell => new duck.DuckDBListValue((cell as unknown[]).map(element))
    }
    case 'vector':
      return cell => new duck.DuckDBArrayValue(cell as number[])
    case 'map':
      return mapFeeder(type, context)
    case 'struct':
      return structFeeder(type, context)
    default:
      return cell => cell as DuckDBValue
  }
}

const nullable =
  (feed: CellFeeder): CellFeeder =>
  cell =>
    cell === null ? null : feed(cell)

const text = (cell: unknown): string => {
  if (typeof cell === 'string') return cell
  throw new CellProblem('ODPS_INVALID_VALUE', "text that isn't UTF-8")
}

const daysOf = (days: bigint): number => {
  // The largest of 32 bits mean infinity.
  if (days >= 2147483647n || days <= -2147483647n) throw outOfRange('a DATE beyond 32 bits')
  return Number(days)
}

const int32 = (value: number): number => {
  if (value !== (value | 0)) throw outOfRange('an INTERVAL beyond 32 bits')
  return value
}

const nanosPerMilli = 1_000_000n
const nanosPerSecond = 1_000_000_000n

const nanosOf = (cell: unknown): bigint => {
  const { seconds, nanos } = cell as { seconds: bigint; nanos: number }
  return seconds * nanosPerSecond + BigInt(nanos)
}

const wallOf = (nanos: bigint, timeZone: string): bigint => {
  const wall = toWall(nanos, timeZone)
  if (wall === undefined)
    throw outOfRange(`a time that the clocks of ${timeZone} show twice, or not to the second`)
  return wall
}

/** The smallest and the largest of 64 bits, and the one beside it, mean infinity. */
const fit = (count: bigint): bigint => {
  if (BigInt.asIntN(64, count) !== count || count >= 2n ** 63n - 1n || count <= -(2n ** 63n) + 1n)
    throw outOfRange('a time beyond what DuckDB counts (a TIMESTAMP only in the years 1677 to 2262)')
  return count
}

const decimalFeeder = ({ precision, scale = 0 }: DecimalType, { duck }: CellContext): CellFeeder => {
  const [width, places] = precision === undefined ? [38, 18] : [precision, scale]
  return cell => new duck.DuckDBDecimalValue(unscaledOf(cell as string, places, width), width, places)
}

const dayTime = ({ seconds, nanos }: IntervalDayTime, { duck }: CellContext): DuckDBValue => {
  if (nanos % 1000 !== 0) throw outOfRange('an INTERVAL with parts of a microsecond')
  const micros = seconds * 1_000_000n + BigInt(nanos / 1000)
  if (BigInt.asIntN(64, micros) !== micros) throw outOfRange('an INTERVAL beyond 64 bits of microseconds')
  return new duck.DuckDBIntervalValue(0, 0, micros)
}

const mapFeeder = ({ key, value }: MapType, context: CellContext): CellFeeder => {
  const [feedKey, feedValue] = [cellFeederOf(key, context), nullable(cellFeederOf(value, context))]
  return cell => {
    const pairs = cell as readonly (readonly [unknown, unknown])[]
    const entries = pairs.map(([k, v]) => {
      if (k === null) throw new CellProblem('ODPS_NULL_NOT_ALLOWED', 'a MAP with NULL as a key')
      return { key: feedKey(k), value: feedValue(v) }
    })
    const keys = new Set(entries.map(entry => String(entry.key)))
    if (keys.size < entries.length) throw new CellProblem('ODPS_INVALID_VALUE', 'a MAP with equal keys')
    return new context.duck.DuckDBMapValue(entries)
  }
}

const structFeeder = ({ fields }: StructType, context: CellContext): CellFeeder => {
  const feeders = fields.map(field => nullable(cellFeederOf(field.type, context)))
  return cell => {
    const entries = fields.map(
      ({ name }, i) => [name, feeders[i]!(Reflect.get(cell as object, name))] as const,
    )
    return new context.duck.DuckDBStructValue(Object.fromEntries(entries))
  }
}
