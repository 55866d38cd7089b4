import { brotliDecompressSync, gunzipSync, crc32 as zlibCrc32 } from 'node:zlib'
import type { CompressionCodec, Compressors, DataReader, DecodedArray, Encoding, PageHeader } from 'hyparquet'
import type { Leaf } from './parquet-schema.js'

/*
 * Pages of a column chunk: their levels and what lies in them, before anything is made of it. The package has the
 * decoders of all encodings; what it makes of their values (text, dates, objects, lists) is not taken, because bytes,
 * keys and the difference between NULL and empty get lost there.
 */

/** Levels are undefined where all of them are the highest, or there can be none. */
export interface Page {
  readonly count: number
  readonly definitions: Uint8Array | undefined
  readonly repetitions: Uint8Array | undefined
  /** A value for each definition level that is the highest: as it lies there, or the index into the dictionary. */
  readonly values: DecodedArray
  readonly isIndexed: boolean
}

/** Something in the file is not what the format says. */
export class DamagedParquet extends Error {}

/** The functions of the package that work below its own values. */
export interface PageDecoders {
  readonly parquetHeader: (reader: DataReader) => PageHeader
  readonly decompressPage: typeof import('hyparquet/src/datapage.js').decompressPage
  readonly readPlain: typeof import('hyparquet/src/plain.js').readPlain
  readonly readRle: typeof import('hyparquet/src/encoding.js').readRleBitPackedHybrid
  readonly byteStreamSplit: typeof import('hyparquet/src/encoding.js').byteStreamSplit
  readonly delta: typeof import('hyparquet/src/delta.js')
  readonly compressors: Compressors
}

export const loadPageDecoders = async (): Promise<PageDecoders> => {
  const [column, datapage, plain, encoding, delta, { compressors }] = await Promise.all([
    import('hyparquet/src/column.js'),
    import('hyparquet/src/datapage.js'),
    import('hyparquet/src/plain.js'),
    import('hyparquet/src/encoding.js'),
    import('hyparquet/src/delta.js'),
    import('hyparquet-compressors'),
  ])
  return {
    parquetHeader: column.parquetHeader,
    decompressPage: datapage.decompressPage,
    readPlain: plain.readPlain,
    readRle: encoding.readRleBitPackedHybrid,
    byteStreamSplit: encoding.byteStreamSplit,
    delta,
    // Node's own know several members in a row, and are faster.
    compressors: {
      ...compressors,
      GZIP: (input, length) => gunzipSync(input, { maxOutputLength: Math.max(length, 1) }),
      BROTLI: (input, length) => brotliDecompressSync(input, { maxOutputLength: Math.max(length, 1) }),
    },
  }
}

/** Reads the pages of one column chunk, one after the other. */
export class PageReader {
  readonly #decoders: PageDecoders
  readonly #leaf: Leaf
  readonly #codec: CompressionCodec
  readonly #reader: DataReader
  /** What the dictionary page held, if there was one. */
  dictionary: DecodedArray | undefined

  constructor(decoders: PageDecoders, leaf: Leaf, codec: CompressionCodec, chunk: ArrayBuffer) {
    this.#decoders = decoders
    this.#leaf = leaf
    this.#codec = codec
    this.#reader = { view: new DataView(chunk), offset: 0 }
  }

  /** The next page of data. @param most the values that its column still announces */
  next(most: number): Page {
    for (;;) {
      const header = this.#decoders.parquetHeader(this.#reader)
      const bytes = this.#take(header)
      switch (header.type) {
        case 'DATA_PAGE':
          return this.#firstVersion(header, bytes, most)
        case 'DATA_PAGE_V2':
          return this.#secondVersion(header, bytes, most)
        case 'DICTIONARY_PAGE':
          this.dictionary = this.#readDictionary(header, bytes)
          break
        case 'INDEX_PAGE':
          break
        default:
          throw new DamagedParquet('there is a page of an unknown kind')
      }
    }
  }

