import { TunnelOptionError, TunnelProtocolError } from '../errors.js'
import { notAColumn } from './column-names.js'
import { type DataType, formatDataType } from './data-type.js'
import { parseDataType } from './parse-data-type.js'

/*
 * A table's columns as the tunnel's JSON describes them. What comes from the service is checked like any input: a name
 * that comes twice, or a type that is not text, would later put values into the wrong column without an error.
 */

/** One column of a table. */
export interface Column {
  readonly name: string
  readonly type: DataType
  /** False for NOT NULL. */
  readonly nullable: boolean
  readonly comment?: string
  /** As the DDL has it, an expression of SQL. */
  readonly defaultValue?: string
}

/** `columns` are in the rows, in this order; `partitionColumns` name the partition and are in no row. */
export interface TableSchema {
  readonly columns: readonly Column[]
  readonly partitionColumns: readonly Column[]
}

/** MaxCompute allows 1200; beyond this a schema is a mistake, or meant to keep the process busy. */
export const maxColumns = 10_000

/** For the option `schema`: what was expected, if the value has not the form of a schema. */
export const tableSchema = (value: unknown): string | undefined => {
  const { columns, partitionColumns } = Object(value) as { columns?: unknown; partitionColumns?: unknown }
  const fits = isColumns(columns) && isColumns(partitionColumns)
  return fits
    ? undefined
    : "a schema of defineSchema(…) or of a table, such as defineSchema({ id: 'bigint' })"
}

const isColumns = (value: unknown): boolean =>
  Array.isArray(value) && value.length <= maxColumns && value.every(isColumn)

const isColumn = (value: unknown): boolean => {
  const { name, type, nullable } = Object(value) as Record<string, unknown>
  return typeof name === 'string' && name !== '' && typeof nullable === 'boolean' && isDataType(type)
}

const isDataType = (type: unknown): boolean => {
  try {
    return typeof Object(type).kind === 'string' && typeof formatDataType(type as DataType) === 'string'
  } catch {
    return false
  }
}

/** Whether two columns may have one name, as those of a query's result may. */
export type ColumnNames = 'distinct' | 'any'

/**
 * Reads the `Schema` object of a tunnel session, or the schema text of a table on the service.
 *
 * The tunnel says `nullable`, the service `isNullable`; absent means nullable (protocol.md 3.7, 10.5).
 * @throws TunnelProtocolError ODPS_UNEXPECTED_ANSWER when it is not of that form.
 */
export const parseTableSchema = (json: unknown, names: ColumnNames = 'distinct'): TableSchema => {
  const object = asObject(json, 'schema')
  return {
    columns: parseColumns(object['columns'], 'columns', names),
    partitionColumns: parseColumns(object['partitionKeys'] ?? [], 'partitionKeys', names),
  }
}

const parseColumns = (json: unknown, key: string, names: ColumnNames): Column[] => {
  if (!Array.isArray(json)) throw unexpected(`'${key}' is not a list`)
  if (json.length > maxColumns)
    throw unexpected(`it has ${json.length} ${key}, more than the limit of ${maxColumns}`)
  const columns = json.map(parseColumn)
  if (names === 'any') return columns
  const seen = new Set<string>()
  for (const { name } of columns) {
    if (seen.has(name.toLowerCase())) throw unexpected(`column '${name}' appears twice`)
    seen.add(name.toLowerCase())
  }
  return columns
}

const parseColumn = (json: unknown): Column => {
  const { name, type, nullable, isNullable, comment, default_value, defaultValue } = asObject(json, 'column')
  if (typeof name !== 'string' || name === '') throw unexpected('a column has no name')
  if (typeof type !== 'string') throw unexpected(`column '${name}' has no type`)
  const defaults = default_value ?? defaultValue
  return {
    name,
    type: parseColumnType(name, type),
    nullable: String(nullable ?? isNullable ?? true) !== 'false',
    ...(typeof comment === 'string' && comment !== '' && { comment }),
    ...(typeof defaults === 'string' && defaults !== '' && { defaultValue: defaults }),
  }
}

const parseColumnType = (name: string, text: string): DataType => {
  try {
    return parseDataType(text)
  } catch (cause) {
    if (!(cause instanceof TunnelOptionError)) throw cause
    throw unexpected(`the type of column '${name}' cannot be read. ${cause.message}`, cause)
  }
}

const asObject = (json: unknown, what: string): Record<string, unknown> => {
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw unexpected(`a ${what} is not an object`)
  return json as Record<string, unknown>
}

const unexpected = (what: string, cause?: unknown): TunnelProtocolError =>
  new TunnelProtocolError('ODPS_UNEXPECTED_ANSWER', `Table schema from the service: ${what}`, { cause })

/** Prints the `Schema` object of a tunnel session, the inverse of {@link parseTableSchema}. */
export const tableSchemaJson = (schema: TableSchema): Record<string, unknown> => ({
  IsVirtualView: false,
  columns: schema.columns.map((column, i) => columnJson(column, i)),
  partitionKeys: schema.partitionColumns.map((column, i) => columnJson(column, schema.columns.length + i)),
})

/** `column_id` is text and `nullable` a boolean: the Go client fails on other JSON types. */
const columnJson = (column: Column, index: number): Record<string, unknown> => ({
  column_id: String(index),
  comment: column.comment ?? '',
  default_value: column.defaultValue ?? '',
  name: column.name,
  nullable: column.nullable,
  type: formatDataType(column.type),
})

/**
 * Picks columns by name, in the order asked, names compared without case.
 * @throws TunnelOptionError ODPS_INVALID_COLUMNS for an unknown, repeated or partition column, or an empty list.
 */
export const selectColumns = (schema: TableSchema, names: readonly string[]): Column[] => {
  if (names.length === 0) throw wrongColumns('the list is empty; leave it out to read all columns')
  const byName = new Map(schema.columns.map(column => [column.name.toLowerCase(), column]))
  const isShared = (key: string): boolean =>
    byName.size < schema.columns.length &&
    schema.columns.filter(column => column.name.toLowerCase() === key).length > 1
  const seen = new Set<string>()
  return names.map(name => {
    const key = name.toLowerCase()
    if (seen.has(key)) throw wrongColumns(`'${name}' is listed twice`)
    seen.add(key)
    if (isShared(key)) throw wrongColumns(`'${name}' is the name of several columns; leave columns out`)
    return byName.get(key) ?? missingColumn(schema, name)
  })
}

const missingColumn = (schema: TableSchema, name: string): never => {
  if (schema.partitionColumns.some(c => c.name.toLowerCase() === name.toLowerCase()))
    throw wrongColumns(`'${name}' is a partition column; use partitionColumns: true to get it in every row`)
  throw wrongColumns(notAColumn(name, schema.columns))
}

const wrongColumns = (what: string): TunnelOptionError =>
  new TunnelOptionError('ODPS_INVALID_COLUMNS', `columns: ${what}`)
