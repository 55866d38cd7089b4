import { resolveConnection, type WithConnection } from '../connection.js'
import { loadOnce } from '../load-once.js'
import { type CopyResult, type CopyTableOptions, copyTableSpec } from './copy-options.js'

/** What copies is loaded when something is copied. */
export const loadCopy = loadOnce(() => import('./copy-run.js'))

/**
 * Copies a table, or partitions of it, into another; see {@link Tunnel.copyTable}. Without `tunnel` it connects by itself,
 * and closes its connections at the end.
 */
export const copyTable = async (options: WithConnection<CopyTableOptions>): Promise<CopyResult> => {
  const { connection, own, release } = resolveConnection<CopyTableOptions>(
    'copyTable',
    options,
    copyTableSpec,
  )
  try {
    const { copyTables } = await loadCopy()
    return await copyTables(connection, own)
  } finally {
    await release()
  }
}
