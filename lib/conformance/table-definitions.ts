import { defineSchema } from '../schema/define-schema.js'
import type { ColumnTexts } from '../schema/row-types.js'
import type { TableSchema } from '../schema/table-schema.js'
import { rowsOfColumns, type TypedTable, textsOf, typedColumns, typedHints } from './typed-columns.js'

/*
 * The scratch tables that checks share. A table costs two statements, so it is made once for all checks that can live with
 * each other's rows: those that only read it, or that replace what is in it. What the service may not know at all, like a
 * data type, has a table of its own, so that its absence hides nothing else.
 */

export interface TableDefinition {
  readonly schema: TableSchema
  /** Put into it before the first check: made here, so no report can hold data of a user. */
  readonly rows?: readonly (readonly unknown[])[]
  /** Flags of the service that its statement needs. */
  readonly hints?: Readonly<Record<string, string>>
  /** The column that is its primary key; its rows lie in one bucket. */
  readonly primaryKey?: string
}

const define = (
  columns: ColumnTexts,
  partitionColumns: ColumnTexts = {},
  rows?: readonly (readonly unknown[])[],
): TableDefinition => ({
  schema: defineSchema(columns, { partitionColumns }),
  ...(rows !== undefined && { rows }),
})

const plain = { id: 'bigint', text: 'string', number: 'double' }

/** How many rows the table `rows` has. */
export const filledRows = 10

const filling = Array.from({ length: filledRows }, (_, i) => [BigInt(i), `row ${i}`, i / 4])

const typed = Object.fromEntries(
  Object.entries(typedColumns).map(([key, columns]) => {
    const hints = typedHints[key as TypedTable]
    return [key, { ...define(textsOf(columns), {}, rowsOfColumns(columns)), ...(hints && { hints }) }]
  }),
) as Record<TypedTable, TableDefinition>

/** More than a limited result has. */
export const manyRows = 10_001

export const tableDefinitions = {
  /** Is read, and never changed. */
  rows: define(plain, {}, filling),
  /** Is written to: each check replaces what is in it. */
  target: define(plain),
  /** Has partitions. */
  days: define({ id: 'bigint' }, { day: 'string', region: 'string' }),
  /** Has more rows than a limited result. */
  many: define(
    { id: 'bigint' },
    {},
    Array.from({ length: manyRows }, (_, i) => [BigInt(i)]),
  ),
  /** Six levels of partitions, and the longest VARCHAR, CHAR. */
  widest: define(
    { text: 'varchar(65535)', code: 'char(255)' },
    Object.fromEntries(Array.from({ length: 6 }, (_, i) => [`level_${i + 1}`, 'string'])),
  ),
  /** As many columns as a table may have. */
  columns: define(Object.fromEntries(Array.from({ length: 1200 }, (_, i) => [`c${i}`, 'bigint']))),
  /** Gets another column while a streaming upload goes on. */
  changing: define({ id: 'bigint' }),
  keyed: { ...define({ id: 'bigint not null', text: 'string', number: 'bigint' }), primaryKey: 'id' },
  ...typed,
} satisfies Readonly<Record<string, TableDefinition>>

export type TableKey = keyof typeof tableDefinitions

export const definitionOf = (key: TableKey): TableDefinition => tableDefinitions[key]
