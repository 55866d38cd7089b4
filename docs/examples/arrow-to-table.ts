/*
 * Uploads a file of Arrow IPC (`.arrows`), as pyarrow's `ipc.new_stream`, Polars' `write_ipc_stream` or `tableToIPC` write it, and
 * replaces the partition by its rows. The old rows stay until the new ones are committed; a file that was cut commits nothing.
 *
 *   await replacePartition(tunnel, 'flights', 'month=2001-02', 'flights.arrows')
 */
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import type { Tunnel } from 'odps-tunnel'
import { createArrowUploadStream } from 'odps-tunnel/arrow'

export const replacePartition = async (
  tunnel: Tunnel,
  table: string,
  partitionSpec: string,
  path: string,
): Promise<number> => {
  const options = { tunnel, table, partitionSpec, createPartition: true, overwrite: true }
  const upload = createArrowUploadStream({ ...options, as: 'ipc' })
  await pipeline(createReadStream(path), upload)
  return (await upload.committed).rows
}
