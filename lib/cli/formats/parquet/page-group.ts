import type { ColumnMetaData, PageHeader } from 'hyparquet'
import type { EncodedPage, PageContent, PageEncoder, PageSizes } from '../../../codec/pages/page-encoder.js'
import type { EncodedRecords } from '../../../codec/rows/encoded-records.js'
import { checkPageSize } from './compression.js'
import { PageBytes, type PageDecoders, type RawPage } from './page-bytes.js'
import type { Leaf } from './schema.js'

/*
 * A row group whose pages become records as they are (codec/pages). All headers are looked at first, so that it is known what memory the
 * group takes, and whether every page is of a kind that can be taken. Whatever is not as it should be ends this way without a word:
 * the other one (column.ts) comes to the same place, and tells what is wrong there.
 */

/** A column chunk that becomes a column of records. */
export interface PageChunk {
  readonly leaf: Leaf
  readonly metadata: ColumnMetaData
  readonly bytes: ArrayBuffer
}

/** More values of a page are not believed (page.ts). */
const maxValues = 2 ** 24

export class PageGroup {
  readonly #encoder: PageEncoder
  readonly #columns: readonly ColumnPages[]

  /**
   * @param mostRows that are ever taken at once
   * @returns undefined for a group that this is no way for
   */
  static open(
    encoder: PageEncoder,
    decoders: PageDecoders,
    chunks: readonly PageChunk[],
    rows: number,
    mostRows: number,
  ): PageGroup | undefined {
    const columns = chunks.map((chunk, i) => scanned(new ColumnPages(encoder, i, decoders, chunk), rows))
    if (!columns.every(column => column !== undefined)) return undefined
    const sizes = columns.map(column => column.sizes)
    return encoder.open(sizes, mostRows) ? new PageGroup(encoder, columns) : undefined
  }

  private constructor(encoder: PageEncoder, columns: readonly ColumnPages[]) {
    this.#encoder = encoder
    this.#columns = columns
  }

