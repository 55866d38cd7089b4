import type { Catalog, Table } from './catalog.js'
import type { ServiceClock } from './clock.js'
import type { QueryAnswers } from './queries.js'
import type { InstanceList } from './rest/instance-list.js'
import type { SchemaCatalog } from './schema-catalog.js'
import type { BearerTokens } from './server/bearer-tokens.js'
import type { EmulatorRequest, RequestTarget, ResourcePath } from './server/emulator-request.js'
import { methodNotAllowed, noSuchProject } from './server/service-refusal.js'
import type { ServiceReply } from './server/service-reply.js'
import type { TableStore } from './store/table-store.js'
import { defaultSchemaName, type FullName } from './table.js'
import type { ServedDownloads } from './tunnel/served-download.js'
import type { ServedStreams } from './tunnel/served-stream.js'
import type { ServedUploads } from './tunnel/served-upload.js'
import type { ServedUpserts } from './tunnel/served-upsert.js'
import type { Slots } from './tunnel/slots.js'

/** Everything the handlers work on. */
export interface Service {
  readonly catalog: Catalog
  readonly schemas: SchemaCatalog
  readonly store: TableStore
  readonly uploads: ServedUploads
  readonly upserts: ServedUpserts
  readonly streams: ServedStreams
  readonly slots: Slots
  readonly downloads: ServedDownloads
  readonly instances: InstanceList
  readonly tokens: BearerTokens
  readonly queries: QueryAnswers
  /** Lower case; undefined allows all. */
  readonly projects: ReadonlySet<string> | undefined
  /** `odps.sql.timezone` of every project. */
  readonly timeZone: string
  readonly clock: ServiceClock
  readonly log: (line: string) => void
}

/** A request with what only handlers need. */
export interface ServiceRequest extends EmulatorRequest {
  readonly target: RequestTarget
  readonly resource: ResourcePath | undefined
  readonly requestId: string
  /** `host:port` as the client knows this server. */
  readonly authority: string
  readonly body: AsyncIterable<Uint8Array>
}

export type Handler = (service: Service, request: ServiceRequest) => Promise<ServiceReply>

/** @throws ServiceRefusal NoSuchProject */
export const checkProject = (service: Service, project: string): void => {
  if (service.projects !== undefined && !service.projects.has(project.toLowerCase())) throw noSuchProject()
}

/** The table a path names; `curr_schema` counts where the path has no schema (protocol 1.3). */
export const requestedTableName = (request: ServiceRequest): FullName => ({
  project: request.project!,
  schemaName: request.schemaName ?? (request.query.get('curr_schema') || defaultSchemaName),
  table: request.table!,
})

/**
 * A table whose rows the tunnel moves.
 * @throws ServiceRefusal NoSuchProject, NoSuchTable, MethodNotAllowed for a view
 */
export const findTable = (service: Service, request: ServiceRequest): Table => {
  checkProject(service, request.project!)
  const table = service.catalog.get(requestedTableName(request))
  if (table.state.view !== undefined)
    throw methodNotAllowed(
      `${table.state.name} is a view, and the tunnel moves rows of tables only; query it.`,
    )
  return table
}
