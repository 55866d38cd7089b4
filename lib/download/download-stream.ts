import { asError } from '../errors.js'
import type { Column } from '../schema/table-schema.js'
import type { DownloadConfig } from './download-reader.js'
import { ItemStream } from './item-stream.js'

/*
 * Node's Readable stands between the rows and whoever reads them, and it costs more per row than the decoding. So rows
 * are pushed for as long as they are wanted, from a batch that is at hand, and a promise is awaited only where a batch
 * has ended. Everything else (sessions, ranges, what is under way) is the reader's; a failure or the end of the stream
 * only lets it go.
 */

/**
 * A Readable (object mode) that gives the rows of a table or of one partition, in order: arrays in column order,
 * or objects with `rowShape: 'object'`.
 *
 * `end` means that every row asked for came, and that every range was verified. Events beside Node's: `session` (the
 * DownloadSession, once open and again when it had to be replaced), `progress` ({@link DownloadStats}, a few times a second).
 */
export class DownloadStream<Row = unknown> extends ItemStream<unknown, Row> {
  #rows: readonly unknown[] = []
  #at = 0
  #reading = false
  #wanted = false

  /** @internal */
  constructor(config: DownloadConfig) {
    super(config, { objectMode: true })
  }

  /** The columns of its rows, in order; undefined until the session is open. */
  get columns(): readonly Column[] | undefined {
    return this.reader.columns
  }

  /**
   * The stream itself, to be iterated: `for await (const row of stream.rows())` knows the type of the rows, while
   * Node's declarations make them `any` in a `for await` over the stream.
   */
  rows(): AsyncIterable<Row> {
    return this
  }

  override _read(): void {
    this.#wanted = true
    if (!this.#reading) this.#pushRows().catch(error => this.destroy(asError(error)))
  }

  /** @internal */
  protected override forget(): void {
    this.#rows = []
  }

  /**
   * Pushes rows as long as more are wanted, waiting only where a batch has ended. Node may ask for more from within
   * `push`, so what is wanted is kept apart from what `push` says, and only one of these runs at a time.
   */
  async #pushRows(): Promise<void> {
    this.#reading = true
    while (this.#wanted && !this.destroyed) {
      if (this.#at === this.#rows.length && !(await this.#nextBatch())) return
      this.#wanted = false
      this.reader.stats.rows++
      if (this.push(this.#rows[this.#at++])) this.#wanted = true
    }
    this.#reading = false
  }

  /** @returns false at the end, or when the stream was destroyed meanwhile */
  async #nextBatch(): Promise<boolean> {
    const rows = await this.reader.next()
    if (this.destroyed) return false
    if (rows === undefined) this.push(null)
    else [this.#rows, this.#at] = [rows, 0]
    return rows !== undefined
  }
}
