import type { TunnelClient } from '../http/tunnel-client.js'
import type { TableNameParts } from '../schema/table-name.js'

/** A client, and what completes the names of tables. */
export interface CatalogueConnection extends TableNameParts {
  readonly client: TunnelClient
}
