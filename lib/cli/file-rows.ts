import { type FileValues, fileValues } from '../codec/rows/file-values.js'
import type { DownloadStream, DownloadStreamOptions, Tunnel } from '../index.js'

/**
 * Rows in the values for files: how every command that shows or copies cells reads them. No other file of the command line
 * opens a stream of rows, so none can forget to ask for these values.
 */
export const openFileRows = (tunnel: Tunnel, options: DownloadStreamOptions): DownloadStream<unknown> =>
  tunnel.createDownloadStream({
    ...options,
    [fileValues]: true,
  } as DownloadStreamOptions & FileValues) as DownloadStream<unknown>
