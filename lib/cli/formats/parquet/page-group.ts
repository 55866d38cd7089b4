import type { ColumnMetaData, PageHeader } from 'hyparquet'
import type { EncodedPage, PageContent, PageEncoder } from '../../../codec/pages/page-encoder.js'
import type { EncodedRecords } from '../../../codec/rows/encoded-records.js'
import { checkPageSize } from './compression.js'
import { chunkRange } from './groups.js'
import { decompress, type PageDecoders, type RawPage } from './page-bytes.js'
import { type FileBytes, PageStream } from './page-stream.js'
import type { Leaf } from './schema.js'

/*
 * A row group whose pages become records as they are (codec/pages). Whatever is not as it should be ends this way without a word: the other
 * one (column.ts) comes to the same place, and tells what is wrong there.
 */

/** A column chunk that becomes a column of records. */
export interface PageChunk {
  readonly leaf: Leaf
  readonly metadata: ColumnMetaData
}

/** What all row groups of a file have in common. */
export interface PageFile {
  readonly file: FileBytes
  readonly decoders: PageDecoders
  readonly encoder: PageEncoder
  /** Memory for each column that serves again. */
  readonly windows: Uint8Array<ArrayBuffer>[]
}

/** More values of a page are not believed (page.ts). */
const maxValues = 2 ** 24

export class PageGroup {
  readonly #encoder: PageEncoder
  readonly #columns: readonly ColumnPages[]

  /** @throws for columns that can't be taken, as those of another length */
  constructor(file: PageFile, chunks: readonly PageChunk[], rows: number) {
    this.#encoder = file.encoder
    this.#columns = chunks.map((chunk, i) => new ColumnPages(file, i, chunk, rows))
    file.encoder.open()
  }

  /** The next rows, all of them; undefined when one is refused, and then nothing more is to be had. */
  async take(rows: number): Promise<EncodedRecords | undefined> {
    for (let left = rows; left > 0; ) {
      let count = left
      for (const column of this.#columns) {
        while (column.left === 0) if (!(await column.load())) return undefined
        count = Math.min(count, column.left)
      }
      if (!this.#encoder.write(count)) return undefined
      for (const column of this.#columns) column.left -= count
      left -= count
    }
    return this.#encoder.take()
  }
}

class ColumnPages {
  /** Entries of the page that is loaded, which are not written. */
  left = 0
  readonly #encoder: PageEncoder
  readonly #decoders: PageDecoders
  readonly #windows: Uint8Array<ArrayBuffer>[]
  readonly #index: number
  readonly #chunk: PageChunk
  readonly #pages: PageStream
  /** Entries of pages that are not loaded. */
  #announced: number
  #isFirst = true

  constructor({ file, decoders, encoder, windows }: PageFile, index: number, chunk: PageChunk, rows: number) {
    const { leaf, metadata } = chunk
    const isThere =
      metadata.path_in_schema.join('.') === leaf.name &&
      metadata.type === leaf.element.type &&
      Number(metadata.num_values) === rows
    if (!isThere) throw new RangeError('the column is not where its schema says, or has another length')
    this.#encoder = encoder
    this.#decoders = decoders
    this.#windows = windows
    this.#index = index
    this.#chunk = chunk
    this.#announced = rows
    const window = windows[index] ?? new Uint8Array(0)
    const range = chunkRange(metadata, file.byteLength)
    if (!range.every(Number.isSafeInteger)) throw new RangeError('the column is outside the file')
    this.#pages = new PageStream(file, decoders, range, window)
  }

  /** Loads the next page, which may have no entries. @returns whether there is one that can be taken */
  async load(): Promise<boolean> {
    if (this.#announced === 0) return false
    try {
      const page = await this.#pages.next()
      this.#windows[this.#index] = this.#pages.window
      return this.#load(page)
    } catch {
      return false
    }
  }

  #load({ header, bytes }: RawPage): boolean {
    const isFirst = this.#isFirst
    this.#isFirst = false
    switch (header.type) {
      case 'INDEX_PAGE':
        return true
      case 'DICTIONARY_PAGE': {
        const count = header.dictionary_page_header?.num_values
        if (!isFirst || count === undefined || count > maxValues) return false
        const content = this.#content(bytes, header.uncompressed_page_size)
        return this.#encoder.loadDictionary(this.#index, content, count)
      }
      case 'DATA_PAGE':
      case 'DATA_PAGE_V2': {
        const page = header.type === 'DATA_PAGE' ? this.#first(header, bytes) : this.#second(header, bytes)
        if (page === undefined || page.count > Math.min(this.#announced, maxValues)) return false
        if (!this.#encoder.loadPage(this.#index, page)) return false
        this.#announced -= page.count
        this.left = page.count
        return true
      }
      default:
        return false
    }
  }

  get #isSnappy(): boolean {
    return this.#chunk.metadata.codec === 'SNAPPY'
  }

  /** Snappy is left packed: it is decoded where its page is wanted. */
  #content(bytes: Uint8Array, unpackedBytes: number): PageContent {
    if (!this.#isSnappy || unpackedBytes === 0)
      return {
        bytes: decompress(this.#decoders, this.#chunk.metadata.codec, bytes, unpackedBytes),
        unpackedBytes: undefined,
      }
    checkPageSize(bytes.length, unpackedBytes)
    return { bytes, unpackedBytes }
  }

  #first(header: PageHeader, bytes: Uint8Array): EncodedPage | undefined {
    const told = header.data_page_header
    const form = told && formOf[told.encoding]
    if (told === undefined || form === undefined) return undefined
    const levels = this.#chunk.leaf.maxDefinition === 0 ? undefined : 'inside'
    if (levels !== undefined && told.definition_level_encoding !== 'RLE') return undefined
    const count = told.num_values
    return { count, levels, form, content: this.#content(bytes, header.uncompressed_page_size) }
  }

  #second(header: PageHeader, bytes: Uint8Array): EncodedPage | undefined {
    const told = header.data_page_header_v2
    if (told === undefined) return undefined
    const { num_values: count, repetition_levels_byte_length: a, definition_levels_byte_length: b } = told
    const form = formOf[told.encoding]
    if (form === undefined || a + b > bytes.length) return undefined
    const rest = bytes.subarray(a + b)
    const content =
      told.is_compressed === false
        ? { bytes: rest, unpackedBytes: undefined }
        : this.#content(rest, header.uncompressed_page_size - a - b)
    const levels = this.#chunk.leaf.maxDefinition === 0 ? undefined : bytes.subarray(a, a + b)
    return { count, levels, form, content }
  }
}

/** Encodings that can be taken. */
const formOf: Readonly<Partial<Record<string, EncodedPage['form']>>> = {
  PLAIN: 'plain',
  PLAIN_DICTIONARY: 'indexes',
  RLE_DICTIONARY: 'indexes',
  RLE: 'runs',
}
