/*
 * Serves tables as CSV over HTTP, row by row: a slow client slows the download, and a client that leaves ends it. If the download
 * fails in the middle, the response is cut off, so that nobody takes part of a table for the whole.
 *
 *   createServer(serveTables(new Tunnel())).listen(8080) // GET /flights?month=2001-02
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { formatCsv, type PartitionSpecInput, type Tunnel, TunnelError } from 'odps-tunnel'
import chain from 'stream-chain'

export const serveTables =
  (tunnel: Tunnel) =>
  async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
    const table = decodeURIComponent(pathname.slice(1))
    const spec = Object.fromEntries(searchParams)
    try {
      await sendTable(tunnel, table, searchParams.size > 0 ? spec : undefined, response)
    } catch (error) {
      if (!(error instanceof TunnelError) || response.headersSent) response.destroy()
      else response.writeHead(error.code === 'ODPS_NO_SUCH_TABLE' ? 404 : 502).end(`${error.code}\n`)
    }
  }

const sendTable = async (
  tunnel: Tunnel,
  table: string,
  partitionSpec: PartitionSpecInput | undefined,
  response: ServerResponse,
): Promise<void> => {
  // What can be known is known before the first byte: without rows, the service is asked for nothing else.
  const session = await tunnel.createDownloadSession({ table, partitionSpec })
  const download = tunnel.createDownloadStream({ ...session.toJSON() })
  response.writeHead(200, { 'Content-Type': 'text/csv; charset=utf-8', 'X-Rows': session.recordCount })
  await pipeline(download, chain([formatCsv(download)]), response)
}
