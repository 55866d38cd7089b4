/*
 * Writes a table, or one partition, to a file of Arrow IPC (`.arrows`), for DuckDB, pandas, Polars or `tableFromIPC`. No Arrow
 * package is needed. The file has its name only when all rows are in it.
 *
 *   await writeArrow(tunnel, { table: 'flights', partitionSpec: 'month=2001-02' }, 'flights.arrows')
 */
import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import type { Tunnel } from 'odps-tunnel'
import { type ArrowTableDownloadOptions, createArrowDownloadStream } from 'odps-tunnel/arrow'

export const writeArrow = async (
  tunnel: Tunnel,
  source: Pick<ArrowTableDownloadOptions, 'table' | 'partitionSpec' | 'columns' | 'signal'>,
  path: string,
): Promise<number> => {
  const download = createArrowDownloadStream({ tunnel, ...source, as: 'ipc' })
  const part = `${path}.part`
  try {
    await pipeline(download, createWriteStream(part))
    await rename(part, path)
    return download.stats.rows
  } catch (error) {
    await rm(part, { force: true })
    throw error
  }
}
