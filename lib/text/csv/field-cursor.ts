const lineFeed = 10
const carriageReturn = 13

/** Bytes that are looked at one by one before a search is worth its call. */
const shortField = 48

/**
 * Finds where fields and lines end, whatever the fields hold. Where the next quote, delimiter and line end are is known for
 * longer than for one field, so that no byte is searched twice.
 */
export class FieldCursor {
  readonly delimiter: number
  /** -1: no field is quoted. */
  readonly quote: number
  bytes: Buffer = Buffer.alloc(0)
  /** Behind the last line end. */
  limit = 0
  /** The end of the field that was passed last. */
  end = 0
  /** Whether the field in quotes that was passed last has quotes in it. */
  hasDoubled = false
  #nextQuote = -1
  #nextDelimiter = -1
  #nextLine = -1

  /** Each is one ASCII character. */
  constructor(delimiter: string, quote: string | undefined) {
    this.delimiter = delimiter.charCodeAt(0)
    this.quote = quote === undefined ? -1 : quote.charCodeAt(0)
  }

  open(bytes: Buffer, limit: number): void {
    this.bytes = bytes
    this.limit = limit
    this.#nextQuote = this.#nextDelimiter = this.#nextLine = -1
  }

  #quoteFrom(at: number): number {
    if (this.#nextQuote < at) this.#nextQuote = this.find(this.quote, at)
    return this.#nextQuote
  }

  /** Where a field without quotes ends. */
  plainEnd(at: number): number {
    if (this.#nextDelimiter < at) this.#nextDelimiter = this.find(this.delimiter, at)
    if (this.#nextLine < at) this.#nextLine = this.find(lineFeed, at)
    if (this.#nextDelimiter < this.#nextLine) return this.#nextDelimiter
    const end = this.#nextLine
    return end > at && this.bytes[end - 1] === carriageReturn ? end - 1 : end
  }

  find(byte: number, from: number): number {
    const bytes = this.bytes
    const stop = Math.min(from + shortField, this.limit)
    for (let p = from; p < stop; p++) if (bytes[p] === byte) return p
    const found = stop < this.limit ? bytes.indexOf(byte, stop) : -1
    return found < 0 ? this.limit : found
  }

  /** @returns -1 when there is none before the last line end */
  closingQuote(from: number): number {
    this.hasDoubled = false
    for (let p = from; ; p += 2) {
      p = this.#quoteFrom(p)
      if (p >= this.limit) return -1
      if (this.bytes[p + 1] !== this.quote) return p
      this.hasDoubled = true
    }
  }

  /** Passes over a field that begins with a quote; false when it is not closed, or text follows. */
  passQuoted(at: number): boolean {
    const close = this.closingQuote(at + 1)
    if (close < 0) return false
    this.end = close + 1
    const mark = this.bytes[close + 1]!
    return mark === this.delimiter || mark === lineFeed || this.isReturn(mark)
  }

  /** Passes over a field, whatever it holds; false when its quotes are broken. */
  pass(at: number): boolean {
    if (this.bytes[at] === this.quote) return this.passQuoted(at)
    this.end = this.plainEnd(at)
    return true
  }

  /** Whether a field that was passed ends with the CR of a line end. */
  isReturn(mark: number): boolean {
    return mark === carriageReturn && this.bytes[this.end + 1] === lineFeed
  }

  /** Behind the line end at the end of the field. */
  pastLineEnd(): number {
    return this.bytes[this.end] === lineFeed ? this.end + 1 : this.end + 2
  }

  /** Where the record behind this one begins: after broken quotes, at the next line. Undefined when a quote is open. */
  pastRecord(start: number): number | undefined {
    for (let at = start; ; at = this.end + 1) {
      if (!this.pass(at)) {
        const isUnclosed = this.bytes[at] === this.quote && this.closingQuote(at + 1) < 0
        return isUnclosed ? undefined : this.find(lineFeed, this.end) + 1
      }
      if (this.bytes[this.end] !== this.delimiter) return this.pastLineEnd()
    }
  }
}
