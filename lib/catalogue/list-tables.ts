import { checkOptions, type OptionSpec } from '../check-options.js'
import { TunnelServiceError } from '../errors.js'
import {
  formatTableName,
  parsePlace,
  parseTableName,
  type TableName,
  type TableNameInput,
} from '../schema/table-name.js'
import { unexpected } from '../session/answer-json.js'
import { type CallOptions, callOptionSpec } from '../session/call-options.js'
import { fieldsOf, listItems } from '../session/listing.js'
import { metadataRequest, requestXml } from '../session/metadata.js'
import type { XmlElement } from '../xml.js'
import type { CatalogueConnection } from './catalogue-connection.js'

export interface ListTablesOptions extends CallOptions {
  /** Default: the Tunnel's. */
  readonly project?: string | undefined
  /** Default: the Tunnel's; without one the service lists its schema `default`. */
  readonly schemaName?: string | undefined
  /** Only tables whose names begin with this, in any case. */
  readonly prefix?: string | undefined
  /** Only tables of this owner, as the service writes it: `ALIYUN$someone@example.com`. */
  readonly owner?: string | undefined
}

/** A table as the service lists it (protocol 10.5); `getTable` tells more. */
export interface ListedTable {
  /** Every method that is passed the name of a table accepts this, too. */
  readonly name: TableName
  /** `MANAGED_TABLE`, `VIRTUAL_VIEW`, `EXTERNAL_TABLE`, `MATERIALIZED_VIEW`. */
  readonly type: string | undefined
  readonly owner: string | undefined
  readonly createdAt: Date | undefined
}

const listTablesSpec: OptionSpec = {
  ...callOptionSpec,
  project: 'string',
  schemaName: 'string',
  prefix: 'string',
  owner: 'string',
}

/** Lists the tables of a schema, asking for page after page while it is iterated. */
export const listTables = (
  connection: CatalogueConnection,
  options: ListTablesOptions = {},
): AsyncGenerator<ListedTable, void, undefined> => {
  checkOptions('listTables', options, listTablesSpec)
  const { prefix = '', owner, signal, onRetry } = options
  const place = parsePlace(options, connection)
  const { project, schemaName } = place
  const purpose = `Listing the tables of ${schemaName === undefined ? project : `${project}.${schemaName}`}`
  const query = {
    ...(prefix !== '' && { name: prefix }),
    ...(owner !== undefined && { owner }),
    ...(schemaName !== undefined && { curr_schema: schemaName }),
  }
  const path = ['projects', project, 'tables']
  const items = listItems(connection.client, {
    request: {
      ...({ purpose, target: 'service', method: 'GET', path, project, query, repeat: 'safe' } as const),
      ...{ signal, onRetry },
    },
    root: 'Tables',
    item: 'Table',
    read: (item): ListedTable => {
      const { name, ...facts } = readListed(item, purpose)
      return { name: { ...place, table: name }, ...facts }
    },
    keyOf: ({ name }) => name.table.toLowerCase(),
  })
  return withPrefix(items, prefix.toLowerCase())
}

/** The service is asked for them; another one might pass over that. */
async function* withPrefix(items: AsyncIterable<ListedTable>, prefix: string): AsyncGenerator<ListedTable> {
  for await (const item of items) if (item.name.table.toLowerCase().startsWith(prefix)) yield item
}

const readListed = (item: XmlElement, purpose: string) => {
  const fields = fieldsOf(item, purpose)
  const name = fields.optionalText('Name')
  if (name === undefined) throw unexpected(purpose, 'has a table without a name')
  return {
    name,
    type: fields.optionalText('Type'),
    owner: fields.optionalText('Owner'),
    createdAt: fields.optionalDate('CreationTime'),
  }
}

/** Whether there is a table, or a view, of this name. A missing project or schema is an error: the name may be wrong. */
export const tableExists = async (
  connection: CatalogueConnection,
  table: TableNameInput,
  options: CallOptions = {},
): Promise<boolean> => {
  checkOptions('tableExists', options, callOptionSpec)
  const name = parseTableName(table, {}, connection)
  const request = metadataRequest(name, `Looking for ${formatTableName(name)}`, {})
  try {
    await requestXml(connection.client, { ...request, ...options }, 'Table')
    return true
  } catch (error) {
    if (error instanceof TunnelServiceError && error.code === 'ODPS_NO_SUCH_TABLE') return false
    throw error
  }
}
