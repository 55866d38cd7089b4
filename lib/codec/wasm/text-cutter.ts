import { isUtf8 } from 'node:buffer'
import type { RecordsMemory } from '../../wire/records-memory.js'

/** The engine copies so short a piece of a string; a longer one keeps the whole string alive. */
const maxCopied = 12
/**
 * Text is cut from strings of so many characters, so that a piece that is kept keeps no more than that alive: one native
 * call for each text takes longer.
 */
const sharedUnits = 1024
const sharedWideUnits = 512
const maxShared = 128

/** Makes strings and buffers of what `readRecords` left in memory. Places are addresses; they only ever grow. */
export class TextCutter {
  readonly #memory: RecordsMemory
  #narrow = ''
  #narrowFrom = 0
  #narrowTo = 0
  /** As much as there is while every text is so short that it is copied. */
  #narrowUnits = Number.POSITIVE_INFINITY
  #wide = ''
  #wideFrom = 0
  #wideTo = 0

  constructor(memory: RecordsMemory) {
    this.#memory = memory
  }

  /** What was cut from belongs to records before. */
  forget(): void {
    this.#narrowTo = 0
    this.#wideTo = 0
  }

  /** Text of ASCII characters. */
  narrow(at: number, length: number): string {
    const to = at + length
    if (to > this.#narrowTo || (length > maxCopied && this.#narrowUnits !== sharedUnits))
      this.#more(at, length)
    return this.#narrow.slice(at - this.#narrowFrom, to - this.#narrowFrom)
  }

  #more(at: number, length: number): void {
    if (length > maxCopied) this.#narrowUnits = sharedUnits
    const { bytes, narrowEnd } = this.#memory
    this.#narrowFrom = at
    this.#narrowTo = Math.min(narrowEnd, at + this.#narrowUnits)
    this.#narrow = bytes.toString('latin1', at, this.#narrowTo)
  }

  /** Other text: `beyond` ASCII or not, and maybe still `inPlace`, as the bytes that came. */
  other(at: number, length: number, beyond: boolean, inPlace: boolean): string {
    const { bytes } = this.#memory
    if (inPlace) return bytes.toString(beyond ? 'utf8' : 'latin1', at, at + length)
    const to = at + 2 * length
    if (length > maxShared) return bytes.toString('utf16le', at, to)
    if (to > this.#wideTo) {
      this.#wideFrom = at
      this.#wideTo = Math.min(this.#memory.wideEnd, at + 2 * sharedWideUnits)
      this.#wide = bytes.toString('utf16le', at, this.#wideTo)
    }
    return this.#wide.slice((at - this.#wideFrom) / 2, (to - this.#wideFrom) / 2)
  }

  /** The same, and the bytes themselves where they are no UTF-8: those stay where they came. */
  otherExact(at: number, length: number, beyond: boolean, inPlace: boolean): string | Buffer {
    const isDoubtful = inPlace && beyond && !isUtf8(this.#memory.bytes.subarray(at, at + length))
    return isDoubtful ? this.copy(at, length) : this.other(at, length, beyond, inPlace)
  }

  copy(at: number, length: number): Buffer {
    return Buffer.from(this.#memory.bytes.subarray(at, at + length))
  }
}
