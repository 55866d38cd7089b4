import type { DuckDBType } from '@duckdb/node-api'
import type { DataType } from '../../../schema/data-type.js'
import { parseDataType } from '../../../schema/parse-data-type.js'
import type { DuckDb } from './duck-db.js'

/*
 * Types there and back. A DATETIME is DuckDB's TIMESTAMP and a TIMESTAMP its TIMESTAMP_NS, both the wall clock of the session's
 * zone, since that is what functions of dates and casts to text work on. DuckDB has no types for VARCHAR(n), CHAR(n),
 * TIMESTAMP_NTZ and intervals of months: they are fed as VARCHAR, TIMESTAMP_NS and INTERVAL. Which column of a result still is one of them is found out with a
 * second set of empty tables, in which each has a type that nothing else has: whatever comes through as this type has passed
 * through the query untouched.
 */

/** `'marked'`: each MaxCompute type that shares its DuckDB type with another has a stand-in. */
export type TypeForm = 'plain' | 'marked'

/** DuckDB's name of a type; undefined for one it has no room for. */
export const duckTypeName = (type: DataType, form: TypeForm = 'plain'): string | undefined => {
  switch (type.kind) {
    case 'int':
      return 'INTEGER'
    case 'string':
      return 'VARCHAR'
    case 'binary':
      return 'BLOB'
    case 'datetime':
      return 'TIMESTAMP'
    case 'timestamp':
      return 'TIMESTAMP_NS'
    case 'timestamp_ntz':
      return form === 'marked' ? 'TIMESTAMP_S' : 'TIMESTAMP_NS'
    case 'interval_day_time':
      return 'INTERVAL'
    case 'interval_year_month':
      return form === 'marked' ? 'TIME' : 'INTERVAL'
    case 'varchar':
    case 'char':
      return form === 'marked' ? `ENUM('${type.kind}(${type.length})')` : 'VARCHAR'
    case 'decimal':
      return `DECIMAL(${type.precision ?? 38},${type.precision === undefined ? 18 : (type.scale ?? 0)})`
    case 'array':
      return nested([type.element], form, ([element]) => `${element}[]`)
    case 'map':
      return nested([type.key, type.value], form, ([key, value]) => `MAP(${key}, ${value})`)
    case 'struct': {
      const { fields } = type
      return nested(
        fields.map(field => field.type),
        form,
        types => `STRUCT(${types.map((text, i) => `${quoteName(fields[i]!.name)} ${text}`).join(', ')})`,
      )
    }
    case 'vector':
      return `${type.element.kind.toUpperCase()}[${type.dimension}]`
    case 'unsupported':
      return undefined
    default:
      return type.kind.toUpperCase()
  }
}

const nested = (
  parts: readonly DataType[],
  form: TypeForm,
  join: (texts: readonly string[]) => string,
): string | undefined => {
  const texts = parts.map(part => duckTypeName(part, form))
  return texts.includes(undefined) ? undefined : join(texts as string[])
}

export const quoteName = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** Whether the type, or one within, has a stand-in. */
export const isMarked = (type: DataType): boolean => duckTypeName(type) !== duckTypeName(type, 'marked')

/** The name of DuckDB's type: `VARCHAR`, `LIST`. */
export const duckKind = (duck: DuckDb, type: DuckDBType): keyof DuckDb['DuckDBTypeId'] =>
  duck.DuckDBTypeId[type.typeId] as keyof DuckDb['DuckDBTypeId']

/**
 * What a column of a result is in MaxCompute; undefined for a type it has nothing like. An INTERVAL is told apart by its values.
 * @param marked the type of the same column when the tables have the marked types
 */
export const dataTypeOf = (duck: DuckDb, type: DuckDBType, marked?: DuckDBType): DataType | undefined => {
  switch (duckKind(duck, type)) {
    case 'BOOLEAN':
    case 'TINYINT':
    case 'SMALLINT':
    case 'BIGINT':
    case 'FLOAT':
    case 'DOUBLE':
    case 'DATE':
      return { kind: duckKind(duck, type).toLowerCase() as 'bigint' }
    case 'UTINYINT':
      return { kind: 'smallint' }
    case 'INTEGER':
    case 'USMALLINT':
    case 'SQLNULL':
      return { kind: 'int' }
    case 'UINTEGER':
    case 'UBIGINT':
    case 'HUGEINT':
    case 'UHUGEINT':
      return { kind: 'bigint' }
    case 'BLOB':
      return { kind: 'binary' }
    case 'TIMESTAMP':
    case 'TIMESTAMP_S':
    case 'TIMESTAMP_MS':
    case 'TIMESTAMP_TZ':
      return { kind: 'datetime' }
    case 'TIMESTAMP_NS':
      return { kind: marked && duckKind(duck, marked) === 'TIMESTAMP_S' ? 'timestamp_ntz' : 'timestamp' }
    case 'INTERVAL': {
      const isMonths = marked && duckKind(duck, marked) === 'TIME'
      return { kind: isMonths ? 'interval_year_month' : 'interval_day_time' }
    }
    case 'VARCHAR':
      return textTypeOf(duck, type, marked)
    default:
      return compositeOf(duck, type, marked)
  }
}

const textTypeOf = (duck: DuckDb, type: DuckDBType, marked?: DuckDBType): DataType => {
  if (type.alias === 'JSON') return { kind: 'json' }
  const values = marked instanceof duck.DuckDBEnumType ? marked.values : []
  return values.length === 1 ? parseDataType(values[0]!) : { kind: 'string' }
}

const compositeOf = (duck: DuckDb, type: DuckDBType, marked?: DuckDBType): DataType | undefined => {
  if (type instanceof duck.DuckDBDecimalType)
    return type.scale > 18
      ? { kind: 'decimal', precision: 38, scale: 18 }
      : { kind: 'decimal', precision: type.width, scale: type.scale }
  if (type instanceof duck.DuckDBListType) {
    const inner = marked instanceof duck.DuckDBListType ? marked.valueType : undefined
    const element = dataTypeOf(duck, type.valueType, inner)
    return element && { kind: 'array', element }
  }
  if (type instanceof duck.DuckDBArrayType) {
    const element = dataTypeOf(duck, type.valueType)
    if (element?.kind === 'float' || element?.kind === 'double')
      return { kind: 'vector', element: { kind: element.kind }, dimension: type.length }
    return element && { kind: 'array', element }
  }
  if (type instanceof duck.DuckDBMapType) {
    const inner = marked instanceof duck.DuckDBMapType ? marked : undefined
    const key = dataTypeOf(duck, type.keyType, inner?.keyType)
    const value = dataTypeOf(duck, type.valueType, inner?.valueType)
    return key && value && { kind: 'map', key, value }
  }
  if (!(type instanceof duck.DuckDBStructType)) return undefined
  const inner = marked instanceof duck.DuckDBStructType ? marked.entryTypes : []
  const types = type.entryTypes.map((entry, i) => dataTypeOf(duck, entry, inner[i]))
  if (types.includes(undefined)) return undefined
  return {
    kind: 'struct',
    fields: type.entryNames.map((name, i) => ({ name: name || `col${i + 1}`, type: types[i]! })),
  }
}
