import { crc32 } from 'node:zlib'
import type { CompressionCodec, Compressors, DataReader, PageHeader } from 'hyparquet'
import { checkPageSize, loadCompressors } from './compression.js'
import { DamagedParquet } from './error.js'
import { requireIntegers } from './required.js'
import { checkStruct } from './thrift.js'

/* Pages of a column chunk as they lie there: headers, bytes, and what these decompress to. */

/** The functions of the package that work below its own values. */
export interface PageDecoders {
  readonly parquetHeader: (reader: DataReader) => PageHeader
  readonly decompressPage: typeof import('hyparquet/src/datapage.js').decompressPage
  readonly readPlain: typeof import('hyparquet/src/plain.js').readPlain
  readonly byteStreamSplit: typeof import('hyparquet/src/encoding.js').byteStreamSplit
  readonly compressors: Compressors
}

let loaded: Promise<PageDecoders> | undefined

/** Once per process: looking modules up takes longer than reading a small file. */
export const loadPageDecoders = (): Promise<PageDecoders> => {
  loaded ??= importPageDecoders()
  return loaded
}

const importPageDecoders = async (): Promise<PageDecoders> => {
  const [column, datapage, plain, encoding, compressors] = await Promise.all([
    import('hyparquet/src/column.js'),
    import('hyparquet/src/datapage.js'),
    import('hyparquet/src/plain.js'),
    import('hyparquet/src/encoding.js'),
    loadCompressors(),
  ])
  return {
    parquetHeader: column.parquetHeader,
    decompressPage: datapage.decompressPage,
    readPlain: plain.readPlain,
    byteStreamSplit: encoding.byteStreamSplit,
    compressors,
  }
}

export interface RawPage {
  readonly header: PageHeader
  /** As they are compressed. */
  readonly bytes: Uint8Array
  /** Where the next one begins. */
  readonly end: number
}

export interface RawHeader {
  readonly header: PageHeader
  /** Where the bytes of the page begin. */
  readonly from: number
}

/** @throws where there is none, or one without what its page is read by */
export const headerAt = ({ parquetHeader }: PageDecoders, all: Uint8Array, at: number): RawHeader => {
  checkStruct(all, at)
  const reader: DataReader = { view: new DataView(all.buffer, all.byteOffset, all.byteLength), offset: at }
  const header = parquetHeader(reader)
  requireIntegers(header, 'a page', 'i32', ['uncompressed_page_size', 'compressed_page_size'])
  const { dictionary_page_header: dictionary, data_page_header: first, data_page_header_v2: second } = header
  if (dictionary) requireIntegers(dictionary, 'a dictionary page', 'i32', ['num_values'])
  if (first) requireIntegers(first, 'a page', 'i32', ['num_values'])
  if (second) requireIntegers(second, 'a page', 'i32', secondVersionCounts)
  return { header, from: reader.offset }
}

const secondVersionCounts = [
  'num_values',
  'definition_levels_byte_length',
  'repetition_levels_byte_length',
] as const

/** @throws DamagedParquet for bytes that are not there, or not those of their checksum */
export const pageOf = (all: Uint8Array, { header, from }: RawHeader): RawPage => {
  const { compressed_page_size: size, crc } = header
  const end = from + size
  if (end > all.length) throw new DamagedParquet('a page extends beyond its column')
  const bytes = all.subarray(from, end)
  if (crc !== undefined && crc32(bytes) !== crc >>> 0)
    throw new DamagedParquet('the checksum of a page does not match')
  return { header, bytes, end }
}

/** Takes the pages of one column chunk, one after the other. */
export class PageBytes {
  readonly #decoders: PageDecoders
  readonly #codec: CompressionCodec
  readonly #chunk: Uint8Array
  #at = 0

  constructor(decoders: PageDecoders, codec: CompressionCodec, chunk: ArrayBuffer) {
    this.#decoders = decoders
    this.#codec = codec
    this.#chunk = new Uint8Array(chunk)
  }

  next(): RawPage {
    const page = pageOf(this.#chunk, headerAt(this.#decoders, this.#chunk, this.#at))
    this.#at = page.end
    return page
  }

  decompress(bytes: Uint8Array, size: number): Uint8Array {
    return decompress(this.#decoders, this.#codec, bytes, size)
  }
}

export const decompress = (
  { decompressPage, compressors }: PageDecoders,
  codec: CompressionCodec,
  bytes: Uint8Array,
  size: number,
): Uint8Array => {
  if (size === 0) return new Uint8Array(0)
  checkPageSize(bytes.length, size)
  return decompressPage(bytes, size, codec, compressors)
}
