import { defineSchema } from '../schema/define-schema.js'
import type { ColumnTexts } from '../schema/row-types.js'
import type { TableSchema } from '../schema/table-schema.js'

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

export const tableDefinitions = {
  /** Is read, and never changed. */
  rows: define(plain, {}, filling),
  /** Is written to: each check replaces what is in it. */
  target: define(plain),
  /** Has partitions. */
  days: define({ id: 'bigint' }, { day: 'string', region: 'string' }),
} satisfies Readonly<Record<string, TableDefinition>>

export type TableKey = keyof typeof tableDefinitions

export const definitionOf = (key: TableKey): TableDefinition => tableDefinitions[key]
