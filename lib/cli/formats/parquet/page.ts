import type { CompressionCodec, DataReader, DecodedArray, Encoding, PageHeader } from 'hyparquet'
import { type DeltaReader, readDeltaBytes, readDeltaLengths, readDeltas } from './delta.js'
import { DamagedParquet } from './error.js'
import { PageBytes, type PageDecoders } from './page-bytes.js'
import { readPackedLevels, readRuns } from './runs.js'
import type { Leaf } from './schema.js'

/*
 * Pages of a column chunk: their levels and what lies in them, before anything is made of it. The package has the
 * codecs and the plain values; what it makes of them (text, dates, objects, lists) is not taken, because bytes, keys and
 * the difference between NULL and empty get lost there. What a page announces is a claim: memory is taken in proportion
 * to its bytes, and a page whose levels, values and bytes do not go together is damaged.
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

/** Entries of a page that may be NULL or empty, and values that may be there; a run announces as many as it likes. */
const [maxEntries, maxValues] = [2 ** 27, 2 ** 24]
/** Values that begin like others take little room in a page. */
const maxDeltaBytes = 2 ** 29

/** Reads the pages of one column chunk, one after the other. */
export class PageReader {
  readonly #decoders: PageDecoders
  readonly #leaf: Leaf
  readonly #pages: PageBytes
  /** What the dictionary page held, if there was one. */
  dictionary: DecodedArray | undefined

  constructor(decoders: PageDecoders, leaf: Leaf, codec: CompressionCodec, chunk: ArrayBuffer) {
    this.#decoders = decoders
    this.#leaf = leaf
    this.#pages = new PageBytes(decoders, codec, chunk)
  }

  /** The next page of data. @param most the values that its column still announces */
  next(most: number): Page {
    for (;;) {
      const { header, bytes } = this.#pages.next()
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

  #readDictionary(header: PageHeader, bytes: Uint8Array): DecodedArray {
    const count = header.dictionary_page_header?.num_values
    if (count === undefined) throw new DamagedParquet('a dictionary page has no header of its own')
    const reader = readerOf(this.#pages.decompress(bytes, header.uncompressed_page_size))
    const values = this.#plain(reader, count)
    if (values.length !== count || reader.offset > reader.view.byteLength) throw tooShort()
    return values
  }

  #firstVersion(header: PageHeader, bytes: Uint8Array, most: number): Page {
    const told = header.data_page_header
    if (told === undefined) throw new DamagedParquet('a page has no header of its own')
    const { maxRepetition, maxDefinition } = this.#leaf
    const { num_values: count, encoding } = told
    checkCount(count, most)
    const reader = readerOf(this.#pages.decompress(bytes, header.uncompressed_page_size))
    const repetitions = this.#prefixed(reader, maxRepetition, count, told.repetition_level_encoding)
    const definitions = this.#prefixed(reader, maxDefinition, count, told.definition_level_encoding)
    return this.#page(reader, encoding, count, repetitions, definitions)
  }

  #secondVersion(header: PageHeader, bytes: Uint8Array, most: number): Page {
    const told = header.data_page_header_v2
    if (told === undefined) throw new DamagedParquet('a page has no header of its own')
    const { num_values: count, repetition_levels_byte_length: a, definition_levels_byte_length: b } = told
    checkCount(count, most)
    if (a + b > bytes.length) throw new DamagedParquet('the levels of a page extend beyond it')
    const { maxRepetition, maxDefinition } = this.#leaf
    const repetitions = this.#levels(bytes.subarray(0, a), maxRepetition, count)
    const definitions = this.#levels(bytes.subarray(a, a + b), maxDefinition, count)
    const rest = bytes.subarray(a + b)
    const values =
      told.is_compressed === false
        ? rest
        : this.#pages.decompress(rest, header.uncompressed_page_size - a - b)
    return this.#page(readerOf(values), told.encoding, count, repetitions, definitions)
  }

  /** Levels in front of the values, with their length in front of them, or without one in the old form. */
  #prefixed(reader: DataReader, max: number, count: number, encoding: Encoding): Uint8Array | undefined {
    if (max === 0) return undefined
    const bytes = restOf(reader)
    if (encoding === 'BIT_PACKED') {
      const levels = new Uint8Array(count)
      reader.offset += readPackedLevels(bytes, widthOf(max), levels)
      return checkLevels(levels, max)
    }
    if (encoding !== 'RLE') throw new DamagedParquet(`the encoding ${encoding} of levels is not known`)
    const length = reader.view.getUint32(reader.offset, true)
    if (4 + length > bytes.length) throw new DamagedParquet('the levels of a page extend beyond it')
    reader.offset += 4 + length
    return this.#levels(bytes.subarray(4, 4 + length), max, count)
  }