  #take({ compressed_page_size: size, crc }: PageHeader): Uint8Array {
    const { view, offset } = this.#reader
    if (size < 0 || offset + size > view.byteLength) throw new DamagedParquet('a page goes beyond its column')
    this.#reader.offset += size
    const bytes = new Uint8Array(view.buffer, view.byteOffset + offset, size)
    if (crc !== undefined && checksum(bytes) !== undefined && checksum(bytes) !== crc >>> 0)
      throw new DamagedParquet('a page has another checksum than it should')
    return bytes
  }

  #decompress(bytes: Uint8Array, size: number): Uint8Array {
    if (size === 0) return new Uint8Array(0)
    return this.#decoders.decompressPage(bytes, size, this.#codec, this.#decoders.compressors)
  }

  #readDictionary(header: PageHeader, bytes: Uint8Array): DecodedArray {
    const count = header.dictionary_page_header?.num_values
    if (count === undefined) throw new DamagedParquet('a dictionary page has no header of its own')
    return this.#plain(readerOf(this.#decompress(bytes, header.uncompressed_page_size)), count)
  }

  #firstVersion(header: PageHeader, bytes: Uint8Array, most: number): Page {
    const told = header.data_page_header
    if (told === undefined) throw new DamagedParquet('a page has no header of its own')
    const { maxRepetition, maxDefinition } = this.#leaf
    const { num_values: count, encoding } = told
    checkCount(count, most)
    const isOldForm =
      (maxRepetition > 0 && told.repetition_level_encoding !== 'RLE') ||
      (maxDefinition > 0 && told.definition_level_encoding !== 'RLE')
    if (isOldForm) throw new DamagedParquet('its levels are in the old encoding BIT_PACKED')
    const reader = readerOf(this.#decompress(bytes, header.uncompressed_page_size))
    const repetitions = this.#levels(reader, maxRepetition, count)
    const definitions = this.#levels(reader, maxDefinition, count)
    return this.#page(reader, encoding, count, repetitions, definitions)
  }

  #secondVersion(header: PageHeader, bytes: Uint8Array, most: number): Page {
    const told = header.data_page_header_v2
    if (told === undefined) throw new DamagedParquet('a page has no header of its own')
    const { num_values: count, repetition_levels_byte_length: a, definition_levels_byte_length: b } = told
    checkCount(count, most)
    if (a < 0 || b < 0 || a + b > bytes.length) throw new DamagedParquet('the levels of a page go beyond it')
    const { maxRepetition, maxDefinition } = this.#leaf
    const repetitions = this.#levels(readerOf(bytes.subarray(0, a)), maxRepetition, count, a)
    const definitions = this.#levels(readerOf(bytes.subarray(a, a + b)), maxDefinition, count, b)
    const rest = bytes.subarray(a + b)
    const values =
      told.is_compressed === false ? rest : this.#decompress(rest, header.uncompressed_page_size - a - b)
    return this.#page(readerOf(values), told.encoding, count, repetitions, definitions)
  }

  /** @param length of the levels; undefined when it stands in front of them */
  #levels(reader: DataReader, max: number, count: number, length?: number): Uint8Array | undefined {
    if (max === 0) return undefined
    const levels = new Uint8Array(count)
    this.#decoders.readRle(reader, 32 - Math.clz32(max), levels, length)
    for (const level of levels) if (level > max) throw new DamagedParquet('a level is higher than it can be')
    return levels
  }

  #page(
    reader: DataReader,
    encoding: Encoding,
    count: number,
    repetitions: Uint8Array | undefined,
    definitions: Uint8Array | undefined,
  ): Page {
    const valueCount = definitions === undefined ? count : countOf(definitions, this.#leaf.maxDefinition)
    const isIndexed = encoding === 'RLE_DICTIONARY' || encoding === 'PLAIN_DICTIONARY'
    const values = valueCount === 0 ? [] : this.#values(reader, encoding, valueCount)
    if (values.length !== valueCount || reader.offset > reader.view.byteLength)
      throw new DamagedParquet('a page has fewer values than it announces')
    return {
      count,
      repetitions,
      definitions: valueCount === count ? undefined : definitions,
      values,
      isIndexed,
    }
  }

  #values(reader: DataReader, encoding: Encoding, count: number): DecodedArray {
    const { element } = this.#leaf
    const { delta } = this.#decoders
    switch (encoding) {
      case 'PLAIN':
        return this.#plain(reader, count)
      case 'PLAIN_DICTIONARY':
      case 'RLE_DICTIONARY':
        return this.#indexes(reader, count)
      case 'RLE': {
        if (element.type !== 'BOOLEAN') break
        const bits = new Uint8Array(count)
        this.#decoders.readRle(reader, 1, bits)
        return Array.from(bits, bit => bit === 1)
      }
      case 'DELTA_BINARY_PACKED': {
        const values = element.type === 'INT32' ? new Int32Array(count) : new BigInt64Array(count)
        delta.deltaBinaryUnpack(reader, count, values)
        return values
      }
      case 'DELTA_LENGTH_BYTE_ARRAY':
      case 'DELTA_BYTE_ARRAY': {
        const values: Uint8Array[] = new Array(count)
        if (encoding === 'DELTA_BYTE_ARRAY') delta.deltaByteArray(reader, count, values)
        else delta.deltaLengthByteArray(reader, count, values)
        return values
      }
      case 'BYTE_STREAM_SPLIT':
        return this.#decoders.byteStreamSplit(reader, count, element.type!, element.type_length)
    }
    throw new DamagedParquet(`the encoding ${encoding} of ${element.type} is not known`)
  }

  #plain(reader: DataReader, count: number): DecodedArray {
    const { type, type_length } = this.#leaf.element
    // The package's integer of 96 bits loses some of them.
    if (type === 'INT96') return this.#decoders.readPlain(reader, 'FIXED_LEN_BYTE_ARRAY', count, 12)
    return this.#decoders.readPlain(reader, type!, count, type_length)
  }

  #indexes(reader: DataReader, count: number): Uint32Array {
    const width = reader.view.getUint8(reader.offset++)
    const indexes = new Uint32Array(count)
    if (width > 0) this.#decoders.readRle(reader, width, indexes, reader.view.byteLength - reader.offset)
    return indexes
  }
}

const checkCount = (count: number, most: number): void => {
  if (count < 0 || count > most) throw new DamagedParquet('a column has more values than it announces')
}

const readerOf = (bytes: Uint8Array): DataReader => ({
  view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
  offset: 0,
})

const countOf = (levels: Uint8Array, wanted: number): number => {
  let count = 0
  for (let i = 0; i < levels.length; i++) if (levels[i] === wanted) count++
  return count
}

/** Undefined where Node.js has none. */
const checksum = (bytes: Uint8Array): number | undefined => zlibCrc32?.(bytes)
