import type { Column } from '../../schema/table-schema.js'
import { ByteWriter } from '../../wire/byte-writer.js'
import { scatterStagedRecords, writeStagedRecords } from '../../wire/record-writer.js'
import type { RecordsMemory } from '../../wire/records-memory.js'
import type { CodecOptions } from '../cell-codec.js'
import type { CompiledWriter } from '../generated/encode.js'
import type { OnRecords, RecordScatterer, RecordStream } from '../rows/record-scatterer.js'
import { patience, rest, staged } from './encode.js'
import type { StagedRows } from './staged-rows.js'

/** Undefined where WebAssembly is not to be had, or a column is of a type that is not staged. */
export const createStagedScatterer = <Stream extends RecordStream>(
  columns: readonly Column[],
  options: CodecOptions,
  onRecords: OnRecords<Stream>,
): RecordScatterer<Stream> | undefined =>
  staged(
    columns,
    options,
    (rows, memory, compiled) => new StagedScatterer<Stream>(rows, memory, compiled, onRecords),
  )

/**
 * Rows of all streams are staged together, each with the number of its stream; when they are written, WebAssembly puts the records of
 * each stream together, so that they are given away in one piece. A row that cannot be staged goes to the compiled code, behind
 * the ones before it.
 */
class StagedScatterer<Stream extends RecordStream> implements RecordScatterer<Stream> {
  readonly #rows: StagedRows
  readonly #memory: RecordsMemory
  readonly #compiled: CompiledWriter
  readonly #onRecords: OnRecords<Stream>
  /** Whose rows wait. */
  readonly #streams: Stream[] = []
  /** Of each row that waits, the number of its stream. */
  readonly #places: Uint16Array
  readonly #out = new ByteWriter()
  #refusals = 0

  constructor(
    rows: StagedRows,
    memory: RecordsMemory,
    compiled: CompiledWriter,
    onRecords: OnRecords<Stream>,
  ) {
    this.#rows = rows
    this.#places = new Uint16Array(rows.capacity)
    this.#memory = memory
    this.#compiled = compiled
    this.#onRecords = onRecords
  }

  mayHold(bytes: number): boolean {
    return this.#rows.mostEver >= bytes && this.#rows.mostBytes >= bytes
  }

  add(cells: readonly unknown[], rowIndex: number, stream: Stream): void {
    if (this.#refusals < patience && this.#stage(cells, stream)) return
    this.flush()
    const out = this.#out
    stream.totals.add(this.#compiled.write(out, cells, rowIndex))
    this.#onRecords(stream, out.take())
    out.reclaim()
    if (++this.#refusals === patience + rest) this.#refusals = 0
  }

  #stage(cells: readonly unknown[], stream: Stream): boolean {
    const rows = this.#rows
    if (!rows.add(cells)) return false
    this.#refusals = 0
    if (stream.waiting < 0) stream.waiting = this.#streams.push(stream) - 1
    this.#places[rows.count - 1] = stream.waiting
    stream.totals.rows++
    if (rows.isFull) this.flush()
    return true
  }

  flush(): void {
    if (this.#rows.count === 0) return
    const streams = this.#streams.splice(0)
    for (const stream of streams) stream.waiting = -1
    if (streams.length === 1) this.#writeAlone(streams[0]!)
    else this.#scatter(streams)
  }

  #writeAlone(stream: Stream): void {
    const { bytes, totals } = writeStagedRecords(this.#memory, this.#rows.staged, stream.totals.register)
    this.#rows.clear()
    stream.totals.register = totals
    this.#onRecords(stream, bytes)
  }

  #scatter(streams: readonly Stream[]): void {
    const before = streams.map(({ totals }) => totals.register)
    const { ends, registers, bytes } = scatterStagedRecords(
      this.#memory,
      this.#rows.staged,
      this.#places,
      before,
    )
    this.#rows.clear()
    let from = 0
    for (const [i, stream] of streams.entries()) {
      stream.totals.register = registers[i]!
      this.#onRecords(stream, bytes.subarray(from, ends[i]!))
      from = ends[i]!
    }
  }
}
