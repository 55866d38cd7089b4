import type { Catalog, Table } from './catalog.js'
import type { InstanceList } from './rest/instance-list.js'
import type { Answer } from './server/answer.js'
import type { BearerTokens } from './server/bearer-tokens.js'
import { noSuchProject } from './server/refusal.js'
import type { EmulatorRequest, ResourcePath, Target } from './server/request.js'
import type { TableStore } from './store/table-store.js'
import { defaultSchemaName, type FullName } from './table.js'
import type { DownloadSessions } from './tunnel/download-session.js'
import type { UploadSessions } from './tunnel/upload-session.js'

/** Everything the handlers work on. */
export interface Service {
  readonly catalog: Catalog
  readonly store: TableStore
  readonly uploads: UploadSessions
  readonly downloads: DownloadSessions
  readonly instances: InstanceList
  readonly tokens: BearerTokens
  /** Lower case; undefined allows all. */
  readonly projects: ReadonlySet<string> | undefined
  /** `odps.sql.timezone` of every project. */
  readonly timeZone: string
  readonly clock: () => number
  readonly log: (line: string) => void
}

/** A request with what only handlers need. */
export interface ServiceRequest extends EmulatorRequest {
  readonly target: Target
  readonly resource: ResourcePath | undefined
  readonly requestId: string
  /** `host:port` as the client knows this server. */
  readonly authority: string
  readonly body: AsyncIterable<Uint8Array>
}

export type Handler = (service: Service, request: ServiceRequest) => Promise<Answer>

/** @throws Refusal NoSuchProject */
export const checkProject = (service: Service, project: string): void => {
  if (service.projects !== undefined && !service.projects.has(project.toLowerCase())) throw noSuchProject()
}

/** The table a path names; `curr_schema` counts where the path has no schema (protocol 1.3). */
export const tableNameOf = (request: ServiceRequest): FullName => ({
  project: request.project!,
  schemaName: request.schemaName ?? (request.query.get('curr_schema') || defaultSchemaName),
  table: request.table!,
})

/** @throws Refusal NoSuchProject, NoSuchTable */
export const findTable = (service: Service, request: ServiceRequest): Table => {
  checkProject(service, request.project!)
  return service.catalog.get(tableNameOf(request))
}
