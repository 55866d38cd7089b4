import {
  booleansAt,
  givePagesMemory,
  type PagesMemory,
  pageColumns,
  pageEnds,
  pageKinds,
  pageStores,
  pagesAt,
  takePagesMemory,
} from '../../wire/pages-memory.js'
import { EncodedRecords } from '../rows/encoded-records.js'
import { type PageCells, writePageCells } from './page-cells.js'

/*
 * Pages of columns to records, with no value of theirs in JS. A page is taken as a whole, or not at all if it isn't what it announces;
 * records are written as long as values fit. What is not taken here is for a reader that can say what is wrong with it.
 */

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
/** What is loaded or stored many bytes at once may be read or written beyond its end. */
const slack = 64
const firstOutBytes = 256 * 1024
/** What a record takes at its end, and a column at most besides text: a tag, and digits with their sign, point and length. */
const [endBytes, cellBytes] = [24, 64]
/** What the checksum of a long record is taken of is gathered, with so much text; with more, it is taken piece by piece. */
const gatheredBytes = 8 * 1024

/** Room for what comes again and again in other sizes. */
interface Room {
  at: number
  bytes: number
}

/** The rooms of a column. */
interface Place {
  readonly page: Room
  readonly cells: Room
  readonly dictionary: Room
  readonly table: Room
  /** Undefined without a dictionary. */
  dictionaryValues: number | undefined
}

// At no address that means something: 0 is that of no value.
const noRoom = (): Room => ({ at: pagesAt, bytes: 0 })

export class PageEncoder {
  readonly #memory: PagesMemory
  readonly #columns: readonly PageCells[]
  readonly #recordBytes: number
  readonly #places: readonly Place[]
  readonly #packed = noRoom()
  readonly #scratch = noRoom()
  readonly #out = noRoom()
  readonly #ends: Room
  readonly #checksums: Room
  readonly #gathered: Room
  /** Where memory that nobody has begins. */
  #free = pagesAt
  /** Records that wait to be taken, and where the next one comes. */
  #rows = 0
  #at = 0

  /**
   * @param mostRows that are ever written before they are taken
   * @returns undefined where WebAssembly is not to be had
   */
  static async create(columns: readonly PageCells[], mostRows: number): Promise<PageEncoder | undefined> {
    if (columns.length > pageColumns.most) return undefined
    const memory = await takePagesMemory()
    return memory && new PageEncoder(memory, columns, mostRows)
  }

