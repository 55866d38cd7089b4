import type { RequestSpec } from '../http/request-spec.js'
import type { TunnelClient } from '../http/tunnel-client.js'
import type { TableName } from '../schema/table-name.js'
import { parseXml, type XmlElement } from '../xml.js'
import { AnswerJson, unexpected } from './answer-json.js'

/*
 * Requests about tables go to the service and not to the tunnel, in XML with JSON inside. They are all built here,
 * because the two differ in how a schema is named: in the query there, in the path here (protocol 1.3).
 */

/** Two parts are schema and table; who comes from two-tier projects may have meant project and table. */
export const nameHints = ({ schemaName, table }: TableName): Readonly<Record<string, string>> => {
  if (schemaName === undefined) return {}
  const hint = `Check the names; '${schemaName}.${table}' means schema and table: if '${schemaName}' is a project, pass it as the option project.`
  return { ODPS_NO_SUCH_SCHEMA: hint, ODPS_NO_SUCH_TABLE: hint }
}

/** A GET of the table's metadata on the service. */
export const metadataRequest = (
  name: TableName,
  purpose: string,
  query: Readonly<Record<string, string>>,
): RequestSpec => ({
  purpose,
  target: 'service',
  method: 'GET',
  // The service takes the schema in the query, the tunnel in the path (protocol 1.3).
  path: ['projects', name.project, 'tables', name.table],
  project: name.project,
  query: { ...query, ...(name.schemaName !== undefined && { curr_schema: name.schemaName }) },
  repeat: 'safe',
  hints: nameHints(name),
})

export interface ServiceDocument {
  readonly root: XmlElement
  /** The service's clock when it answered, as it wrote it. */
  readonly date: string | undefined
}

/**
 * @param rootName undefined: any
 * @throws TunnelProtocolError ODPS_UNEXPECTED_ANSWER when the answer isn't a document of that root
 */
export const readDocument = async (
  client: TunnelClient,
  spec: RequestSpec,
  rootName: string | undefined,
): Promise<ServiceDocument> => {
  const { text, date } = await client.exchange(spec, async response => ({
    text: await response.text(),
    date: response.headers['date'],
  }))
  const root = parseXml(text)
  if (root === undefined || root.name !== (rootName ?? root.name))
    throw unexpected(spec.purpose, `isn't ${rootName === undefined ? 'XML' : `a <${rootName}> document`}`)
  return { root, date }
}

/** @throws TunnelProtocolError as {@link readDocument} */
export const requestXml = async (
  client: TunnelClient,
  spec: RequestSpec,
  rootName: string | undefined,
): Promise<XmlElement> => (await readDocument(client, spec, rootName)).root

/** The JSON within the XML of a table or partition. */
export const parseSchemaText = (text: string | undefined, purpose: string): AnswerJson => {
  let json: unknown
  try {
    json = JSON.parse(text ?? '')
  } catch {
    throw unexpected(purpose, 'has no schema in JSON')
  }
  return new AnswerJson(json, purpose)
}
