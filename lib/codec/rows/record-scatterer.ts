import type { StreamTotals } from '../stream/totals.js'
import type { RecordSink } from './record-sink.js'

/*
 * Records of many streams that grow in any order, as those of many partitions do. An encoder for each would hold a buffer each; here
 * all share one way of writing, and a stream is no more than its totals. Rows may wait until there are some to be written
 * together, whichever streams they are of: a call into WebAssembly has its price, and so has every copy of a few bytes.
 */

/** One of the streams. */
export interface RecordStream {
  /** Of its records: the rows count at once, the checksum is up to date after `flush`. */
  readonly totals: StreamTotals
  /** For the scatterer: its number among the streams whose rows wait; -1 when none of its own does, as it has to be at first. */
  waiting: number
}

/** @param bytes the next records of a stream, bare; good until this returns */
export type OnRecords<Stream> = (stream: Stream, bytes: Buffer) => void

export interface RecordScatterer<Stream extends RecordStream> {
  /**
   * Takes one row. Its record, and those of rows that wait, may be given away before this returns, each stream's in their order.
   * @param cells in column order, more may follow
   * @throws TunnelValueError for a row that does not fit; its stream is then as before
   */
  add(cells: readonly unknown[], rowIndex: number, stream: Stream): void
  /** Writes all rows that wait, and gives their records away. To be called before the totals of a stream are used. */
  flush(): void
  /** Whether the records of the rows that wait may have at least so many bytes: cheap after every row. */
  mayHold(bytes: number): boolean
}

/** Writes records one by one: no row waits. */
export class SingleScatterer<Stream extends RecordStream> implements RecordScatterer<Stream> {
  readonly #sink: RecordSink
  readonly #onRecords: OnRecords<Stream>

  constructor(sink: RecordSink, onRecords: OnRecords<Stream>) {
    this.#sink = sink
    this.#onRecords = onRecords
  }

  add(cells: readonly unknown[], rowIndex: number, stream: Stream): void {
    const sink = this.#sink
    sink.reclaim()
    sink.totals.register = stream.totals.register
    sink.add(cells, rowIndex)
    const bytes = sink.take()
    stream.totals.rows++
    stream.totals.register = sink.totals.register
    this.#onRecords(stream, bytes)
  }

  flush(): void {}

  mayHold(bytes: number): boolean {
    return bytes <= 0
  }
}
