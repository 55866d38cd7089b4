import { resolveConnection, type WithConnection } from '../connection.js'
import type { TableSchema } from '../schema/table-schema.js'
import { tableResource } from '../session/table-options.js'
import { type UpsertStreamOptions, upsertStreamSpec } from './upsert-options.js'
import { UpsertStream, type UpsertStreamOf } from './upsert-stream.js'

/**
 * A stream that puts rows into a table with a primary key; see {@link Tunnel.createUpsertStream}. Without `tunnel` it connects
 * by itself, and closes its connections when it closes.
 *
 * @throws TunnelOptionError at once, before any I/O
 */
export const createUpsertStream = <Schema extends TableSchema = TableSchema>(
  options: WithConnection<UpsertStreamOptions<Schema>>,
): UpsertStreamOf<Schema> => {
  const { connection, own, release } = resolveConnection<UpsertStreamOptions<Schema>>(
    'createUpsertStream',
    options,
    upsertStreamSpec,
  )
  const stream: UpsertStreamOf<Schema> = new UpsertStream(tableResource(connection, own), own)
  return stream.once('close', release)
}