  /** The next rows, all of them; undefined when one is refused, and then nothing more is to be had. */
  take(rows: number): EncodedRecords | undefined {
    for (let left = rows; left > 0; ) {
      let count = left
      for (const column of this.#columns) count = Math.min(count, column.ready())
      if (count === 0 || !this.#encoder.write(count)) return undefined
      for (const column of this.#columns) column.left -= count
      left -= count
    }
    return this.#encoder.take()
  }
}

/** Undefined for a column with pages that can't be taken, or damaged ones. */
const scanned = (column: ColumnPages, rows: number): ColumnPages | undefined => {
  try {
    return column.scan(rows) ? column : undefined
  } catch {
    return undefined
  }
}

class ColumnPages {
  /** Entries of the page that is loaded, which are not written. */
  left = 0
  readonly #encoder: PageEncoder
  readonly #index: number
  readonly #chunk: PageChunk
  readonly #bytes: PageBytes
  readonly #pages: RawPage[] = []
  #next = 0
  #sizes: PageSizes = { pageBytes: 0, packedBytes: 0, entries: 0, dictionaryBytes: 0, dictionaryValues: 0 }

  constructor(encoder: PageEncoder, index: number, decoders: PageDecoders, chunk: PageChunk) {
    this.#encoder = encoder
    this.#index = index
    this.#chunk = chunk
    this.#bytes = new PageBytes(decoders, chunk.metadata.codec, chunk.bytes)
  }

  get sizes(): PageSizes {
    return this.#sizes
  }

  /** Looks at the headers. @returns whether they are such as can be taken, and have so many rows */
  scan(rows: number): boolean {
    const { leaf, metadata } = this.#chunk
    // Of a column that is not where its schema says, or of another length, the other way tells.
    if (metadata.path_in_schema.join('.') !== leaf.name || metadata.type !== leaf.element.type) return false
    if (Number(metadata.num_values) !== rows) return false
    for (let left = rows; left > 0; ) {
      const page = this.#bytes.next()
      const { header } = page
      if (header.type === 'INDEX_PAGE') continue
      this.#pages.push(page)
      this.#sizes = {
        ...this.#sizes,
        packedBytes: Math.max(this.#sizes.packedBytes, this.#isSnappy ? page.bytes.length : 0),
      }
      const bytes = Math.max(header.uncompressed_page_size, page.bytes.length)
      if (header.type === 'DICTIONARY_PAGE') {
        const count = header.dictionary_page_header?.num_values
        if (count === undefined || count < 0 || count > maxValues || this.#pages.length > 1) return false
        this.#sizes = { ...this.#sizes, dictionaryBytes: bytes, dictionaryValues: count }
        continue
      }
      const count = header.type === 'DATA_PAGE' ? firstCount(header, leaf) : secondCount(header)
      if (count === undefined || count < 0 || count > Math.min(left, maxValues)) return false
      left -= count
      this.#sizes = {
        ...this.#sizes,
        pageBytes: Math.max(this.#sizes.pageBytes, bytes),
        entries: Math.max(this.#sizes.entries, count),
      }
    }
    return true
  }

  get #isSnappy(): boolean {
    return this.#chunk.metadata.codec === 'SNAPPY'
  }

  /** Snappy is left packed: it is decoded where its page is wanted. */
  #content(bytes: Uint8Array, unpackedBytes: number): PageContent {
    if (!this.#isSnappy || unpackedBytes === 0)
      return { bytes: this.#bytes.decompress(bytes, unpackedBytes), unpackedBytes: undefined }
    checkPageSize(bytes.length, unpackedBytes)
    return { bytes, unpackedBytes }
  }

  /** The entries of a page that are left; a page is loaded when there are none. @returns 0 when that can't be */
  ready(): number {
    while (this.left === 0) {
      const page = this.#pages[this.#next++]
      if (page === undefined || !this.#load(page)) return 0
    }
    return this.left
  }

  #load({ header, bytes }: RawPage): boolean {
    try {
      if (header.type === 'DICTIONARY_PAGE') {
        const content = this.#content(bytes, header.uncompressed_page_size)
        const count = header.dictionary_page_header!.num_values
        return this.#encoder.loadDictionary(this.#index, content, count)
      }
      const page = header.type === 'DATA_PAGE' ? this.#first(header, bytes) : this.#second(header, bytes)
      if (page === undefined || !this.#encoder.loadPage(this.#index, page)) return false
      this.left = page.count
      return true
    } catch {
      return false
    }
  }

  #first(header: PageHeader, bytes: Uint8Array): EncodedPage | undefined {
    const { num_values: count, encoding } = header.data_page_header!
    const form = formOf[encoding]
    if (form === undefined) return undefined
    const levels = this.#chunk.leaf.maxDefinition === 0 ? undefined : 'inside'
    return { count, levels, form, content: this.#content(bytes, header.uncompressed_page_size) }
  }

  #second(header: PageHeader, bytes: Uint8Array): EncodedPage | undefined {
    const told = header.data_page_header_v2!
    const { num_values: count, repetition_levels_byte_length: a, definition_levels_byte_length: b } = told
    const form = formOf[told.encoding]
    if (form === undefined || a < 0 || b < 0 || a + b > bytes.length) return undefined
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

/** Undefined for a page that can't be taken. */
const firstCount = ({ data_page_header: told }: PageHeader, leaf: Leaf): number | undefined => {
  if (told === undefined || formOf[told.encoding] === undefined) return undefined
  return leaf.maxDefinition === 0 || told.definition_level_encoding === 'RLE' ? told.num_values : undefined
}

const secondCount = ({ type, data_page_header_v2: told }: PageHeader): number | undefined =>
  type !== 'DATA_PAGE_V2' || told === undefined || formOf[told.encoding] === undefined
    ? undefined
    : told.num_values
