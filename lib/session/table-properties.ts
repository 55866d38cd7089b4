import type { TunnelClient } from '../http/tunnel-client.js'
import { formatTableName, type TableName } from '../schema/table-name.js'
import { textAt } from '../xml.js'
import { AnswerJson, unexpected } from './answer-json.js'
import type { CallOptions } from './call-options.js'
import { metadataRequest, parseSchemaText, requestXml } from './metadata.js'

/*
 * The primary key of a table stands neither beside its columns nor in a session, but in the extended description: there in
 * JSON, within the text of a field of the JSON. Of the properties a table was created with it has only a few, under names
 * of its own.
 */

/** What the statement that created a table said besides its columns, as far as the service tells. */
export interface TableProperties {
  /** Columns of the primary key, in its order; empty without one. Undefined when the service doesn't tell. */
  readonly primaryKey: readonly string[] | undefined
  /** Of its `TBLPROPERTIES` those that the service tells: `transactional` and `acid.data.retain.hours`. */
  readonly properties: Readonly<Record<string, string>>
}

/** @throws TunnelServiceError ODPS_NO_SUCH_TABLE, ODPS_ACCESS_DENIED, … */
export const readTableProperties = async (
  client: TunnelClient,
  name: TableName,
  options: CallOptions = {},
): Promise<TableProperties> => {
  const purpose = `Reading the extended description of ${formatTableName(name)}`
  const request = { ...metadataRequest(name, purpose, { extended: '' }), ...options }
  const root = await requestXml(client, request, 'Table')
  const reserved = parseSchemaText(textAt(root, 'Schema'), purpose).optionalText('Reserved')
  if (reserved === undefined) return { primaryKey: undefined, properties: {} }
  const json = new AnswerJson(parseReserved(reserved, purpose), purpose)
  const isTransactional = String(json.get('Transactional') ?? 'false').toLowerCase() === 'true'
  const hours = json.optionalCount(retainHours)
  return {
    primaryKey: keyOf(json.get('PrimaryKey') ?? [], purpose),
    properties: {
      ...(isTransactional && { transactional: 'true' }),
      ...(hours !== undefined && { [retainHours]: String(hours) }),
    },
  }
}

const retainHours = 'acid.data.retain.hours'

const parseReserved = (text: string, purpose: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    throw unexpected(purpose, 'has a Reserved that is not JSON')
  }
}

const keyOf = (key: unknown, purpose: string): string[] => {
  if (!Array.isArray(key) || !key.every(name => typeof name === 'string' && name !== ''))
    throw unexpected(purpose, 'has a PrimaryKey that is not a list of names')
  return key
}
