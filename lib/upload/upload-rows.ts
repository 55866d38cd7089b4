import { isErrored, Readable, type Writable } from 'node:stream'
import { ReadableStream } from 'node:stream/web'
import { TunnelOptionError } from '../errors.js'
import { notIterable, RowInput, type Rows } from './row-input.js'
import type { UploadTotals } from './upload-results.js'
import type { UploadStream } from './upload-stream.js'

/**
 * Writes all rows to an upload of its own and waits for the commit. What the rows fail with is the outcome, and destroys
 * the upload. On every way out the rows are let go and the stream is closed.
 *
 * @param open called when the rows can be read; what it throws is thrown
 * @throws TunnelOptionError ODPS_INVALID_OPTION for rows that cannot be iterated, or not from their first row on
 */
export const uploadRows = async <Row, Result extends object>(
  open: () => UploadStream<Row, Result>,
  rows: Rows<Row>,
): Promise<Result & UploadTotals> => {
  checkUnread(rows)
  const source = new RowInput(rows)
  try {
    const stream = open()
    const { committed } = stream
    // The write may tell instead.
    committed.catch(() => {})
    try {
      await stream.writeAll(source)
      stream.end()
      return await committed
    } catch (error) {
      if (!stream.destroyed) stream.destroy()
      throw combine(source.failure, error)
    } finally {
      await closed(stream)
    }
  } finally {
    source.close()
  }
}

/** Both may fail at once; the rows come first, for they are the caller's. */
const combine = (ofRows: Error | undefined, ofUpload: unknown): unknown => {
  if (ofRows === undefined) return ofUpload
  const both = ofUpload !== ofRows && ofRows instanceof Error && Object.isExtensible(ofRows)
  if (both && !('cause' in ofRows))
    Object.defineProperty(ofRows, 'cause', { value: ofUpload, configurable: true, writable: true })
  return ofRows
}

const closed = async (stream: Writable): Promise<void> => {
  if (!stream.closed) await new Promise<void>(resolve => stream.once('close', () => resolve()))
}

/** A stream that was read from before gives the rest of its rows, or none, without a word. */
const checkUnread = (rows: unknown): void => {
  const refusal = notIterable('upload', rows)
  if (refusal !== undefined) throw refusal
  if (!(rows instanceof Readable || rows instanceof ReadableStream)) return
  const state = stateOf(rows)
  if (state !== undefined)
    throw new TunnelOptionError(
      'ODPS_INVALID_OPTION',
      `upload: the stream of rows ${state}, so its first rows would be missing; pass a stream that has not been read from`,
    )
}

const stateOf = (rows: Readable | ReadableStream): string | undefined => {
  if (isErrored(rows as Readable)) return 'has failed'
  if (Readable.isDisturbed(rows as Readable)) return 'was already read from'
  if (rows instanceof ReadableStream) return rows.locked ? 'is locked' : undefined
  if (rows.destroyed) return 'was destroyed'
  return rows.readableFlowing === true ? 'is being read' : undefined
}
