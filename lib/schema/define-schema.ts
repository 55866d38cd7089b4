import { checkOptions, type OptionSpec, oneOf } from '../check-options.js'
import { TunnelOptionError } from '../errors.js'
import { type DataType, formatDataType } from './data-type.js'
import { parseDataType } from './parse-data-type.js'
import type { ColumnTexts, TypedSchema } from './row-types.js'
import { type Column, maxColumns, type TableSchema, tableSchema } from './table-schema.js'

export type { ColumnTexts, RowInputOf, RowObjectOf, RowOf, SelectedSchema, TypedSchema } from './row-types.js'

/** Options of {@link defineSchema}. */
export interface DefineSchemaOptions {
  /** The partition columns, outermost first. They are in no row. */
  readonly partitionColumns?: ColumnTexts | undefined
}

/**
 * Writes down the schema of a table in the program, so that the compiler knows the types of its rows and drift is
 * noticed when a stream opens.
 *
 * ```ts
 * const flights = defineSchema({ origin: 'string not null', delay: 'int', tags: 'array<string>' })
 * const pairs = defineSchema([['origin', 'string not null'], ['delay', 'int']])   // rows are exact tuples
 * ```
 *
 * Columns are given in the table's order, each with its type as in DDL, and `not null` if NULL is not allowed.
 * @throws TunnelOptionError ODPS_INVALID_COLUMNS for no column, a repeated name, or an object with a key that looks
 * like a whole number (objects put those first: use a list); ODPS_INVALID_DATA_TYPE for a type that is not known.
 */
export const defineSchema = <const Texts extends ColumnTexts>(
  columns: Texts,
  options: DefineSchemaOptions = {},
): TypedSchema<Texts> => {
  checkOptions('defineSchema', options, defineSchemaSpec)
  const schema = {
    columns: parseColumns(columns, 'columns'),
    partitionColumns: parseColumns(options.partitionColumns ?? [], 'partitionColumns'),
  }
  if (schema.columns.length === 0) throw wrongColumns('columns: there are none')
  checkNames([...schema.columns, ...schema.partitionColumns])
  return schema
}

const defineSchemaSpec: OptionSpec = { partitionColumns: 'any' }

/**
 * The schema itself, or that of the texts which `defineSchema` takes.
 * @throws TunnelOptionError as `defineSchema`
 */
export const asTableSchema = (schema: TableSchema | ColumnTexts): TableSchema => {
  const { columns } = schema as Partial<TableSchema>
  if (Array.isArray(schema) || typeof columns === 'string' || columns === undefined)
    return defineSchema(schema as ColumnTexts)
  const expected = tableSchema(schema)
  if (expected === undefined) return schema as TableSchema
  throw new TunnelOptionError('ODPS_INVALID_OPTION', `schema must be ${expected}`)
}

/** At the end of text without blanks there: blanks on both sides of an expression take quadratic time. */
const notNull = /(?<=\s)not\s+null$/i

const parseColumns = (texts: ColumnTexts, where: string): Column[] =>
  entriesOf(texts, where).map(([name, text]) => {
    if (typeof name !== 'string' || name.trim() === '') throw wrongColumns(`${where}: a column has no name`)
    if (typeof text !== 'string') throw wrongColumns(`${where}: the type of column '${name}' is not text`)
    const trimmed = text.trimEnd()
    const nullable = !notNull.test(trimmed)
    return { name, type: parseType(name, nullable ? trimmed : trimmed.replace(notNull, '')), nullable }
  })

const entriesOf = (texts: ColumnTexts, where: string): readonly (readonly [unknown, unknown])[] => {
  if (typeof texts !== 'object' || texts === null)
    throw wrongColumns(`${where}: expected type texts by column name, or a list of names and types`)
  const count = isList(texts) ? texts.length : Object.keys(texts).length
  if (count > maxColumns) throw wrongColumns(`${where}: ${count} are more than the limit of ${maxColumns}`)
  if (isList(texts)) {
    const bad = texts.findIndex(pair => !Array.isArray(pair) || pair.length !== 2)
    if (bad >= 0) throw wrongColumns(`${where}: entry ${bad} is not a pair of name and type`)
    return texts
  }
  const integer = Object.keys(texts).find(key => /^(0|[1-9]\d*)$/.test(key))
  if (integer !== undefined)
    throw wrongColumns(
      `${where}: objects put the key '${integer}' first; write [['name', 'type'], …] instead`,
    )
  return Object.entries(texts)
}

const isList = (texts: ColumnTexts): texts is readonly (readonly [string, string])[] => Array.isArray(texts)