  #levels(bytes: Uint8Array, max: number, count: number): Uint8Array | undefined {
    if (max === 0) return undefined
    const levels = new Uint8Array(count)
    readRuns(bytes, widthOf(max), levels)
    return checkLevels(levels, max)
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
    if (valueCount > maxValues)
      throw new DamagedParquet(`a page announces ${valueCount} values, more than ${maxValues}`)
    const values = valueCount === 0 ? [] : this.#values(reader, encoding, valueCount)
    if (values.length !== valueCount || reader.offset > reader.view.byteLength) throw tooShort()
    if (encoding === 'PLAIN' && this.#leaf.element.type !== 'BOOLEAN') checkRest(restOf(reader))
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
    switch (encoding) {
      case 'PLAIN':
        return this.#plain(reader, count)
      case 'PLAIN_DICTIONARY':
      case 'RLE_DICTIONARY':
        return this.#indexes(reader, count)
      case 'RLE': {
        if (element.type !== 'BOOLEAN') break
        const bits = new Uint8Array(count)
        const length = reader.view.getUint32(reader.offset, true)
        readRuns(restOf(reader).subarray(4, 4 + length), 1, bits)
        return Array.from(bits, bit => bit === 1)
      }
      case 'DELTA_BINARY_PACKED': {
        if (element.type !== 'INT32' && element.type !== 'INT64') break
        const { type } = element
        return this.#deltas(reader, input => readDeltas(input, count, type === 'INT32' ? 32 : 64))
      }
      case 'DELTA_LENGTH_BYTE_ARRAY':
        if (element.type !== 'BYTE_ARRAY') break
        return this.#deltas(reader, input => readDeltaLengths(input, count))
      case 'DELTA_BYTE_ARRAY': {
        if (element.type !== 'BYTE_ARRAY' && element.type !== 'FIXED_LEN_BYTE_ARRAY') break
        return this.#deltas(reader, input => this.#checkFixed(readDeltaBytes(input, count, maxDeltaBytes)))
      }
      case 'BYTE_STREAM_SPLIT':
        return this.#decoders.byteStreamSplit(reader, count, element.type!, element.type_length)
    }
    throw new DamagedParquet(`the encoding ${encoding} of ${element.type} is not known`)
  }

  #deltas<T extends DecodedArray>(reader: DataReader, read: (input: DeltaReader) => T): T {
    const input = { bytes: restOf(reader), at: 0 }
    const values = read(input)
    reader.offset += input.at
    return values
  }

  #checkFixed(values: Uint8Array[]): Uint8Array[] {
    const { type, type_length } = this.#leaf.element
    if (type === 'FIXED_LEN_BYTE_ARRAY' && values.some(({ length }) => length !== type_length))
      throw new DamagedParquet(`a value does not have ${type_length} bytes`)
    return values
  }

  #plain(reader: DataReader, count: number): DecodedArray {
    const { type, type_length } = this.#leaf.element
    // A value takes a bit at least, a length of 4 bytes, or its own bytes.
    const bits = type === 'BOOLEAN' ? 1 : 8 * (type === 'FIXED_LEN_BYTE_ARRAY' ? (type_length ?? 0) : 4)
    if (count * bits > restOf(reader).length * 8) throw tooShort()
    // The package's integer of 96 bits loses some of them.
    if (type === 'INT96') return this.#decoders.readPlain(reader, 'FIXED_LEN_BYTE_ARRAY', count, 12)
    return this.#decoders.readPlain(reader, type!, count, type_length)
  }

  #indexes(reader: DataReader, count: number): Uint32Array {
    const [width] = restOf(reader)
    if (width === undefined) throw tooShort()
    if (width > 32) throw new DamagedParquet(`an index into a dictionary has ${width} bits`)
    const indexes = new Uint32Array(count)
    if (width > 0) readRuns(restOf(reader).subarray(1), width, indexes)
    return indexes
  }
}

const checkCount = (count: number, most: number): void => {
  if (count > most) throw new DamagedParquet('a column has more values than it announces')
  if (count > maxEntries)
    throw new DamagedParquet(`a page announces ${count} values, more than ${maxEntries}`)
}

/** Levels that the schema does not know would be taken for values, and all values be others. fastparquet adds 8 zeros. */
const checkRest = (rest: Uint8Array): void => {
  if (rest.length > 8 || rest.some(byte => byte !== 0))
    throw new DamagedParquet('a page has more values than it announces')
}

const tooShort = (): DamagedParquet => new DamagedParquet('a page has fewer values than it announces')

const widthOf = (max: number): number => 32 - Math.clz32(max)

const checkLevels = (levels: Uint8Array, max: number): Uint8Array => {
  for (const level of levels) if (level > max) throw new DamagedParquet('a level is higher than it can be')
  return levels
}

const restOf = ({ view, offset }: DataReader): Uint8Array =>
  new Uint8Array(view.buffer, view.byteOffset + offset, view.byteLength - offset)

const readerOf = (bytes: Uint8Array): DataReader => ({
  view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
  offset: 0,
})

const countOf = (levels: Uint8Array, wanted: number): number => {
  let count = 0
  for (let i = 0; i < levels.length; i++) if (levels[i] === wanted) count++
  return count
}
