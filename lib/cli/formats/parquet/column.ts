import type { DecodedArray } from 'hyparquet'
import { DamagedParquet } from './error.js'
import type { Page, PageReader } from './page.js'
import type { Leaf, Shape } from './schema.js'
import { valueMaker } from './values.js'

/*
 * Puts values together from the leaves of a row group, by their levels. A leaf has an entry for each of its values, and
 * one for each place where something above it is NULL or empty; so all leaves below a node have as many entries for it,
 * and whichever of them is looked at tells whether the node is there.
 */

/** Goes through the entries of one leaf, a page at a time. */
export class LeafCursor {
  readonly leaf: Leaf
  readonly #pages: PageReader
  readonly #make: ((value: unknown) => unknown) | undefined
  #entriesLeft: number
  #dictionary: { readonly raw: DecodedArray; readonly made: DecodedArray } | undefined
  #page: Page = { count: 0, definitions: undefined, repetitions: undefined, values: [], isIndexed: false }
  #values: DecodedArray = []
  #entry = 0
  #value = 0

  /** @param entries how many the row group says there are */
  constructor(leaf: Leaf, pages: PageReader, entries: number) {
    this.leaf = leaf
    this.#pages = pages
    this.#make = valueMaker(leaf) as ((value: unknown) => unknown) | undefined
    this.#entriesLeft = entries
  }

  get isAtEnd(): boolean {
    return !this.#isReady()
  }

  /** 0 at the end: there is no further element of anything. */
  repetition(): number {
    return this.#isReady() ? (this.#page.repetitions?.[this.#entry] ?? 0) : 0
  }

  definition(): number {
    this.#mustBeReady()
    return this.#page.definitions?.[this.#entry] ?? this.leaf.maxDefinition
  }

  /** The value of an entry; null when there is none. */
  take(): unknown {
    const isThere = this.definition() === this.leaf.maxDefinition
    this.#entry++
    return isThere ? this.#values[this.#value++] : null
  }

  /** Many entries at once, where no list is above them. */
  takeAll(count: number): DecodedArray {
    this.#mustBeReady()
    const { definitions, count: inPage } = this.#page
    if (definitions === undefined && this.#entry + count <= inPage) {
      const from = this.#value
      this.#entry += count
      this.#value += count
      return sliceOf(this.#values, from, this.#value)
    }
    const taken: unknown[] = new Array(count)
    for (let i = 0; i < count; i++) taken[i] = this.take()
    return taken
  }

  #isReady(): boolean {
    while (this.#entry === this.#page.count) {
      if (this.#entriesLeft === 0) return false
      this.#load()
    }
    return true
  }

  #mustBeReady(): void {
    if (!this.#isReady()) throw new DamagedParquet('a column ends before its rows')
  }

  #load(): void {
    const page = this.#pages.next(this.#entriesLeft)
    this.#entriesLeft -= page.count
    this.#page = page
    this.#entry = 0
    this.#value = 0
    this.#values = page.isIndexed ? this.#look(page.values) : this.#made(page.values)
  }

  #made(values: DecodedArray): DecodedArray {
    return this.#make === undefined ? values : Array.from(values as ArrayLike<unknown>, this.#make)
  }

  #look(indexes: DecodedArray): unknown[] {
    const raw = this.#pages.dictionary
    if (raw === undefined) throw new DamagedParquet('a page needs a missing dictionary')
    if (this.#dictionary?.raw !== raw) this.#dictionary = { raw, made: this.#made(raw) }
    const { made } = this.#dictionary
    const values: unknown[] = new Array(indexes.length)
    for (let i = 0; i < values.length; i++) {
      const index = indexes[i] as number
      if (index >= made.length)
        throw new DamagedParquet('a page refers to a value that is not in its dictionary')
      values[i] = made[index]
    }
    return values
  }
}

const sliceOf = (values: DecodedArray, from: number, to: number): DecodedArray =>
  Array.isArray(values) ? values.slice(from, to) : values.subarray(from, to)

/** Reads the next value of a shape, or passes over one entry of all its leaves. */
interface Assembler {
  readonly read: () => unknown
  readonly skip: () => void
  /** One of its leaves. */
  readonly first: LeafCursor
}

/** The rows of one field, in a row group. */
export class FieldCursor {
  readonly #assembler: Assembler
  readonly #isFlat: boolean
  readonly #cursors: readonly LeafCursor[]

  constructor(shape: Shape, cursorOf: (leaf: Leaf) => LeafCursor) {
    const cursors: LeafCursor[] = []
    this.#assembler = assemblerOf(shape, leaf => {
      const cursor = cursorOf(leaf)
      cursors.push(cursor)
      return cursor
    })
    this.#cursors = cursors
    this.#isFlat = shape.kind === 'leaf'
  }

  take(rows: number): DecodedArray {
    const { first, read } = this.#assembler
    if (this.#isFlat) return first.takeAll(rows)
    return Array.from({ length: rows }, () => {
      if (first.repetition() !== 0) throw new DamagedParquet('a row begins inside a list')
      return read()
    })
  }

  checkEnd(): void {
    if (!this.#cursors.every(cursor => cursor.isAtEnd))
      throw new DamagedParquet('a column has more values than rows')
  }
}

/** Items that are NULL take no room in a file, and all the more in memory. A record cannot be so long. */
const maxItems = 2 ** 24

/** Leaves below one node must tell the same of it, or values of one row would go to another. */
const checkTogether = (
  first: LeafCursor,
  other: LeafCursor,
  isThere: boolean,
  { definedAt }: { readonly definedAt: number },
): void => {
  if (other.definition() >= definedAt !== isThere || other.repetition() !== first.repetition())
    throw new DamagedParquet('the columns of a struct or map do not match')
}

const assemblerOf = (shape: Shape, cursorOf: (leaf: Leaf) => LeafCursor): Assembler => {
  switch (shape.kind) {
    case 'leaf': {
      const cursor = cursorOf(shape.leaf)
      const take = (): unknown => cursor.take()
      return { read: take, skip: take, first: cursor }
    }
    case 'struct': {
      const members = shape.members.map(member => assemblerOf(member, cursorOf))
      const { first } = members[0]!
      const skip = (): void => {
        for (const member of members) member.skip()
      }
      const read = (): unknown => {
        const isThere = first.definition() >= shape.definedAt
        for (let i = 1; i < members.length; i++) checkTogether(first, members[i]!.first, isThere, shape)
        if (isThere) return members.map(member => member.read())
        skip()
        return null
      }
      return { read, skip, first }
    }
    case 'list': {
      const { read: readElement, skip, first } = assemblerOf(shape.element, cursorOf)
      const read = (): unknown => {
        const definition = first.definition()
        if (definition < shape.filledAt) {
          skip()
          return definition < shape.definedAt ? null : []
        }
        const elements = [readElement()]
        while (first.repetition() === shape.repetition) {
          if (elements.length === maxItems) throw new DamagedParquet(`a list has more than ${maxItems} items`)
          elements.push(readElement())
        }
        return elements
      }
      return { read, skip, first }
    }
  }
}