  private constructor(memory: PagesMemory, columns: readonly PageCells[], mostRows: number) {
    this.#memory = memory
    this.#columns = columns
    this.#recordBytes = endBytes + cellBytes * columns.length
    this.#places = columns.map(() => ({
      ...{ page: noRoom(), cells: noRoom(), dictionary: noRoom(), table: noRoom() },
      dictionaryValues: undefined,
    }))
    memory.reserve(pagesAt)
    const view = new DataView(memory.bytes.buffer)
    for (const [i, cells] of columns.entries())
      writePageCells(
        cells,
        { kind: pageKinds[cells.kind], store: pageStores[cells.store] },
        view,
        pageColumns.at + i * pageColumns.bytes,
      )
    this.#ends = this.#newRoom(4 * mostRows)
    this.#checksums = this.#newRoom(4 * mostRows)
    this.#gathered = this.#newRoom(gatheredBytes + cellBytes * columns.length)
    Object.assign(this.#out, this.#newRoom(firstOutBytes))
  }

  /** Gives its memory to the next one; it is of no use after that, nor is what was taken. */
  close(): void {
    givePagesMemory(this.#memory)
  }

  /** Forgets the row group before. */
  open(): void {
    this.#rows = 0
    for (const place of this.#places) place.dictionaryValues = undefined
  }

  #newRoom(bytes: number): Room {
    const at = this.#free
    this.#free = (at + bytes + slack + 15) & ~15
    // Each growth counts as new memory as large as all of it, and soon has the garbage collector run; what isn't used yet costs nothing.
    const memory = this.#memory
    const { length } = memory.bytes
    if (this.#free > length) memory.reserve(Math.max(this.#free, Math.min(2 * length, mostBytes)))
    return { at, bytes }
  }

  /** Makes a room as large as it must be, without what was in it; half as much again, as the next one may need more. @returns whether it is */
  #fit(room: Room, bytes: number): boolean {
    if (bytes <= room.bytes) return true
    const most = Math.ceil(bytes * 1.5)
    if (this.#free + most > mostBytes) return false
    Object.assign(room, this.#newRoom(most))
    return true
  }

  /** @returns false for a dictionary that isn't what it announces, or is too large */
  loadDictionary(column: number, content: PageContent, count: number): boolean {
    const place = this.#places[column]!
    const { dictionary, table } = place
    if (!this.#fitContent(dictionary, 0, content) || !this.#fit(table, 4 * count)) return false
    const size = this.#put(content, dictionary.at)
    if (size === undefined) return false
    if (this.#placePlain(column, table.at, count, count, dictionary.at, size) === undefined) return false
    place.dictionaryValues = count
    return true
  }

  /**
   * The next page of a column, whose last one must be written.
   * @returns false for one that isn't what it announces, or is too large
   */
  loadPage(column: number, { count, levels, form, content }: EncodedPage): boolean {
    const { page, cells } = this.#places[column]!
    const isApart = levels instanceof Uint8Array
    const fits =
      this.#fitContent(page, isApart ? levels.length : 0, content) &&
      this.#fit(cells, 4 * count) &&
      this.#fit(this.#scratch, 4 * count)
    if (!fits) return false
    const { call, bytes, int32 } = this.#memory
    let from = page.at
    let at = page.at
    if (isApart) {
      bytes.set(levels, at)
      at += levels.length
    }
    const size = this.#put(content, at)
    if (size === undefined) return false
    const end = at + size
    if (levels === 'inside') {
      if (size < 4) return false
      from += 4
      at = from + bytes.readUInt32LE(page.at)
      if (at > end) return false
    }
    const present = levels === undefined ? count : call.markLevels(cells.at, count, from, at)
    if (present < 0) return false
    const isPlaced =
      form === 'plain'
        ? this.#placePage(column, count, present, at, end)
        : this.#placeRuns(column, count, present, at, end, form)
    if (!isPlaced) return false
    int32[(pageColumns.at + column * pageColumns.bytes + 12) / 4] = cells.at
    return true
  }

  #fitContent(room: Room, before: number, { bytes, unpackedBytes }: PageContent): boolean {
    if (unpackedBytes === undefined) return this.#fit(room, before + bytes.length)
    return this.#fit(room, before + unpackedBytes) && this.#fit(this.#packed, bytes.length)
  }

  /** @returns how many bytes there are; undefined for a damaged block */
  #put({ bytes, unpackedBytes }: PageContent, at: number): number | undefined {
    const memory = this.#memory
    if (unpackedBytes === undefined) {
      memory.bytes.set(bytes, at)
      return bytes.length
    }
    const from = this.#packed.at
    memory.bytes.set(bytes, from)
    return memory.call.unpackSnappy(from, from + bytes.length, at, unpackedBytes) === 1
      ? unpackedBytes
      : undefined
  }

  #placePage(column: number, count: number, present: number, at: number, end: number): boolean {
    const cells = this.#places[column]!.cells.at
    if (this.#columns[column]!.kind === 'boolean') {
      if (present > (end - at) * 8) return false
      this.#memory.call.placeBits(cells, count, present, at, this.#scratch.at)
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
        ...([cells.at, count, present, from, to, width] as const),
        ...([this.#scratch.at, isBoolean ? booleansAt : table.at, size] as const),
      ) === 1
    )
  }

  /**
   * Writes records of the next rows, of which every column has a page loaded.
   * @returns false when one of them is refused; what is written then, is of no use
   */
  write(rows: number): boolean {
    const { call } = this.#memory
    for (let left = rows; left > 0; ) {
      const { at, bytes } = this.#out
      if (this.#rows === 0) this.#at = at
      const end = call.writeRows(
        ...([left, this.#columns.length, at, this.#at, at + bytes, this.#recordBytes] as const),
        ...([this.#ends.at + 4 * this.#rows, this.#checksums.at + 4 * this.#rows] as const),
        ...([this.#gathered.at, gatheredBytes] as const),
      )
      if (end === pageEnds.refused) return false
      this.#at = call.writtenTo.value
      this.#rows += call.writtenRows.value
      left -= call.writtenRows.value
      if (end === pageEnds.noRoom && !this.#moveOut()) return false
    }
    return true
  }

  /** What was written since the last time, good until more is written or loaded. */
  take(): EncodedRecords {
    const { bytes } = this.#memory
    const rows = this.#rows
    this.#rows = 0
    return new EncodedRecords(
      bytes.subarray(this.#out.at, this.#at),
      new Uint32Array(bytes.buffer, this.#ends.at, rows),
      new Uint32Array(bytes.buffer, this.#checksums.at, rows),
    )
  }

  /** Twice as much room for records, with those that are there. */
  #moveOut(): boolean {
    const from = this.#out.at
    const written = this.#at - from
    if (!this.#fit(this.#out, 2 * this.#out.bytes)) return false
    this.#memory.bytes.copyWithin(this.#out.at, from, from + written)
    this.#at = this.#out.at + written
    return true
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