const parseType = (name: string, text: string): DataType => {
  try {
    const type = parseDataType(text)
    const unknown = unsupportedIn(type)
    if (unknown === undefined) return type
    throw new TunnelOptionError('ODPS_INVALID_DATA_TYPE', `the data type '${unknown}' is not known`)
  } catch (cause) {
    if (!(cause instanceof TunnelOptionError)) throw cause
    throw new TunnelOptionError('ODPS_INVALID_DATA_TYPE', `Column '${name}': ${cause.message}`)
  }
}

const unsupportedIn = (type: DataType): string | undefined => {
  switch (type.kind) {
    case 'unsupported':
      return type.text
    case 'array':
      return unsupportedIn(type.element)
    case 'map':
      return unsupportedIn(type.key) ?? unsupportedIn(type.value)
    case 'struct':
      return type.fields.map(field => unsupportedIn(field.type)).find(text => text !== undefined)
    default:
      return undefined
  }
}

const checkNames = (columns: readonly Column[]): void => {
  const seen = new Set<string>()
  for (const { name } of columns) {
    if (seen.has(name.toLowerCase())) throw wrongColumns(`'${name}' appears twice`)
    seen.add(name.toLowerCase())
  }
}

const wrongColumns = (what: string): TunnelOptionError =>
  new TunnelOptionError('ODPS_INVALID_COLUMNS', `defineSchema: ${what}`)

const checkSchemaSpec: OptionSpec = { use: oneOf('read', 'write') }

/**
 * Compares a schema in the program with the service's. Names, their case included, types and order must agree.
 * Partition columns are compared if `expected` has any. NULLs count where they do harm: on `'read'` a column that may
 * be NULL against `not null` in the program, on `'write'` the other way round, by default both.
 * @throws TunnelOptionError ODPS_SCHEMA_MISMATCH lists the columns that differ.
 */
export const checkSchema = (expected: TableSchema, actual: TableSchema, use?: 'read' | 'write'): void => {
  checkOptions('checkSchema', { use }, checkSchemaSpec)
  const differences = compareColumns(expected.columns, actual.columns, use ?? 'both')
  if (expected.partitionColumns.length > 0)
    differences.push(
      ...compareColumns(expected.partitionColumns, actual.partitionColumns, 'neither').map(
        difference => `partition ${difference}`,
      ),
    )
  if (differences.length === 0) return
  const shown = differences.slice(0, 10).join('; ')
  const more = differences.length > 10 ? `; and ${differences.length - 10} more` : ''
  throw new TunnelOptionError(
    'ODPS_SCHEMA_MISMATCH',
    `The table differs from the schema in the program: ${shown}${more}. Change the program, or the table`,
  )
}

/** In which direction a difference in NULLs counts. */
type Nulls = 'read' | 'write' | 'both' | 'neither'

const compareColumns = (expected: readonly Column[], actual: readonly Column[], nulls: Nulls): string[] => {
  // Columns of a query's result may share a name.
  const found = new Map<string, Column[]>()
  for (const column of actual) {
    const key = column.name.toLowerCase()
    found.set(key, found.get(key) ?? [])
    found.get(key)!.push(column)
  }
  const differences: string[] = []
  for (const column of expected) {
    const other = found.get(column.name.toLowerCase())?.shift()
    if (other === undefined) differences.push(`column '${column.name}' is missing`)
    else differences.push(...compareColumn(column, other, nulls))
  }
  for (const { name } of [...found.values()].flat())
    differences.push(`column '${name}' is not in the program`)
  return differences.length > 0 ? differences : compareOrder(expected, actual)
}

const compareColumn = (expected: Column, actual: Column, nulls: Nulls): string[] => {
  const [type, actualType] = [formatDataType(expected.type), formatDataType(actual.type)]
  const differences: string[] = []
  const name = `column '${expected.name}'`
  if (expected.name !== actual.name) differences.push(`${name} is spelled '${actual.name}'`)
  if (type !== actualType) differences.push(`${name} is ${actualType}, not ${type}`)
  if ((nulls === 'read' || nulls === 'both') && actual.nullable && !expected.nullable)
    differences.push(`${name} may be NULL`)
  if ((nulls === 'write' || nulls === 'both') && expected.nullable && !actual.nullable)
    differences.push(`${name} is not null`)
  return differences
}

const compareOrder = (expected: readonly Column[], actual: readonly Column[]): string[] => {
  const at = expected.findIndex((column, i) => column.name !== actual[i]?.name)
  if (at < 0) return []
  return [`the order differs: column ${at} is '${actual[at]?.name}', not '${expected[at]?.name}'`]
}
