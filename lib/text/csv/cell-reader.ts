import { isAscii, isUtf8 } from 'node:buffer'
import { floatBeyond } from '../../codec/types/floats.js'
import { FieldCursor } from './field-cursor.js'
import { type CellForm, cellForm, type DecimalRoom, QuickCells } from './quick-cells.js'

/** A field of the file, in their order. */
export interface ScannedField {
  /** Which cell of the row it becomes; -1 for none. */
  readonly cell: number
  readonly form: CellForm
  /** Of the form `decimal`; without it each is left to `parse`. */
  readonly room?: DecimalRoom
  /** The value of a text that is not NULL, and not as the form has it; what it throws refuses the record. */
  readonly parse: (text: string) => unknown
  /** The value of bytes that are not UTF-8; absent where the field must be text. */
  readonly parseBytes?: ((bytes: Buffer) => unknown) | undefined
}

const lineFeed = 10
const carriageReturn = 13

/** Text is cut from strings of so many bytes, which a text that is kept keeps alive. */
const windowBytes = 1024
/** Longer text is searched for its end. */
const shortText = 48

const noRoom: DecimalRoom = { whole: 0, fraction: 0 }

/**
 * Makes cells of fields. Nearly all have the common form of their column, and become values without a string in between;
 * what does not is passed as text to the parser of the column.
 */
export class CellReader extends FieldCursor {
  readonly #fields: readonly ScannedField[]
  readonly #null: Buffer
  readonly #quick = new QuickCells()
  #isAscii = false
  #isUtf8 = false
  #window = ''
  #windowStart = 0
  #windowEnd = 0

  constructor(
    fields: readonly ScannedField[],
    { delimiter, quote, nullText }: { delimiter: string; quote: string | undefined; nullText: string },
  ) {
    super(delimiter, quote)
    this.#fields = fields
    this.#null = Buffer.from(nullText)
  }

  override open(bytes: Buffer, limit: number): void {
    super.open(bytes, limit)
    this.#quick.bytes = bytes
    this.#windowEnd = 0
    this.#isAscii = isAscii(bytes)
    this.#isUtf8 = this.#isAscii || isUtf8(bytes.subarray(0, limit))
  }

  /** A value as the form has it, nearly always; undefined where it must be looked at more closely. */
  readPlain(form: number, field: number, at: number): unknown {
    const quick = this.#quick
    let value: unknown
    switch (form) {
      case cellForm.text:
        return this.#plainText(at)
      case cellForm.whole:
        value = quick.whole(at)
        break
      case cellForm.tinyint:
      case cellForm.smallint:
      case cellForm.int: {
        const whole = quick.whole(at)
        const limit = form === cellForm.int ? 2 ** 31 : form === cellForm.smallint ? 2 ** 15 : 2 ** 7
        if (whole === undefined || whole < -limit || whole >= limit) return undefined
        value = whole
        break
      }
      case cellForm.bigint: {
        const whole = quick.whole(at)
        if (whole === undefined) return undefined
        value = BigInt(whole)
        break
      }
      case cellForm.number:
        value = quick.number(at)
        break
      case cellForm.float: {
        const number = quick.number(at)
        // Which of two floats is nearer than such a number, its digits say.
        if (number === undefined || floatBeyond(number) !== undefined) return undefined
        value = Math.fround(number)
        break
      }
      case cellForm.milliseconds:
        value = quick.milliseconds(at)
        break
      case cellForm.date: {
        const time = quick.milliseconds(at)
        if (time === undefined) return undefined
        value = new Date(time)
        break
      }
      case cellForm.timestamp:
        value = quick.timestamp(at, true)
        break
      case cellForm.timestampNtz:
        value = quick.timestamp(at, false)
        break
      case cellForm.decimal:
        if (!quick.decimal(at, this.#fields[field]!.room ?? noRoom)) return undefined
        value = this.#text(at, quick.end, true)
        break
      case cellForm.day:
        if (!quick.day(at)) return undefined
        value = this.#text(at, quick.end, true)
        break
      case cellForm.boolean:
        value = quick.boolean(at)
        break
      default:
        return undefined
    }
    this.end = quick.end
    return value
  }

  /** A short text without quotes that is not NULL. */
  #plainText(at: number): string | undefined {
    const bytes = this.bytes
    const delimiter = this.delimiter
    const quote = this.quote
    const stop = at + shortText
    let high = 0
    for (let p = at; p < stop; p++) {
      const byte = bytes[p]!
      if (byte === delimiter || byte === lineFeed) {
        const end = byte === lineFeed && p > at && bytes[p - 1] === carriageReturn ? p - 1 : p
        if (this.#isNull(at, end)) return undefined
        this.end = end
        return this.#fieldText(at, end, high < 128)
      }
      // What is strange, and what follows a quote, is for the closer look.
      if (byte === quote) return undefined
      high |= byte
    }
    return undefined
  }

  /** Any field but one that breaks the rules, for which it is undefined. */
  readClosely(form: number, field: number, at: number): unknown {
    const { parse, parseBytes } = this.#fields[field]!
    let text: string | Buffer | undefined
    if (this.bytes[at] === this.quote) text = this.#quoted(at)
    else {
      const end = this.plainEnd(at)
      this.end = end
      if (this.#isNull(at, end)) return null
      text = this.#textOrBytes(at, end)
    }
    if (typeof text === 'string' && form === cellForm.text) return text
    try {
      return typeof text === 'string' ? parse(text) : text && parseBytes?.(text)
    } catch {
      return undefined
    }
  }

  #textOrBytes(from: number, to: number): string | Buffer {
    return this.#fieldText(from, to, this.#isAscii) ?? Buffer.from(this.bytes.subarray(from, to))
  }

  /** The text of a field in quotes; undefined when it is not closed, or text follows. */
  #quoted(at: number): string | Buffer | undefined {
    if (!this.passQuoted(at)) return undefined
    const text = this.#textOrBytes(at + 1, this.end - 1)
    if (!this.hasDoubled) return text
    const quote = String.fromCharCode(this.quote)
    if (typeof text === 'string') return text.replaceAll(quote + quote, quote)
    return Buffer.from(text.toString('latin1').replaceAll(quote + quote, quote), 'latin1')
  }

  #isNull(at: number, end: number): boolean {
    const text = this.#null
    if (end - at !== text.length) return false
    for (let i = 0; i < text.length; i++) if (this.bytes[at + i] !== text[i]) return false
    return true
  }

  /** Undefined for bytes that are not UTF-8. */
  #fieldText(from: number, to: number, isPlain: boolean): string | undefined {
    if (!isPlain && !this.#isUtf8 && !isUtf8(this.bytes.subarray(from, to))) return undefined
    return this.#text(from, to, isPlain)
  }

  /** ASCII is cut from a string of its neighbourhood: much quicker than a string of its own. */
  #text(from: number, to: number, isPlain: boolean): string {
    if (!isPlain && !this.#isAscii) return this.bytes.toString('utf8', from, to)
    if (to - from > windowBytes / 2) return this.bytes.toString('latin1', from, to)
    if (from < this.#windowStart || to > this.#windowEnd) {
      this.#windowStart = from
      this.#windowEnd = Math.min(from + windowBytes, this.bytes.length)
      this.#window = this.bytes.toString('latin1', from, this.#windowEnd)
    }
    return this.#window.slice(from - this.#windowStart, to - this.#windowStart)
  }
}
