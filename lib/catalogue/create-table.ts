import { anyOf, checkOptions, instanceOf, listOf, type OptionSpec } from '../check-options.js'
import type { TunnelClient } from '../http/tunnel-client.js'
import {
  type CreateTableTextOptions,
  createTableTextSpec,
  formatCreateTable,
} from '../schema/create-table-text.js'
import { asTableSchema, type ColumnTexts } from '../schema/define-schema.js'
import { formatTableName, parseTableName, type TableNameParts } from '../schema/table-name.js'
import type { TableSchema } from '../schema/table-schema.js'
import { runStatement } from '../session/run-statement.js'

export interface CreateTableOptions extends CreateTableTextOptions {
  /** `table`, `schema.table` or `project.schema.table`. */
  readonly table: string
  /** Of `defineSchema` or of another table; or what `defineSchema` takes, `{ id: 'bigint not null' }`. */
  readonly schema: TableSchema | ColumnTexts
  readonly signal?: AbortSignal | undefined
}

const createTableSpec: OptionSpec = {
  table: 'string',
  schema: anyOf('object', listOf('any')),
  ...createTableTextSpec,
  signal: instanceOf(AbortSignal),
}

/**
 * Creates a table by a statement and waits until it is there.
 * @param defaults what completes the table's name
 * @throws TunnelOptionError before anything is sent; TunnelQueryError for what the service refuses
 */
export const createTable = async (
  client: TunnelClient,
  options: CreateTableOptions,
  defaults: TableNameParts,
): Promise<void> => {
  checkOptions('createTable', options, createTableSpec)
  const { signal, table, schema, ...text } = options
  const name = parseTableName(table, {}, defaults)
  const title = formatTableName(name)
  const sql = formatCreateTable(title, asTableSchema(schema), text)
  await runStatement(client, name, `Creating the table ${title}`, sql, { signal })
}
