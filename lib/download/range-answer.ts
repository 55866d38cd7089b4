import type { ByteShare } from '../budget/byte-budget.js'
import { compressionOf } from '../compression/compression.js'
import { decompress } from '../compression/decompressor.js'
import { TunnelProtocolError } from '../errors.js'
import { ChunkQueue, type WaitWatch } from './chunk-queue.js'
import type { RangeDecoder, RangeFormat } from './range-decoder.js'
import type { RangeResponse } from './range-request.js'
import type { RowRange } from './row-range.js'

interface Opened {
  /** As the decoder takes them. */
  readonly bytes: AsyncIterator<Buffer>
  /** To be told of those that the decoder took, unless a decompressor is told of what they came from. */
  readonly release: ((chunk: Uint8Array) => void) | undefined
}

export interface RangeAnswerOptions<Item> {
  readonly format: RangeFormat<Item>
  readonly budget: ByteShare
  readonly onWait?: WaitWatch | undefined
  /** Told of received (compressed) and of decoded bytes. */
  readonly onBytes?: ((wireBytes: number, rawBytes: number) => void) | undefined
}

/**
 * One answer, from its bytes to its items. It gives nothing that isn't verified: an item whose checksum hasn't been
 * seen, and the last of the range before the end of the stream agrees with all of them, are held back. It is made before
 * its request has been answered, so that its bytes are fetched while another range is read.
 */
export class RangeAnswer<Item> {
  /** Whether the head of the answer came. */
  opened = false
  readonly #expected: number
  readonly #opened: Promise<Opened>
  #source: Opened | undefined
  readonly #options: RangeAnswerOptions<Item>
  #decoder: RangeDecoder<Item> | undefined
  #queue: ChunkQueue | undefined
  #response: RangeResponse | undefined
  #closed = false
  /**
   * Not made before it is filled: an array that waited for its turn is in the engine's old generation, and keeps rows that are long
   * done with until all of that is collected.
   */
  #held: Item[] | undefined

  constructor(response: Promise<RangeResponse>, asked: RowRange, options: RangeAnswerOptions<Item>) {
    this.#expected = asked.count
    this.#options = options
    this.#opened = this.#open(response, asked.start)
    // Whoever asks for items gets the error; until then it must not count as unhandled.
    this.#opened.catch(() => {})
  }

  /** Rows of all items that the answer gave, or holds. */
  get rows(): number {
    return this.#decoder?.rows ?? 0
  }

  /** At least one item, or undefined at the verified end of the answer. */
  async next(): Promise<Item[] | undefined> {
    this.#source ??= await this.#opened
    const { bytes, release } = this.#source
    for (;;) {
      const { done, value } = await bytes.next()
      if (done) return this.#end()
      const items = this.#decode(value)
      release?.(value)
      if (items.length > 0) return items
    }
  }

  /** Reads what follows the end of the stream: nothing but the end of its compression. */
  async drain(): Promise<void> {
    const { bytes } = await this.#opened
    while (!(await bytes.next()).done);
  }

  /** Lets the answer go. Resolves when nothing comes of the request any more. */
  async close(): Promise<void> {
    this.#closed = true
    this.#queue?.close()
    this.#response?.destroy()
    await this.#opened.catch(() => {})
  }

  async #open(answer: Promise<RangeResponse>, firstRow: number): Promise<Opened> {
    const { format, budget, onBytes, onWait } = this.#options
    const [response, createDecoder] = await Promise.all([answer, format.load()])
    this.#response = response
    if (this.#closed) response.destroy()
    this.opened = true
    this.#decoder = createDecoder(response, firstRow, this.#expected)
    this.#queue = new ChunkQueue(response.body, budget, bytes => onBytes?.(bytes, 0), onWait)
    const encoding = compressionOf(response.contentEncoding)
    const isAsSent = encoding === format.asSent
    const isCopied = format.copiesBytes === true || (isAsSent && format.copiesBytes === 'as sent')
    const release = isCopied ? (chunk: Uint8Array) => response.body.release?.(chunk) : undefined
    // What isn't to be decompressed goes past all that is done for each chunk of it.
    if (isAsSent || encoding === 'raw') return { bytes: this.#queue[Symbol.asyncIterator](), release }
    return { bytes: decompress(response.contentEncoding, this.#queue, { release }), release: undefined }
  }

  #decode(chunk: Buffer): Item[] {
    const decoder = this.#decoder!
    const items = this.#held ?? []
    this.#held = items
    this.#tellBytes(() => decoder.push(chunk, items))
    if (decoder.rows > this.#expected) throw tooManyRows(this.#expected)
    if (decoder.rows === this.#expected && !decoder.ended) return []
    this.#held = undefined
    return items
  }

  #tellBytes(work: () => void): void {
    const decoder = this.#decoder!
    const before = decoder.rawBytes
    work()
    this.#options.onBytes?.(0, decoder.rawBytes - before)
  }

  #end(): Item[] | undefined {
    const items = this.#held ?? []
    this.#tellBytes(() => this.#decoder!.end(items))
    if (this.rows > this.#expected) throw tooManyRows(this.#expected)
    this.#held = undefined
    return items.length > 0 ? items : undefined
  }
}

const tooManyRows = (expected: number): TunnelProtocolError =>
  new TunnelProtocolError('ODPS_COUNT_MISMATCH', `The service sent more than the ${expected} requested rows`)
