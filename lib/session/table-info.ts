import type { TunnelClient } from '../http/tunnel-client.js'
import { formatTableName, type TableName } from '../schema/table-name.js'
import { parseTableSchema, type TableSchema } from '../schema/table-schema.js'
import { textAt } from '../xml.js'
import type { CallOptions } from './call-options.js'
import { metadataRequest, parseSchemaText, requestXml } from './metadata.js'
import { readTableProperties, type TableProperties } from './table-properties.js'

/** A table as the service describes it (protocol 10.5). */
export interface TableInfo extends TableProperties {
  readonly name: TableName
  readonly schema: TableSchema
  /** `MANAGED_TABLE`, `VIRTUAL_VIEW`, `EXTERNAL_TABLE`, `MATERIALIZED_VIEW`. */
  readonly type: string | undefined
  readonly comment: string | undefined
  readonly owner: string | undefined
  readonly createdAt: Date | undefined
  readonly modifiedAt: Date | undefined
  /** Bytes as stored. */
  readonly size: number | undefined
  /** Rows; undefined when the service does not know. */
  readonly recordCount: number | undefined
  /** Days after the last change that the data lives; undefined when it is not limited. */
  readonly lifecycleDays: number | undefined
}

/** What one request tells of a table. */
export type TableDescription = Omit<TableInfo, keyof TableProperties>

/**
 * All that is known of a table, which takes two requests.
 * @throws TunnelServiceError ODPS_NO_SUCH_TABLE, ODPS_ACCESS_DENIED, …
 */
export const getTableInfo = async (
  client: TunnelClient,
  name: TableName,
  options: CallOptions = {},
): Promise<TableInfo> => {
  const description = await getTable(client, name, options)
  return { ...description, ...(await readTableProperties(client, name, options)) }
}

/** @throws TunnelServiceError ODPS_NO_SUCH_TABLE, ODPS_ACCESS_DENIED, … */
export const getTable = async (
  client: TunnelClient,
  name: TableName,
  options: CallOptions = {},
): Promise<TableDescription> => {
  const purpose = `Reading the description of ${formatTableName(name)}`
  const root = await requestXml(client, { ...metadataRequest(name, purpose, {}), ...options }, 'Table')
  const json = parseSchemaText(textAt(root, 'Schema'), purpose)
  return {
    name,
    schema: parseTableSchema({ columns: json.get('columns'), partitionKeys: json.get('partitionKeys') }),
    type: textAt(root, 'Type') || undefined,
    comment: json.optionalText('comment'),
    owner: textAt(root, 'Owner') || json.optionalText('owner'),
    createdAt: json.optionalTime('createTime'),
    modifiedAt: json.optionalTime('lastModifiedTime'),
    size: json.optionalCount('size'),
    recordCount: json.optionalCount('recordNum'),
    lifecycleDays: json.optionalCount('lifecycle'),
  }
}
