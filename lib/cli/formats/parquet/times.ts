import type { ColumnChunk } from 'hyparquet'
import { valueOutOfRange } from '../file-values/exact-values.js'
import { LeafCursor } from './column.js'
import { timeForm } from './leaf.js'
import { PageReader } from './page.js'
import { loadPageDecoders } from './page-bytes.js'
import type { LeafBuffer } from './shredder.js'

/*
 * TIMESTAMPs in a column of 64 bits: either to the nanosecond, from 1677 to 2262, or to the microsecond, for any year
 * (9999-12-31 stands for "for ever" in many tables). One unit holds for the whole file and stands at its end, while rows
 * come one after the other. So a column begins in microseconds unless there are nanoseconds in its first row group; and
 * what was written in microseconds is kept, compressed, so that when nanoseconds turn up later it can be written once
 * more, behind the other columns. Only a column that has both cannot be written.
 */

/** What may still be kept, over all columns of a file; a column that needs more lets go, and its unit is settled. */
export interface KeptMemory {
  left: number
}

interface KeptChunk {
  readonly group: number
  readonly bytes: Uint8Array
  readonly chunk: ColumnChunk
}

export class TimeUnits {
  readonly #leaf: LeafBuffer
  readonly #isAdjustedToUTC: boolean
  #unit: 'MICROS' | 'NANOS' | undefined
  #hasBeyond = false
  #kept: KeptChunk[] | undefined = []
  readonly #memory: KeptMemory

  constructor(leaf: LeafBuffer, memory: KeptMemory) {
    this.#leaf = leaf
    this.#memory = memory
    const { logical_type } = leaf.path.at(-1)!
    this.#isAdjustedToUTC = logical_type?.type === 'TIMESTAMP' && logical_type.isAdjustedToUTC
  }

  /** What must be written again, in the unit that the file has now. */
  get outdated(): readonly KeptChunk[] {
    return this.#unit === 'NANOS' ? (this.#kept ?? []) : []
  }

  /**
   * The values of a row group in the column's unit.
   * @param onMisfit told the row of a value that no unit holds together with the others
   */
  take(onMisfit: (row: number, error: Error) => never): unknown[] {
    const { values } = this.#leaf
    const times = values as readonly (bigint | null)[]
    const fine = times.findIndex(time => time !== null && time % 1000n !== 0n)
    const beyond = times.findIndex(time => time !== null && BigInt.asIntN(64, time) !== time)
    if (beyond >= 0) this.#hasBeyond = true
    if (fine >= 0 && this.#unit !== 'NANOS') this.#toNanos(this.#leaf.rowOf(fine), onMisfit)
    if (beyond >= 0 && this.#unit === 'NANOS') onMisfit(this.#leaf.rowOf(beyond), bothError)
    if (beyond >= 0) this.#letGo()
    if (times.some(time => time !== null)) this.#unit ??= 'MICROS'
    const element = this.#leaf.path.at(-1)!
    // Nanoseconds have no converted type, and readers of old would go by one that was left.
    delete element.converted_type
    Object.assign(element, timeForm(this.#isAdjustedToUTC, this.#unit ?? 'MICROS'))
    return this.#unit === 'NANOS' ? values : times.map(time => (time === null ? null : time / 1000n))
  }

  #toNanos(row: number, onMisfit: (row: number, error: Error) => never): void {
    if (this.#hasBeyond) onMisfit(row, bothError)
    if (this.#unit === 'MICROS' && this.#kept === undefined) onMisfit(row, lateError)
    this.#unit = 'NANOS'
  }

  /** Keeps a chunk that was written in microseconds. */
  keep(group: number, chunk: ColumnChunk, bytes: Uint8Array): void {
    if (this.#unit !== 'MICROS' || this.#kept === undefined) return
    if (bytes.length > this.#memory.left) this.#letGo()
    else {
      this.#memory.left -= bytes.length
      this.#kept.push({ group, chunk, bytes: bytes.slice() })
    }
  }

  #letGo(): void {
    for (const { bytes } of this.#kept ?? []) this.#memory.left += bytes.length
    this.#kept = undefined
  }
}

const bothError = valueOutOfRange(
  'it has times with nanoseconds and times beyond the years 1677 to 2262, and no unit of Parquet can hold both',
)
const lateError = valueOutOfRange('nanoseconds appear after too many rows that had at most microseconds')

/** Puts the values of a kept chunk back into its leaf, as nanoseconds. */
export const refill = async (leaf: LeafBuffer, { chunk, bytes }: KeptChunk): Promise<void> => {
  const pages = new PageReader(
    await loadPageDecoders(),
    readableLeaf(leaf),
    'SNAPPY',
    bytes.buffer as ArrayBuffer,
  )
  const entries = Number(chunk.meta_data!.num_values)
  const cursor = new LeafCursor(readableLeaf(leaf), pages, entries)
  leaf.clear()
  for (let i = 0; i < entries; i++) {
    const [definition, repetition] = [cursor.definition(), cursor.repetition()]
    const micros = cursor.take() as bigint | null
    leaf.add(micros === null ? null : micros * 1000n, definition, repetition)
  }
}

const readableLeaf = ({ path, maxDefinition, maxRepetition }: LeafBuffer) => ({
  index: 0,
  name: '',
  element: path.at(-1)!,
  type: { kind: 'timestamp', unit: 'us', zoned: true } as const,
  maxDefinition,
  maxRepetition,
})
