import type { WireRows } from '../../arrow/tunnel/wire-plan.js'
import { TunnelValueError } from '../../errors.js'
import type { Column } from '../../schema/table-schema.js'
import { type ApacheArrow, apacheArrow } from '../apache-arrow.js'
import { BatchSource } from './batch-source.js'

/** What the chunks of an upload become. */
export interface BatchInput {
  /** @throws TunnelValueError for a chunk that is none; as {@link BatchSource.push} */
  batches(chunk: unknown, row: () => number): AsyncGenerator<WireRows, void, undefined>
  /** No more chunks come. @throws TunnelValueError when something is missing */
  end(): void
}

type Columns = () => Promise<readonly Column[]>

/** Chunks are bytes of one Arrow IPC stream, cut anywhere. */
export const ipcInput = (columns: Columns): BatchInput => {
  const source = new BatchSource(columns)
  return {
    batches: (chunk, row) => {
      if (!(chunk instanceof Uint8Array)) throw wrongChunk("bytes of an Arrow IPC stream (as: 'ipc')")
      return source.push(chunk, row)
    },
    end: () => source.end(),
  }
}

/**
 * Chunks are record batches, or tables of them. The package writes each as a stream of its own, which re-bases slices and
 * says what the dictionaries hold; from there on all is as with bytes.
 */
export const recordBatchInput = (columns: Columns): BatchInput => ({
  async *batches(chunk, row) {
    for (const bytes of ipcOf(apacheArrow.loaded(), chunk)) {
      const source = new BatchSource(columns)
      yield* source.push(bytes, row)
      source.end()
    }
  },
  end: () => {},
})

/** The package's own tests for its classes work across copies of it, which a program may have several of. */
function* ipcOf(arrow: ApacheArrow, chunk: unknown): Generator<Uint8Array> {
  if (arrow.isArrowRecordBatch(chunk)) yield arrow.tableToIPC(new arrow.Table([chunk]), 'stream')
  else if (!arrow.isArrowTable(chunk)) throw wrongChunk('a RecordBatch or Table of the package apache-arrow')
  else if (chunk.batches.length === 0) yield arrow.tableToIPC(chunk, 'stream')
  else for (const batch of chunk.batches) yield arrow.tableToIPC(new arrow.Table([batch]), 'stream')
}

const wrongChunk = (what: string): TunnelValueError =>
  new TunnelValueError('ODPS_INVALID_ROW', `A chunk of an Arrow upload must be ${what}`)
