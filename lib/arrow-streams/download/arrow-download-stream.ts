import type { ArrowField } from '../../arrow/ipc/schema.js'
import type { DownloadConfig } from '../../download/download-reader.js'
import { ItemStream } from '../../download/item-stream.js'
import { asError } from '../../errors.js'
import type { CallOptions } from '../../session/call-options.js'
import { chunksOf } from '../../stream-chunks.js'
import type { BatchOutput } from './batch-output.js'
import type { OutputBatch } from './projection.js'

export interface ArrowDownloadConfig<Chunk> extends DownloadConfig<OutputBatch> {
  readonly output: BatchOutput<Chunk>
  readonly objectMode: boolean
  /** Of all batches; asked for when the first one came, or none. */
  readonly fields: (call: CallOptions) => Promise<readonly ArrowField[]>
}

/**
 * A Readable that gives the rows of a table or of one partition in Arrow, in order: record batches of the package
 * `apache-arrow`, or with `as: 'ipc'` the bytes of an Arrow IPC stream.
 *
 * `end` means that every row asked for came, and that every range was verified. Events: `session`, `progress`, as for a
 * download of rows. `stats.rows` counts rows, not batches.
 */
export class ArrowDownloadStream<Chunk> extends ItemStream<OutputBatch, Chunk> {
  readonly #config: ArrowDownloadConfig<Chunk>
  #fields: readonly ArrowField[] | undefined
  #chunks: (Chunk | null)[] = []
  #reading = false
  #wanted = false

  /** @internal */
  constructor(config: ArrowDownloadConfig<Chunk>) {
    super(config, { objectMode: config.objectMode })
    this.#config = config
  }

  /** The stream itself, to be iterated: Node's declarations make the chunks `any` in a `for await` over the stream. */
  chunks(): AsyncIterable<Chunk> {
    return this
  }

  /** Of bytes the iteration gives chunks as they were pushed. Where somebody listens to `readable` they don't flow, and Node joins them. */
  override [Symbol.asyncIterator](): ReturnType<ItemStream<OutputBatch, Chunk>[typeof Symbol.asyncIterator]> {
    const isFlowing = !this.readableObjectMode && this.listenerCount('readable') === 0
    return isFlowing ? chunksOf<Buffer>(this) : super[Symbol.asyncIterator]()
  }

  override _read(): void {
    this.#wanted = true
    if (!this.#reading) this.#pushChunks().catch(error => this.destroy(asError(error)))
  }

  /** @internal */
  protected override async begin(): Promise<void> {
    await this.#config.output.prepare()
    await super.begin()
  }

  /** @internal */
  protected override forget(): void {
    this.#chunks = []
  }

  /** As in a download of rows: one of these at a time, for as long as more is wanted. */
  async #pushChunks(): Promise<void> {
    this.#reading = true
    while (this.#wanted && !this.destroyed) {
      while (this.#chunks.length === 0 && !this.destroyed) await this.#fill()
      if (this.destroyed) return
      const chunk = this.#chunks.shift()!
      this.#wanted = false
      if (this.push(chunk)) this.#wanted = true
      if (chunk === null) return
    }
    this.#reading = false
  }

  async #fill(): Promise<void> {
    const { output } = this.#config
    const batches = await this.reader.next()
    this.#fields ??= await this.#config.fields(this.reader.call)
    const fields = this.#fields
    if (this.destroyed) return
    if (batches === undefined) this.#chunks = [...output.end(fields), null]
    for (const batch of batches ?? []) {
      this.#chunks.push(...output.add(batch, fields))
      this.reader.stats.rows += batch.length
    }
  }
}
