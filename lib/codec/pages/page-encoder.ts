import {
  booleansAt,
  createPagesMemory,
  type PagesMemory,
  pageColumns,
  pageEnds,
  pageKinds,
  pageStores,
  pagesAt,
} from '../../wire/pages-memory.js'
import { EncodedRecords } from '../rows/encoded-records.js'
import { type PageCells, writePageCells } from './page-cells.js'

/*
 * Pages of columns to records, with no value of theirs in JS. A page is taken as a whole, or not at all if it isn't what it announces;
 * records are written as long as values fit. What is not taken here is for a reader that can say what is wrong with it.
 */

/** The most that a column needs, over all pages of a row group. */
export interface PageSizes {
  /** Of a page with its levels, decompressed. */
  readonly pageBytes: number
  /** Of a page or dictionary that is packed. */
  readonly packedBytes: number
  /** Entries of a page. */
  readonly entries: number
  readonly dictionaryBytes: number
  readonly dictionaryValues: number
}

/** Bytes, or a block of snappy that decodes to them. */
export interface PageContent {
  readonly bytes: Uint8Array
  /** What the block must decode to; undefined for bytes as they are. */
  readonly unpackedBytes: number | undefined
}

export interface EncodedPage {
  /** Its entries, NULL or not. */
  readonly count: number
  /**
   * In runs of one bit, 1 for a value: here, or `inside` of the content, before the values and behind their length; undefined where NULL
   * can't be.
   */
  readonly levels: Uint8Array | 'inside' | undefined
  /** `plain`; `indexes` of a dictionary in runs behind their width; `runs` of booleans behind their length. */
  readonly form: 'plain' | 'indexes' | 'runs'
  readonly content: PageContent
}

/** More is left to a reader that holds less at once, as there may be hundreds of columns. */
const mostBytes = 192 * 2 ** 20
/** What is loaded eight or sixteen bytes at once may be read beyond its end. */
const slack = 32
const firstOutBytes = 256 * 1024
/** What a record takes at its end, and a column at most besides text: a tag, and digits with their sign, point and length. */
const [endBytes, cellBytes] = [24, 64]

interface Place {
  readonly levels: number
  readonly page: number
  readonly cells: number
  readonly dictionary: number
  readonly table: number
  /** Undefined without a dictionary. */
  dictionaryValues: number | undefined
}

export class PageEncoder {
  readonly #memory: PagesMemory
  readonly #columns: readonly PageCells[]
  readonly #recordBytes: number
  #places: Place[] = []
  #packed = 0
  #scratch = 0
  #ends = 0
  #checksums = 0
  #out = 0
  #outBytes = firstOutBytes
  /** Records that wait to be taken, and where the next one comes. */
  #rows = 0
  #at = 0

  /** @returns undefined where WebAssembly is not to be had */
  static async create(columns: readonly PageCells[]): Promise<PageEncoder | undefined> {
    if (columns.length > pageColumns.most) return undefined
    const memory = await createPagesMemory()
    return memory && new PageEncoder(memory, columns)
  }

  private constructor(memory: PagesMemory, columns: readonly PageCells[]) {
    this.#memory = memory
    this.#columns = columns
    this.#recordBytes = endBytes + cellBytes * columns.length
    memory.reserve(pagesAt)
    const view = new DataView(memory.bytes.buffer)
    for (const [i, cells] of columns.entries())
      writePageCells(
        cells,
        { kind: pageKinds[cells.kind], store: pageStores[cells.store] },
        view,
        pageColumns.at + i * pageColumns.bytes,
      )
  }

