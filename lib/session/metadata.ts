import type { RequestSpec } from '../http/request-spec.js'
import type { TunnelClient } from '../http/tunnel-client.js'
import { parseXml, type XmlElement } from '../http/xml.js'
import type { TableName } from '../schema/table-name.js'
import { unexpected } from './answer-json.js'
import { nameHints } from './name-hints.js'

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

/** @throws TunnelProtocolError ODPS_UNEXPECTED_ANSWER when the answer is no document of that root */
export const readXml = async (
  client: TunnelClient,
  spec: RequestSpec,
  rootName: string,
): Promise<XmlElement> => {
  const text = await client.exchange(spec, response => response.text())
  const root = parseXml(text)
  if (root?.name !== rootName) throw unexpected(spec.purpose, `is no <${rootName}> document`)
  return root
}
