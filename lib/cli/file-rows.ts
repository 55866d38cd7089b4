import { type FileValues, fileValues } from '../codec/rows/file-values.js'
import {
  type PrintedRows,
  type RecordPrinting,
  recordPrinting,
  type WithRecordPrinting,
} from '../codec/rows/record-printing.js'
import type { DownloadStreamOptions, RowBatches, Tunnel } from '../index.js'

/**
 * Rows in the values for files, in batches: how every command that shows or copies cells reads them. No other file of the
 * command line opens rows, so none can forget to ask for these values.
 */
export const readFileRows = (
  tunnel: Tunnel,
  options: DownloadStreamOptions,
): RowBatches<readonly unknown[]> =>
  tunnel.readBatches({
    ...options,
    [fileValues]: true,
  } as DownloadStreamOptions & FileValues) as RowBatches<readonly unknown[]>

/** The same as text, as far as a printing makes it: of a batch `countPrinted` tells the rows. */
export const readPrintedRows = (
  tunnel: Tunnel,
  options: DownloadStreamOptions,
  printing: RecordPrinting | undefined,
): RowBatches<readonly unknown[] | PrintedRows> =>
  readFileRows(tunnel, { ...options, [recordPrinting]: printing } as DownloadStreamOptions &
    WithRecordPrinting)
