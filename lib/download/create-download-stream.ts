import { resolveConnection, type WithConnection } from '../connection.js'
import { resourceOf } from '../session/resource-options.js'
import { downloadConfig } from './download-config.js'
import { type DownloadedRow, type DownloadStreamOptions, downloadStreamSpec } from './download-options.js'
import { DownloadStream } from './download-stream.js'
import { downloadRows, RowBatches } from './row-batches.js'

/**
 * A stream that gives the rows of a table; see {@link Tunnel.createDownloadStream}. Without `tunnel` it connects
 * by itself, and closes its connections when it closes.
 *
 * @throws TunnelOptionError at once, before any I/O
 */
export const createDownloadStream = <const Options extends WithConnection<DownloadStreamOptions>>(
  options: Options,
): DownloadStream<DownloadedRow<Options>> => {
  const { connection, own, release } = resolveConnection<DownloadStreamOptions>(
    'createDownloadStream',
    options,
    downloadStreamSpec,
  )
  const config = downloadConfig(resourceOf('createDownloadStream', connection, own), own)
  return new DownloadStream<DownloadedRow<Options>>(config).once('close', release)
}

/**
 * Rows in batches, in order; see {@link Tunnel.readBatches}. Without `tunnel` it connects by itself, and closes its
 * connections when the loop has ended.
 *
 * @throws TunnelOptionError at once, before any I/O
 */
export const readBatches = <const Options extends WithConnection<DownloadStreamOptions>>(
  options: Options,
): RowBatches<DownloadedRow<Options>> => {
  const { connection, own, release } = resolveConnection<DownloadStreamOptions>(
    'readBatches',
    options,
    downloadStreamSpec,
  )
  return new RowBatches(downloadConfig(resourceOf('readBatches', connection, own), own), release)
}

/**
 * All rows of a table or partition, in memory; see {@link Tunnel.download}. Without `tunnel` it connects by itself, and
 * closes its connections at the end.
 */
export const download = async <const Options extends WithConnection<DownloadStreamOptions>>(
  options: Options,
): Promise<DownloadedRow<Options>[]> => {
  const { connection, own, release } = resolveConnection<DownloadStreamOptions>(
    'download',
    options,
    downloadStreamSpec,
  )
  try {
    const config = downloadConfig(resourceOf('download', connection, own), own)
    return (await downloadRows(config)) as DownloadedRow<Options>[]
  } finally {
    await release()
  }
}
