import {
  anyOf,
  checkOptions,
  listOf,
  type OptionCheck,
  objectOf,
  someNames,
  textMap,
} from '../check-options.js'
import { TunnelOptionError } from '../errors.js'
import type { DataType } from '../schema/data-type.js'
import { parseDataType } from '../schema/parse-data-type.js'
import type { Column, TableSchema } from '../schema/table-schema.js'
import { transactional } from './primary-key.js'
import type { TableState } from './store/table-store.js'

/** One column of {@link TableDefinition}. `type` as in DDL, in any case: `'bigint'`, `'decimal(10,2)'`. */
export interface ColumnDefinition {
  readonly name: string
  readonly type: string
  /** Default true. */
  readonly nullable?: boolean | undefined
  readonly comment?: string | undefined
}

/** Columns as `{ id: 'bigint', name: 'string' }`, or as a list. */
export type ColumnDefinitions = Readonly<Record<string, string>> | readonly ColumnDefinition[]

/** A table to be created in the emulator. */
export interface TableDefinition {
  /** `t`, `schema.t` or `project.schema.t`. */
  readonly name: string
  /** Default: the emulator's own project. */
  readonly project?: string | undefined
  /** Default `'default'`. */
  readonly schemaName?: string | undefined
  readonly columns: ColumnDefinitions
  /** Outermost first; type `string` in most tables. */
  readonly partitionColumns?: ColumnDefinitions | undefined
  /** Does nothing when the table is there. Default false: that is an error. */
  readonly ifNotExists?: boolean | undefined
  readonly comment?: string | undefined
  /** Names of columns: then the table takes upserts, and each key has one row. They become NOT NULL. */
  readonly primaryKey?: readonly string[] | undefined
  /** Those of `TBLPROPERTIES`; with `primaryKey`, `transactional` is `'true'` without being named. */
  readonly properties?: Readonly<Record<string, string>> | undefined
}

const column = objectOf({ name: 'string', type: 'string', nullable: 'boolean', comment: 'string' }, value =>
  ['name', 'type'].some(key => Reflect.get(value, key) === undefined)
    ? 'an object with name and type'
    : undefined,
)

const typesByName: OptionCheck = value => {
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isMap && Object.values(value).every(type => typeof type === 'string')
    ? undefined
    : 'an object of names and types'
}

export const columnList = anyOf(typesByName, listOf(column))

/** @throws TunnelOptionError */
export const checkDefinition = (definition: TableDefinition): void =>
  checkOptions('createTable', definition, {
    name: 'string',
    project: 'string',
    schemaName: 'string',
    columns: columnList,
    partitionColumns: columnList,
    ifNotExists: 'boolean',
    comment: 'string',
    primaryKey: someNames,
    properties: textMap,
  })

/**
 * Makes the schema of a definition. Column names become lower case, as the service keeps them.
 * @throws TunnelOptionError ODPS_INVALID_DATA_TYPE, ODPS_INVALID_COLUMNS
 */
export const schemaOfDefinition = (definition: TableDefinition): TableSchema => {
  const { columns, partitionColumns = {} } = definition
  const { primaryKey } = keyOfDefinition(definition)
  return checkTableSchema({
    columns: columnsOfDefinition(columns).map(column =>
      primaryKey.includes(column.name) ? { ...column, nullable: false } : column,
    ),
    partitionColumns: columnsOfDefinition(partitionColumns),
  })
}

/** The key in lower case, and the properties that a table with it has. */
export const keyOfDefinition = ({
  primaryKey = [],
  properties = {},
}: TableDefinition): Pick<TableState, 'primaryKey' | 'properties'> => ({
  primaryKey: primaryKey.map(name => name.toLowerCase()),
  properties: primaryKey.length > 0 ? { [transactional]: 'true', ...properties } : properties,
})

/** @throws TunnelOptionError ODPS_INVALID_DATA_TYPE */
export const columnsOfDefinition = (definitions: ColumnDefinitions): Column[] => {
  const list: readonly ColumnDefinition[] = Array.isArray(definitions)
    ? definitions
    : Object.entries(definitions).map(([name, type]) => ({ name, type }))
  return list.map(({ name, type, nullable = true, comment }) => ({
    name: name.toLowerCase(),
    type: parseDataType(type),
    nullable,
    ...(comment !== undefined && { comment }),
  }))
}

const maxColumns = 5000

/**
 * Gives the schema as it is kept.
 * @throws TunnelOptionError ODPS_INVALID_COLUMNS for no, too many or repeated columns.
 */
export const checkTableSchema = (schema: TableSchema): TableSchema => {
  const names = [...schema.columns, ...schema.partitionColumns].map(column => column.name)
  if (schema.columns.length === 0) throw wrong('a table needs at least one column')
  if (names.length > maxColumns)
    throw wrong(`a table has at most ${maxColumns} columns, this one has ${names.length}`)
  const seen = new Set<string>()
  for (const name of names) {
    if (name === '') throw wrong('a column has an empty name')
    if (seen.has(name)) throw wrong(`column '${name}' appears twice`)
    seen.add(name)
  }
  const unknown = schema.columns.find(column => column.type.kind === 'unsupported')
  if (unknown !== undefined) throw wrong(`the type of column '${unknown.name}' is not known`)
  return { ...schema, columns: schema.columns.map(column => ({ ...column, type: lowerFields(column.type) })) }
}

/** Fields of a STRUCT are kept in lower case, as columns are: PyODPS writes them in upper case and looks for lower. */
const lowerFields = (type: DataType): DataType => {
  switch (type.kind) {
    case 'array':
      return { ...type, element: lowerFields(type.element) }
    case 'map':
      return { ...type, key: lowerFields(type.key), value: lowerFields(type.value) }
    case 'struct':
      return {
        ...type,
        fields: type.fields.map(({ name, type }) => ({ name: name.toLowerCase(), type: lowerFields(type) })),
      }
    default:
      return type
  }
}

const wrong = (what: string): TunnelOptionError =>
  new TunnelOptionError('ODPS_INVALID_COLUMNS', `columns: ${what}`)
