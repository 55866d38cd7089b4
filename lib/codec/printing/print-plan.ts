import type { TimeZone } from '../../values/time-zone.js'
import { planAt, printColumnBytes, printSlack } from '../../wire/csv-writer-memory.js'
import { tagBytes } from '../../wire/tags.js'
import { encodeSteps, longestStep, stepBytes, type TimeStep } from './time-steps.js'

/*
 * All that WebAssembly is told of the columns, as it lies in its memory: a descriptor for each, then the texts and steps they point
 * to. It is laid out once for a file and copied for each call, as other files may have had their turn meanwhile.
 */

/** How the cells of a column are printed. */
export interface ColumnPrint {
  readonly kind: number
  /** Of `printFlags`, together. */
  readonly flags: number
  readonly tag: number
  /** Of a whole number. */
  readonly bits: number
  /** What stands before the cell, and for NULL. */
  readonly head: string
  readonly nullText: string
  /** Of a time; none of other cells. */
  readonly steps: readonly TimeStep[]
  /** What is smaller than this part of a day, in seconds, and of a second, in nanoseconds, isn't printed, and noted. */
  readonly partOfDay: number
  readonly partOfSecond: number
  /** How many digits of a second are printed. */
  readonly secondDigits: number
  readonly leastDatetime: number
}

/** How records are printed. */
export interface RecordPrint {
  readonly columns: readonly ColumnPrint[]
  /** Behind the last cell of each record. */
  readonly tail: string
  /** One byte each; undefined: without quotes. Of no use in JSON. */
  readonly delimiter: string
  readonly end: string
  readonly quote: string | undefined
  /** Of a record, with those of its partition. */
  readonly fields: number
  readonly zone: TimeZone
  /** Seconds east of UTC, where it is always the same. */
  readonly fixedOffset: number | undefined
  /** How many times longer a text may become. */
  readonly expansion: number
  /** Whether some cells may be noted. */
  readonly hasNotes: boolean
}

export interface PrintPlan {
  readonly print: RecordPrint
  readonly bytes: Uint8Array
  readonly tail: number
  readonly tailLength: number
  /** A record has at most so many bytes beside those of its texts. */
  readonly mostBeside: number
}

/** The longest number: -1.2345678901234567e-308, with room for the digits before they are moved. */
const longestNumber = 64
/** More is left to the careful way: what a record may take has to fit in memory before it is printed. */
const maxBeside = 64 * 1024

/** Undefined for records that may take too much beside their texts. */
export const layOutPrint = (print: RecordPrint): PrintPlan | undefined => {
  const texts = new Texts(planAt + print.columns.length * printColumnBytes)
  const descriptors = Buffer.alloc(print.columns.length * printColumnBytes)
  let mostBeside = printSlack + Buffer.byteLength(print.tail)
  for (const [i, column] of print.columns.entries()) {
    const at = i * printColumnBytes
    const tag = tagBytes(column.tag)
    descriptors.set([column.kind, tag.length, column.bits, column.flags], at)
    descriptors.set(tag, at + 4)
    descriptors.fill(255, at + 8, at + 8 + tag.length)
    const head = texts.add(Buffer.from(column.head))
    const nullText = texts.add(Buffer.from(column.nullText))
    const steps = texts.add(encodeSteps(column.steps))
    for (const [k, word] of [head.at, head.length, nullText.at, nullText.length, steps.at].entries())
      descriptors.writeUInt32LE(word, at + 12 + 4 * k)
    descriptors.writeUInt32LE(steps.at + steps.length, at + 32)
    descriptors.writeUInt32LE(column.secondDigits, at + 36)
    descriptors.writeBigInt64LE(BigInt(column.leastDatetime), at + 40)
    descriptors.writeUInt32LE(column.partOfDay, at + 56)
    descriptors.writeUInt32LE(column.partOfSecond, at + 60)
    mostBeside += head.length + nullText.length + longestNumber + longestStep * (steps.length / stepBytes)
  }
  const tail = texts.add(Buffer.from(print.tail))
  if (mostBeside > maxBeside) return undefined
  const bytes = Buffer.concat([descriptors, ...texts.pieces])
  return { print, bytes, tail: tail.at, tailLength: tail.length, mostBeside }
}

/** Texts one behind the other, and where each will be. */
class Texts {
  readonly pieces: Buffer[] = []
  #at: number

  constructor(at: number) {
    this.#at = at
  }

  add(bytes: Buffer): { readonly at: number; readonly length: number } {
    const place = { at: this.#at, length: bytes.length }
    this.pieces.push(bytes)
    this.#at += bytes.length
    return place
  }
}
