import type { StagedRecords } from '../../wire/record-writer.js'
import { descriptorBytes, heapByte, type RecordsMemory, seenByte } from '../../wire/records-memory.js'
import { isWellFormed } from '../../wire/utf8.js'
import type { CellStager, Stage, StagingPlan } from './encoder-code.js'
import {
  giveBackArea,
  heapBytes,
  maxMarks,
  type StagingArea,
  slotBytes,
  takeArea,
  tapeSlots,
} from './staging-area.js'
import { shortText } from './value-staging.js'

const maxText = 16 * 1024
/** A slot of the tape is a number of at most ten bytes, half an instant, or a length. */
const slotBytesOnWire = 10

/**
 * Rows of a schema as slots and text, until they are written. A call into WebAssembly has its price, and so has every copy of a
 * string: so numbers and short ASCII text go to fixed places of one buffer, longer text to the end of one string, and a few hundred rows at once
 * are handed over.
 * A column that has had text beyond ASCII gets a string apart, since a single such character doubles the width of all it stands with.
 */
export class StagedRows implements Stage {
  readonly wideColumns: Uint8Array
  at = 0
  tapeAt: number
  marksAt = 0
  narrow = ''
  wide = ''
  bytesAt = 0
  count = 0
  readonly #plan: StagingPlan
  /** Slots a row. */
  readonly #stride: number
  readonly #memory: RecordsMemory
  readonly #descriptors: Uint8Array
  /** So many fit. */
  readonly capacity: number
  readonly #mostEver: number
  /** Only nested values have one; rows without them are not asked about it, since a row takes so little time. */
  readonly #hasTape: boolean
  /** Where the tape begins: behind the slots of the rows. */
  readonly #tape: number
  /** While there are rows, and the code that stages there. */
  #area: StagingArea | undefined
  readonly #owner = new WeakRef(this)
  #stage: CellStager = neverStaged

  constructor(plan: StagingPlan, memory: RecordsMemory) {
    this.#plan = plan
    this.#stride = plan.slots
    this.#memory = memory
    this.capacity = Math.max(1, Math.floor(slotBytes / (8 * plan.slots)))
    this.#tape = this.capacity * plan.slots
    this.tapeAt = this.#tape
    this.#hasTape = plan.nodes.length > 0
    this.#descriptors = Uint8Array.from(plan.descriptors)
    const columns = plan.descriptors.length / descriptorBytes
    this.wideColumns = new Uint8Array(columns)
    this.#mostEver = this.capacity * plan.recordBytes + 3 * (maxText + columns * shortText)
  }

  get area(): StagingArea {
    return this.#area ?? this.#open()
  }

  #open(): StagingArea {
    const area = takeArea(this.#owner)
    this.#area = area
    this.#stage = this.#plan.stagerFor(area)
    return area
  }

  /** Stages a row; one that is not staged leaves no trace. */
  add(cells: readonly unknown[]): boolean {
    if (this.#area === undefined) this.#open()
    const { narrow, wide, bytesAt, tapeAt, marksAt } = this
    try {
      if (this.#stage(this, cells)) {
        this.at += this.#stride
        this.count++
        return true
      }
    } catch {
      // A getter that throws does so again for the codecs.
    }
    this.narrow = narrow
    this.wide = wide
    this.bytesAt = bytesAt
    this.tapeAt = tapeAt
    this.marksAt = marksAt
    if (this.count === 0) this.#close()
    return false
  }

  get isFull(): boolean {
    return (
      this.count === this.capacity ||
      this.narrow.length + this.wide.length + this.bytesAt > maxText ||
      (this.#hasTape && (this.tapeAt - this.#tape > tapeSlots / 2 || this.marksAt > maxMarks / 2))
    )
  }

  /** The same whatever more is staged with them: at hand, as it is asked for after every row. */
  get mostEver(): number {
    return this.#mostEver + this.bytesAt + (this.#hasTape ? this.#tapeBytes : 0)
  }

  /** No less than the records will take. */
  get mostBytes(): number {
    const { recordBytes } = this.#plan
    const text = 3 * (this.narrow.length + this.wide.length) + this.bytesAt
    return this.count * recordBytes + text + (this.#hasTape ? this.#tapeBytes : 0)
  }

  /** The most that nested values take, text apart. */
  get #tapeBytes(): number {
    return slotBytesOnWire * (this.tapeAt - this.#tape) + this.marksAt
  }

  get staged(): StagedRecords {
    const { slots, nodes, recordBytes } = this.#plan
    const { area } = this
    return {
      rows: this.count,
      columns: this.wideColumns.length,
      descriptors: this.#descriptors,
      slots: area.slots.subarray(0, 8 * this.at),
      stride: 8 * slots,
      narrow: this.narrow,
      wide: this.wide,
      bytes: this.bytesAt > 0 ? area.heap.subarray(0, this.bytesAt) : noBytes,
      nodes,
      values: area.slots.subarray(8 * this.#tape, 8 * this.tapeAt),
      marks: area.marks.subarray(0, this.marksAt),
      tapeBytes: this.#tapeBytes,
      recordBytes,
    }
  }

  /** Forgets the rows, once they are written. */
  clear(): void {
    this.at = 0
    this.count = 0
    this.narrow = ''
    this.wide = ''
    this.bytesAt = 0
    this.tapeAt = this.#tape
    this.marksAt = 0
    this.#separate()
    this.#close()
  }

  /** An encoder without rows keeps no area from others. */
  #close(): void {
    if (this.#area !== undefined) giveBackArea(this.#area)
    this.#area = undefined
  }

  /** Text of columns that hold more than ASCII goes to a heap of its own: in one heap with it all text would cost more. */
  #separate(): void {
    for (let i = 0; i < this.wideColumns.length; i++) {
      const at = i * descriptorBytes
      if (this.#descriptors[at + seenByte] !== 0) this.#descriptors[at + heapByte] = this.wideColumns[i] = 1
    }
  }

  putText(text: string): number {
    const heap = this.#heapFor(3 * text.length)
    if (heap === undefined) return -1
    const bytes = mayBeAscii(text)
      ? writeUtf8(heap, text, this.bytesAt)
      : this.#memory.putUtf8(text, heap, this.bytesAt)
    if (bytes < 0) return -1
    this.bytesAt += bytes
    return bytes
  }

  putBytes(bytes: Uint8Array): number {
    const heap = this.#heapFor(bytes.length)
    if (heap === undefined) return -1
    heap.set(bytes, this.bytesAt)
    this.bytesAt += bytes.length
    return bytes.length
  }

  #heapFor(bytes: number): Buffer | undefined {
    return bytes <= heapBytes - this.bytesAt ? this.area.heap : undefined
  }
}

const writeUtf8 = (heap: Buffer, text: string, at: number): number => {
  const bytes = heap.write(text, at)
  return bytes === text.length || isWellFormed(text) ? bytes : -1
}

/** Text in another script shows it nearly anywhere. */
const mayBeAscii = (text: string): boolean => {
  const quarter = text.length >> 2
  const first = text.charCodeAt(0) | text.charCodeAt(quarter)
  return (first | text.charCodeAt(2 * quarter) | text.charCodeAt(text.length - 1)) < 0x80
}

const noBytes = new Uint8Array(0)

const neverStaged: CellStager = () => false