  /**
   * Makes room for a row group, and forgets the one before.
   * @param rows the most that are ever written before they are taken
   * @returns whether it isn't too much
   */
  open(sizes: readonly PageSizes[], rows: number): boolean {
    let at = pagesAt
    const take = (bytes: number): number => {
      const from = at
      at = (at + bytes + slack + 15) & ~15
      return from
    }
    const packed = Math.max(0, ...sizes.map(size => size.packedBytes))
    const needed = sizes.reduce((sum, size) => sum + size.pageBytes + size.dictionaryBytes, packed)
    const cells = sizes.reduce((sum, size) => sum + size.entries + size.dictionaryValues, 0)
    const entries = Math.max(0, ...sizes.map(size => size.entries))
    if (needed + 4 * (cells + entries) > mostBytes) return false
    this.#rows = 0
    this.#places = sizes.map(size => ({
      levels: 0,
      page: take(size.pageBytes),
      cells: take(4 * size.entries),
      dictionary: take(size.dictionaryBytes),
      table: take(4 * size.dictionaryValues),
      dictionaryValues: undefined,
    }))
    this.#packed = take(packed)
    this.#scratch = take(4 * entries)
    this.#ends = take(4 * rows)
    this.#checksums = take(4 * rows)
    this.#out = at
    this.#reserve()
    return true
  }

  /** @returns false for a dictionary that isn't what it announces */
  loadDictionary(column: number, content: PageContent, count: number): boolean {
    const { dictionary, table } = this.#places[column]!
    const size = this.#put(content, dictionary)
    if (size === undefined || this.#placePlain(column, table, count, count, dictionary, size) === undefined)
      return false
    this.#places[column]!.dictionaryValues = count
    return true
  }

  /** The next page of a column, whose last one must be written. @returns false for one that isn't what it announces */
  loadPage(column: number, { count, levels, form, content }: EncodedPage): boolean {
    const { call, bytes, int32 } = this.#memory
    const { page, cells } = this.#places[column]!
    let from = page
    let at = page
    if (levels instanceof Uint8Array) {
      bytes.set(levels, page)
      at += levels.length
    }
    const size = this.#put(content, at)
    if (size === undefined) return false
    const end = at + size
    if (levels === 'inside') {
      if (size < 4) return false
      from = page + 4
      at = from + bytes.readUInt32LE(page)
      if (at > end) return false
    }
    const present = levels === undefined ? count : call.markLevels(cells, count, from, at)
    if (present < 0) return false
    const isPlaced =
      form === 'plain'
        ? this.#placePage(column, count, present, at, end)
        : this.#placeRuns(column, count, present, at, end, form)
    if (!isPlaced) return false
    int32[(pageColumns.at + column * pageColumns.bytes + 12) / 4] = cells
    return true
  }

  /** @returns how many bytes there are; undefined for a damaged block */
  #put({ bytes, unpackedBytes }: PageContent, at: number): number | undefined {
    const memory = this.#memory
    if (unpackedBytes === undefined) {
      memory.bytes.set(bytes, at)
      return bytes.length
    }
    memory.bytes.set(bytes, this.#packed)
    const end = this.#packed + bytes.length
    return memory.call.unpackSnappy(this.#packed, end, at, unpackedBytes) === 1 ? unpackedBytes : undefined
  }

  #placePage(column: number, count: number, present: number, at: number, end: number): boolean {
    const { cells } = this.#places[column]!
    if (this.#columns[column]!.kind === 'boolean') {
      if (present > (end - at) * 8) return false
      this.#memory.call.placeBits(cells, count, present, at, this.#scratch)
      return true
    }
    const rest = this.#placePlain(column, cells, count, present, at, end - at)
    return rest !== undefined && isFilling(this.#memory.bytes.subarray(rest, end))
  }

  /** @returns where the values end; undefined for damage */
  #placePlain(
    column: number,
    cells: number,
    count: number,
    present: number,
    at: number,
    size: number,
  ): number | undefined {
    const { store, width = widthOf[store], pageRange, isNeverEmpty } = this.#columns[column]!
    const { call } = this.#memory
    const isMarked = present < count ? 1 : 0
    if (store === 'bytes') {
      const end = call.placeBytes(cells, count, isMarked, at, at + size)
      return end === 0 || (isNeverEmpty && call.areFilled(cells, count) === 0) ? undefined : end
    }
    if (width === 0 || present * width > size) return undefined
    call.placeFixed(cells, count, isMarked, at, width)
    if (pageRange !== undefined && call.areWithin(cells, count, ...pageRange) === 0) return undefined
    return at + present * width
  }

  #placeRuns(
    column: number,
    count: number,
    present: number,
    at: number,
    end: number,
    form: 'indexes' | 'runs',
  ): boolean {
    const { cells, table, dictionaryValues } = this.#places[column]!
    const { call, bytes } = this.#memory
    const isBoolean = this.#columns[column]!.kind === 'boolean'
    const size = isBoolean ? 2 : dictionaryValues
    if (isBoolean !== (form === 'runs') || size === undefined) return false
    const head = isBoolean ? 4 : 1
    // Without a value nobody looks for the width or the length.
    if (present > 0 && end - at < head) return false
    const width = isBoolean ? 1 : present > 0 ? bytes[at]! : 0
    if (width > 32) return false
    const from = at + head
    const to = isBoolean && present > 0 ? Math.min(end, from + bytes.readUInt32LE(at)) : end
    return (
      call.placeIndexed(
        ...([cells, count, present, from, to, width] as const),
        ...([this.#scratch, isBoolean ? booleansAt : table, size] as const),
      ) === 1
    )
  }

  /**
   * Writes records of the next rows, of which every column has a page loaded.
   * @returns false when one of them is refused; what is written then, is of no use
   */
  write(rows: number): boolean {
    const memory = this.#memory
    if (this.#rows === 0) this.#at = this.#out
    for (let left = rows; left > 0; ) {
      const end = memory.call.writeRows(
        ...([left, this.#columns.length, this.#out, this.#at] as const),
        ...([this.#out + this.#outBytes, this.#recordBytes] as const),
        ...([this.#ends + 4 * this.#rows, this.#checksums + 4 * this.#rows] as const),
      )
      if (end === pageEnds.refused) return false
      this.#at = memory.call.writtenTo.value
      this.#rows += memory.call.writtenRows.value
      left -= memory.call.writtenRows.value
      if (end === pageEnds.noRoom && !this.#grow()) return false
    }
    return true
  }

  /** What was written since the last time, good until more is written. */
  take(): EncodedRecords {
    const { bytes } = this.#memory
    const rows = this.#rows
    this.#rows = 0
    return new EncodedRecords(
      bytes.subarray(this.#out, rows === 0 ? this.#out : this.#at),
      new Uint32Array(bytes.buffer, this.#ends, rows),
      new Uint32Array(bytes.buffer, this.#checksums, rows),
    )
  }

  #grow(): boolean {
    if (this.#outBytes >= mostBytes) return false
    this.#outBytes *= 2
    this.#reserve()
    return true
  }

  #reserve(): void {
    this.#memory.reserve(this.#out + this.#outBytes + slack)
  }
}

/** Bytes of a value; 0 where that is told by the column, or each has a length. */
const widthOf = {
  int32: 4,
  uint32: 4,
  int64: 8,
  uint64: 8,
  float: 4,
  double: 8,
  int96: 12,
  bytes: 0,
  fixed: 0,
} as const

/** What may be behind the values of a page. */
const isFilling = (rest: Uint8Array): boolean => rest.length <= 8 && rest.every(byte => byte === 0)
