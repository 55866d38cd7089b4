import type { DataType } from '../../schema/data-type.js'
import type { ArrowField, ArrowType } from '../ipc/schema.js'

/*
 * Which Arrow types a column takes. Values are not cast: what lies in a buffer is what the table gets, so widths, units and
 * scales must agree. Only the layout may be another one (dictionaries, large offsets, views), and then the values are written
 * in that of the tunnel.
 */

/** `'same'`: its buffers are those of the tunnel. `'converted'`: its values are. Undefined: the column doesn't take it. */
export type TypeMatch = 'same' | 'converted' | undefined

export const matchType = (type: DataType, field: ArrowField): TypeMatch => {
  const match = valueMatch(type, field)
  return match === 'same' && field.dictionary !== undefined ? 'converted' : match
}

const valueMatch = (type: DataType, field: ArrowField): TypeMatch => {
  const { type: arrow, children } = field
  switch (type.kind) {
    case 'array':
    case 'vector':
      if (arrow.name !== 'list' && arrow.name !== 'list_view') return undefined
      return both(arrow.name === 'list' && arrow.offsets === 32, matchType(type.element, children[0]!))
    case 'map': {
      if (arrow.name !== 'map') return undefined
      const [key, value] = children[0]!.children
      return all([matchType(type.key, key!), matchType(type.value, value!)])
    }
    case 'struct':
      return arrow.name === 'struct' ? matchMembers(type.fields, children) : undefined
    case 'interval_day_time':
      if (arrow.name === 'interval') return arrow.unit === 'day_time' ? 'converted' : undefined
      return isSecondsAndNanos(field) ? 'same' : undefined
    case 'timestamp':
    case 'timestamp_ntz':
      return isSecondsAndNanos(field) ? 'converted' : leafMatch(type, arrow)
    default:
      return leafMatch(type, arrow)
  }
}

const both = (isSame: boolean, match: TypeMatch): TypeMatch => (isSame ? match : match && 'converted')

const all = (matches: readonly TypeMatch[]): TypeMatch => {
  if (matches.includes(undefined)) return undefined
  return matches.includes('converted') ? 'converted' : 'same'
}

/** The tunnel knows members by their place. */
const matchMembers = (
  members: readonly { readonly name: string; readonly type: DataType }[],
  children: readonly ArrowField[],
): TypeMatch => {
  if (members.length !== children.length) return undefined
  const isNamed = members.every(({ name }, i) => name.toLowerCase() === children[i]!.name.toLowerCase())
  return isNamed ? all(members.map(({ type }, i) => matchType(type, children[i]!))) : undefined
}

const isSecondsAndNanos = ({ type, children }: ArrowField): boolean =>
  type.name === 'struct' &&
  children.length === 2 &&
  children.every((child, i) => child.dictionary === undefined && isInteger(child.type, i === 0 ? 64 : 32))

const isInteger = (type: ArrowType, bits: number): boolean =>
  type.name === 'int' && type.signed && type.bits === bits

/**
 * Whatever the zone, the number is that of UTC; the official clients, whose schemas have no zone, mean UTC too. A wall clock has none:
 * an instant as TIMESTAMP_NTZ would be a wall clock that nobody has seen.
 */
const isTimestamp = (type: ArrowType, unit: 'ms' | 'ns'): boolean =>
  type.name === 'timestamp' && type.unit === unit

const same = (isSame: boolean): TypeMatch => (isSame ? 'same' : undefined)

const leafMatch = (type: DataType, arrow: ArrowType): TypeMatch => {
  switch (type.kind) {
    case 'boolean':
      return same(arrow.name === 'bool')
    case 'tinyint':
      return same(isInteger(arrow, 8))
    case 'smallint':
      return same(isInteger(arrow, 16))
    case 'int':
      return same(isInteger(arrow, 32))
    case 'bigint':
      return same(isInteger(arrow, 64))
    case 'float':
      return same(arrow.name === 'float' && arrow.bits === 32)
    case 'double':
      return same(arrow.name === 'float' && arrow.bits === 64)
    case 'string':
    case 'varchar':
    case 'char':
    case 'json':
      return arrow.name === 'utf8' ? both(arrow.offsets === 32, 'same') : undefined
    case 'binary':
      return arrow.name === 'binary' ? both(arrow.offsets === 32, 'same') : undefined
    case 'date':
      return same(arrow.name === 'date' && arrow.unit === 'day')
    case 'datetime':
      // Milliseconds in 64 bits are the same under both names.
      return same(isTimestamp(arrow, 'ms') || (arrow.name === 'date' && arrow.unit === 'ms'))
    case 'timestamp':
      return same(isTimestamp(arrow, 'ns'))
    case 'timestamp_ntz':
      return same(arrow.name === 'timestamp' && arrow.unit === 'ns' && arrow.timezone === '')
    case 'interval_year_month':
      return same(arrow.name === 'interval' && arrow.unit === 'year_month')
    case 'decimal': {
      if (arrow.name !== 'decimal') return undefined
      const { precision = 54, scale = 18 } = type.precision === undefined ? {} : { scale: 0, ...type }
      if (arrow.scale !== scale || arrow.precision > precision) return undefined
      return both(arrow.bits === (type.precision === undefined ? 256 : 128), 'same')
    }
    default:
      return undefined
  }
}

/** Whether some column could take the type, whatever the table is. */
export const isUsable = ({ type, children }: ArrowField): boolean => {
  switch (type.name) {
    case 'bool':
    case 'utf8':
    case 'binary':
      return true
    case 'int':
      return type.signed
    case 'float':
      return type.bits >= 32
    case 'decimal':
      return type.bits >= 128
    case 'date':
      return true
    case 'timestamp':
      return type.unit === 'ms' || type.unit === 'ns'
    case 'interval':
      return type.unit !== 'month_day_nano'
    case 'list':
    case 'list_view':
    case 'struct':
    case 'map':
      return children.every(isUsable)
    default:
      return false
  }
}

/** `Timestamp(us, UTC)`, `List<Int32>`: as messages name a type. */
export const nameOfType = ({ type, children, dictionary }: ArrowField): string => {
  const name = nameOfValues(type, children)
  return dictionary === undefined ? name : `Dictionary<${name}>`
}

const nameOfValues = (type: ArrowType, children: readonly ArrowField[]): string => {
  const inner = children.map(child => nameOfType(child)).join(', ')
  switch (type.name) {
    case 'int':
      return `${type.signed ? 'Int' : 'UInt'}${type.bits}`
    case 'float':
      return `Float${type.bits}`
    case 'decimal':
      return `Decimal${type.bits}(${type.precision},${type.scale})`
    case 'date':
      return type.unit === 'day' ? 'Date32' : 'Date64'
    case 'timestamp':
      return `Timestamp(${type.unit}${type.timezone === '' ? '' : `, ${type.timezone}`})`
    case 'time':
    case 'duration':
    case 'interval':
      return `${capitalised(type.name)}(${type.unit})`
    case 'utf8':
    case 'binary': {
      const plain = type.name === 'utf8' ? 'Utf8' : 'Binary'
      return type.offsets === 32 ? plain : type.offsets === 64 ? `Large${plain}` : `${plain}View`
    }
    default:
      return capitalised(type.name) + (inner === '' ? '' : `<${inner}>`)
  }
}

const capitalised = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1)
