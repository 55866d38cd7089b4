import { resolveConnection, type WithConnection } from '../connection.js'
import type { DownloadedRow } from '../download/download-options.js'
import { DownloadStream } from '../download/download-stream.js'
import { downloadRows } from '../download/row-batches.js'
import { type ExecuteResult, executeStatement } from './execute.js'
import { queryConfig } from './query-config.js'
import {
  type ExecuteOptions,
  executeOptionSpec,
  type QueryOptions,
  queryOptionSpec,
} from './query-options.js'

/**
 * A stream of the rows that a query gives; see {@link Tunnel.createQueryStream}. Without `tunnel` it connects by itself, and
 * closes its connections when it closes.
 *
 * @throws TunnelOptionError at once, before any I/O
 */
export const createQueryStream = <const Options extends WithConnection<QueryOptions>>(
  options: Options,
): DownloadStream<DownloadedRow<Options>> => {
  const where = 'createQueryStream'
  const { connection, own, release } = resolveConnection<QueryOptions>(where, options, queryOptionSpec)
  return new DownloadStream<DownloadedRow<Options>>(queryConfig(where, connection, own)).once(
    'close',
    release,
  )
}

/**
 * All rows that a query gives, in memory; see {@link Tunnel.query}. Without `tunnel` it connects by itself, and closes its
 * connections at the end.
 */
export const query = async <const Options extends WithConnection<QueryOptions>>(
  options: Options,
): Promise<DownloadedRow<Options>[]> => {
  const { connection, own, release } = resolveConnection<QueryOptions>('query', options, queryOptionSpec)
  try {
    return (await downloadRows(queryConfig('query', connection, own))) as DownloadedRow<Options>[]
  } finally {
    await release()
  }
}

/**
 * Runs a statement without rows; see {@link Tunnel.execute}. Without `tunnel` it connects by itself, and closes its connections
 * at the end.
 */
export const execute = async (options: WithConnection<ExecuteOptions>): Promise<ExecuteResult> => {
  const { connection, own, release } = resolveConnection<ExecuteOptions>(
    'execute',
    options,
    executeOptionSpec,
  )
  try {
    return await executeStatement(connection, own)
  } finally {
    await release()
  }
}
