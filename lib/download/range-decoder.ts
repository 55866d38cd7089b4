import type { DecodeOptions } from '../codec/rows/record-decoder.js'
import type { CompressionName } from '../compression/compression.js'
import { loadDecoder } from '../session/load-codec.js'
import type { RangeResponse } from './range-request.js'

/*
 * The tunnel gives the same rows in more than one form. How a range is asked for, resumed, counted and read ahead does
 * not depend on the form: that is the work of range-rows. What does is here: what the request says, and a decoder that
 * makes items of the bytes. An item is one row, or several rows in one piece, as a record batch is.
 */

/** Makes items of the bytes of one answer, which are decompressed already, unless its format takes them as they were sent. */
export interface RangeDecoder<Item> {
  /**
   * Appends to `items` all that is complete and whose checksum agrees.
   * @throws what is wrong with the bytes; the items before it are then in `items`
   */
  push(chunk: Uint8Array, items: Item[]): void
  /**
   * To be called at the end of the bytes; appends what only the end confirms.
   * @throws ODPS_TRUNCATED_STREAM when no complete, verified end was seen
   */
  end(items: Item[]): void
  /** Rows in all items so far. */
  readonly rows: number
  /** Bytes taken so far, as they are when decompressed. */
  readonly rawBytes: number
  /** Whether the end was seen, and what it says agrees with all before it. */
  readonly ended: boolean
}

/** A form that rows come in. */
export interface RangeFormat<Item> {
  /** What the request has besides the range and the columns. */
  readonly parameters?: Readonly<Record<string, string>>
  /** Headers of the request, in place of the client's. */
  readonly headers?: Readonly<Record<string, string>>
  /** The compression whose bytes the decoder takes as they were sent. */
  readonly asSent?: CompressionName | undefined
  /**
   * Whether its decoders look at no byte of a chunk once `push` has returned, and rows hold none; or do so of bytes that they take as
   * they were sent.
   */
  readonly copiesBytes?: boolean | 'as sent' | undefined
  /** The columns that the request names, where the form wants an order of its own. */
  readonly columns?: readonly string[] | undefined
  /**
   * Loads the decoder's code, while the first request is under way. `firstRow` is the number of the first row asked for,
   * `rowsAsked` how many rows there are from it on.
   */
  load(): Promise<(response: RangeResponse, firstRow: number, rowsAsked: number) => RangeDecoder<Item>>
}

/** Records, one after the other: every item is a row. */
export const recordFormat = (decode: DecodeOptions): RangeFormat<unknown> => ({
  copiesBytes: true,
  load: async () => {
    const { createRecordDecoder } = await loadDecoder()
    return ({ columns }, firstRow) => createRecordDecoder(columns, { ...decode, firstRow })
  },
})
