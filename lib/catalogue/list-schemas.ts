import { checkOptions, type OptionSpec } from '../check-options.js'
import { parsePlace } from '../schema/table-name.js'
import { unexpected } from '../session/answer-json.js'
import { type CallOptions, callOptionSpec } from '../session/call-options.js'
import { fieldsOf, listItems } from '../session/listing.js'
import type { XmlElement } from '../xml.js'
import type { CatalogueConnection } from './catalogue-connection.js'

export interface ListSchemasOptions extends CallOptions {
  /** Default: the Tunnel's. */
  readonly project?: string | undefined
}

/** A schema as the service lists it (protocol 10.8). */
export interface SchemaInfo {
  readonly project: string
  readonly schemaName: string
  readonly owner: string | undefined
  readonly comment: string | undefined
  readonly createdAt: Date | undefined
}

const listSchemasSpec: OptionSpec = { ...callOptionSpec, project: 'string' }

/** Lists the schemas of a project, asking for page after page while it is iterated. */
export const listSchemas = (
  connection: CatalogueConnection,
  options: ListSchemasOptions = {},
): AsyncGenerator<SchemaInfo, void, undefined> => {
  checkOptions('listSchemas', options, listSchemasSpec)
  const { signal, onRetry } = options
  const { project } = parsePlace({ project: options.project }, { project: connection.project })
  const purpose = `Listing the schemas of ${project}`
  const path = ['projects', project, 'schemas']
  return listItems(connection.client, {
    request: {
      ...({ purpose, target: 'service', method: 'GET', path, project, repeat: 'safe' } as const),
      ...{ signal, onRetry },
    },
    root: 'Schemas',
    item: 'Schema',
    read: item => readSchema(item, project, purpose),
    keyOf: ({ schemaName }) => schemaName.toLowerCase(),
  })
}

const readSchema = (item: XmlElement, project: string, purpose: string): SchemaInfo => {
  const fields = fieldsOf(item, purpose)
  const schemaName = fields.optionalText('Name')
  if (schemaName === undefined) throw unexpected(purpose, 'has a schema without a name')
  return {
    ...{ project, schemaName },
    owner: fields.optionalText('Owner'),
    comment: fields.optionalText('Description'),
    createdAt: fields.optionalDate('CreateTime'),
  }
}
