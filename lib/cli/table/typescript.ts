import { type DataType, formatDataType, type TableSchema } from '../../index.js'
import { visibleInLine } from '../visible.js'

/*
 * The type of a table's rows for a program, so that its compiler finds a column that was renamed. Every column that may
 * be NULL says so. Names come from the service: they must neither end the comment nor the key they stand in.
 */

/** The type of the rows that a download with `rowShape: 'object'` gives by default. */
export const formatRowType = (table: string, { columns, partitionColumns }: TableSchema): string => {
  const imports = new Set<string>()
  const lines = columns.map(
    ({ name, type, nullable }) =>
      `  /** ${inComment(formatDataType(type).toUpperCase())} */\n  ${formatKey(name)}: ${typeOf(type, imports)}${nullable ? ' | null' : ''}`,
  )
  const levels = partitionColumns.map(column => column.name).join(', ')
  return [
    ...(imports.size === 0 ? [] : [formatImport(imports), '']),
    `/** ${inComment(`A row of ${table}${levels === '' ? '' : ` (partitioned by ${levels})`}`)}. */`,
    `export interface ${typeNameOf(table)} {`,
    ...lines,
    '}',
    '',
  ].join('\n')
}

const formatImport = (names: ReadonlySet<string>): string =>
  ['import type {', [...names].sort().join(', '), '} from', "'odps-tunnel'"].join(' ')

/** Names and types are the service's: they must not end the comment. */
const inComment = (text: string): string => visibleInLine(text).replaceAll('*/', '* /')

const typeNameOf = (table: string): string => {
  const words = table
    .split('.')
    .at(-1)!
    .split(/[^\p{L}\p{N}]+/u)
  const name = words.map(word => word.charAt(0).toUpperCase() + word.slice(1)).join('')
  return `${/^\p{L}/u.test(name) ? name : `Table${name}`}Row`
}

const formatKey = (name: string): string =>
  /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(name) ? name : JSON.stringify(name)

const typeOf = (type: DataType, imports: Set<string>): string => {
  const imported = (name: string): string => {
    imports.add(name)
    return name
  }
  const nullable = (inner: DataType): string => `${typeOf(inner, imports)} | null`
  switch (type.kind) {
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'float':
    case 'double':
      return 'number'
    case 'bigint':
      return 'bigint'
    case 'boolean':
      return 'boolean'
    case 'binary':
      return 'Buffer'
    case 'datetime':
      return 'Date'
    case 'timestamp':
    case 'timestamp_ntz':
      return imported('Timestamp')
    case 'interval_day_time':
      return imported('IntervalDayTime')
    case 'interval_year_month':
      return imported('IntervalYearMonth')
    case 'array':
      return `(${nullable(type.element)})[]`
    case 'vector':
      return 'number[]'
    case 'map':
      return `Map<${typeOf(type.key, imports)}, ${nullable(type.value)}>`
    case 'struct':
      return `{ ${type.fields.map(field => `${formatKey(field.name)}: ${nullable(field.type)}`).join('; ')} }`
    case 'json':
    case 'unsupported':
      return 'unknown'
    default:
      return 'string'
  }
}
