/*
 * Writes the rows of a query to a gzip-compressed file of JSON lines. The file has its name only when all rows are in it.
 * A signal, for instance of Ctrl-C, stops the query on the service and leaves no file.
 *
 *   const stop = new AbortController()
 *   process.once('SIGINT', () => stop.abort())
 *   await writeQuery(tunnel, 'SELECT origin, delay FROM flights', 'delays.ndjson.gz', stop.signal)
 */
import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import type { Duplex } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { formatNdjson, type Tunnel } from 'odps-tunnel'
import chain from 'stream-chain'

export const writeQuery = async (
  tunnel: Tunnel,
  sql: string,
  path: string,
  signal?: AbortSignal,
  onProgress: (text: string) => void = () => {},
): Promise<number> => {
  const rows = tunnel.createQueryStream({ sql, rowShape: 'object', signal })
  rows.once('instance', ({ instanceId }) => onProgress(`instance ${instanceId}`))
  rows.on('progress', stats => {
    if (stats.totalRows > 0) onProgress(`${stats.rows} of ${stats.totalRows} rows`)
    else if (stats.query !== undefined) onProgress(`${Math.floor(stats.query.progress * 100)} % computed`)
  })
  const part = `${path}.part`
  const lines: Duplex = chain([formatNdjson()])
  try {
    await pipeline(rows, lines, createGzip(), createWriteStream(part))
    await rename(part, path)
    return rows.stats.rows
  } catch (error) {
    await rm(part, { force: true })
    throw error
  }
}
