/*
 * Encodings of one to four bytes a character that hold ASCII: latin1, gbk, gb18030, big5, windows-1252, … The tables are
 * iconv-lite's, asked for one character at a time and kept, because its streams replace what an encoding doesn't have
 * without a word. What programs read differently under the same name is taken out, so that a file holds what another
 * program finds in it; the lists are the differences from the codecs of Python.
 */

type Iconv = typeof import('iconv-lite')

/** Byte sequences that a table has and the encoding doesn't: `80`, or ranges of first and second byte, `aa-af:a1-fe`. */
interface Exceptions {
  /** Another name for the table. */
  readonly table?: string
  /** Neither read nor written. */
  readonly undefined?: string
  /** Read, because files under this name hold them, and not written: not every program reads them, or reads the same. */
  readonly unwritten?: string
  /** Characters of more bytes that are not written either. */
  readonly unwrittenText?: string
}

const gb2312: Exceptions = {
  undefined: '80',
  unwritten:
    '81-fe:40-a0 81-a0:a1-fe a1:a4 a1:aa a2:a1-aa a6:e0-f5 a8:bb a8:bd-be a8:c0 aa-af:a1-fe f8-fe:a1-fe',
}
const shiftJis: Exceptions = {
  unwritten: '80 81:60-61 81:7c 81:91-92 81:ca 87:40-9c ed-ee:40-fc f0-fc:40-fc',
}
const macRoman: Exceptions = { undefined: 'bd db f0' }
const twoBigFives = 'a1:45 a1:4e a1:c2 a1:e3 a1:f2-f3 a2:41-42 a2:44 a2:46-47'

/** By the name in small letters, without punctuation. */
const exceptions: Readonly<Record<string, Exceptions>> = {
  gbk: {
    undefined:
      '80 a1-a7:40-a0 a2:ab-b0 a2:e3-e4 a2:ef-f0 a2:fd-fe a4:f4-fe a5:f7-fe a6:b9-c0 a6:d9-df a6:ec-ed a6:f3 a6:f6-fe a7:c2-d0 a7:f2-fe a8:96-a0 a8:bc a8:bf a8:c1-c4 a8:ea-fe a9:58 a9:5b a9:5d-5f a9:89-95 a9:97-a3 a9:f0-fe aa-af:a1-fe d7:fa-fe f8-fd:a1-fe fe:50-fe',
  },
  gb2312,
  euccn: gb2312,
  gb18030: { undefined: '80', unwritten: 'a3:a0 a8:bc', unwrittenText: '\ue7c7' },
  big5: { table: 'cp950', undefined: 'a3:e1 f9:d6-fe', unwritten: twoBigFives },
  big5hkscs: { unwritten: twoBigFives },
  shiftjis: shiftJis,
  sjis: shiftJis,
  euckr: { unwritten: '81-a0:41-fe a1-c6:41-a0 a4:d4' },
  eucjp: { unwritten: 'a1:c1-c2 a1:dd a1:f1-f2 a2:cc ad:a1-fe f9-fc:a1-fe', unwrittenText: '\uff5e' },
  macintosh: macRoman,
  macroman: macRoman,
}

/** Names of iconv-lite that are no encodings of text, or need a byte order mark. */
const noCodePage = /^(utf|ucs|cesu|unicode|binary|base64|hex|internal|iso646)/

/** Stands in UTF-8, which never has it, for bytes that an encoding does not define. */
const undefinedByte = 0xff

const unknown = -2
const none = -1

/** One encoding; undefined characters and bytes are told, never replaced. */
export class CodePage {
  readonly #iconv: Iconv
  readonly #table: string
  readonly #isUndefined: (lead: number, trail: number) => boolean
  readonly #isUnwritten: (lead: number, trail: number) => boolean
  readonly #unwrittenText: string
  /** Code points by one or two bytes. */
  readonly #short = new Int32Array(65_536).fill(unknown)
  readonly #long = new Map<number, number>()
  /** Bytes, packed into a number, by code point. */
  readonly #written = new Map<number, number>()

  private constructor(iconv: Iconv, name: string) {
    const { table, undefined: never, unwritten, unwrittenText = '' } = exceptions[name] ?? {}
    this.#iconv = iconv
    this.#table = table ?? name
    this.#isUndefined = matcherOf(never)
    this.#isUnwritten = matcherOf(unwritten)
    this.#unwrittenText = unwrittenText
  }

  /** @returns undefined for a name that is no such encoding */
  static async open(name: string): Promise<CodePage | undefined> {
    const iconv = (await import('iconv-lite')).default
    const plain = name.toLowerCase().replaceAll(/[^0-9a-z]/g, '')
    if (noCodePage.test(plain) || !iconv.encodingExists(plain)) return undefined
    const page = new CodePage(iconv, plain)
    for (let byte = 0; byte < 0x80; byte++) if (page.#codePoint(byte, 1) !== byte) return undefined
    return page
  }

  /** A function that turns chunks into UTF-8; a byte that the encoding does not define becomes 0xFF. */
  decoder(): (chunk: Buffer, isLast: boolean) => Buffer {
    let rest: Buffer = Buffer.alloc(0)
    return (chunk, isLast) => {
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
      const out = Buffer.allocUnsafe(3 * bytes.length)
      const { used, length } = this.#decode(bytes, isLast, out)
      rest = Buffer.from(bytes.subarray(used))
      return out.subarray(0, length)
    }
  }

  #decode(bytes: Buffer, isLast: boolean, out: Buffer): { used: number; length: number } {
    let at = 0
    let length = 0
    while (at < bytes.length) {
      const byte = bytes[at]!
      if (byte < 0x80) {
        out[length++] = byte
        at++
        continue
      }
      const size = this.#sizeAt(bytes, at)
      const isWhole = size > 0 && at + size <= bytes.length
      if (!isWhole && !isLast) break
      const point = isWhole ? this.#codePoint(bytes.readUIntBE(at, size), size) : none
      if (point === none) {
        // One byte only: what follows may be a delimiter.
        out[length++] = undefinedByte
        at++
      } else {
        length = writeUtf8(out, length, point)
        at += size
      }
    }
    return { used: at, length }
  }

  /** Bytes of the character; 0 when that does not show yet. */
  #sizeAt(bytes: Buffer, at: number): number {
    const lead = bytes[at]!
    if (this.#codePoint(lead, 1) !== none) return 1
    if (at + 1 >= bytes.length) return 0
    const trail = bytes[at + 1]!
    if (this.#table === 'gb18030' && trail >= 0x30 && trail <= 0x39) return 4
    return this.#table === 'eucjp' && lead === 0x8f ? 3 : 2
  }

  #codePoint(key: number, size: number): number {
    const isShort = size <= 2
    const known = isShort ? this.#short[key]! : (this.#long.get(key) ?? unknown)
    if (known !== unknown) return known
    const point = this.#lookUp(key, size)
    if (isShort) this.#short[key] = point
    else this.#long.set(key, point)
    return point
  }

  #lookUp(key: number, size: number): number {
    const bytes = Buffer.alloc(size)
    bytes.writeUIntBE(key, 0, size)
    if (size <= 2 && this.#isUndefined(bytes[0]!, bytes[1] ?? none)) return none
    const text = this.#iconv.decode(bytes, this.#table, { stripBOM: false })
    const point = text.codePointAt(0)
    if (point === undefined || String.fromCodePoint(point) !== text) return none
    // The table goes beyond the ranges of gb18030's four bytes.
    if (size === 4 && !this.#iconv.encode(text, this.#table).equals(bytes)) return none
    return point === 0xfffd && key !== replacementInGb18030 ? none : point
  }

  /** @returns undefined for text that the encoding does not have */
  encode(text: string): Buffer | undefined {
    const out = Buffer.allocUnsafe(4 * text.length)
    let length = 0
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i)
      if (unit < 0x80) {
        out[length++] = unit
        continue
      }
      const point = text.codePointAt(i)!
      if (point > 0xffff) i++
      const bytes = this.#bytesOf(point)
      if (bytes === none) return undefined
      const size = bytes < 0x100 ? 1 : bytes < 0x1_0000 ? 2 : bytes < 0x100_0000 ? 3 : 4
      out.writeUIntBE(bytes, length, size)
      length += size
    }
    return out.subarray(0, length)
  }

  #bytesOf(point: number): number {
    let bytes = this.#written.get(point)
    if (bytes === undefined) {
      bytes = this.#find(point)
      this.#written.set(point, bytes)
    }
    return bytes
  }

  /** Only what reads back to the same character counts. */
  #find(point: number): number {
    const text = String.fromCodePoint(point)
    if ((point >= 0xd800 && point <= 0xdfff) || this.#unwrittenText.includes(text)) return none
    const bytes = this.#iconv.encode(text, this.#table, { addBOM: false })
    if (bytes.length === 0 || bytes.length > 4) return none
    const key = bytes.readUIntBE(0, bytes.length)
    const isOther = this.#sizeAt(bytes, 0) !== bytes.length || this.#codePoint(key, bytes.length) !== point
    if (isOther || (bytes.length <= 2 && this.#isUnwritten(bytes[0]!, bytes[1] ?? none))) return none
    return key
  }
}

/** U+FFFD itself, which of all these encodings only this one has. */
const replacementInGb18030 = 0x8431a437

const matcherOf = (ranges = ''): ((lead: number, trail: number) => boolean) => {
  const parsed = ranges
    .split(' ')
    .filter(range => range !== '')
    .map(range => range.split(':').map(part => part.split('-').map(byte => Number.parseInt(byte, 16))))
  return (lead, trail) =>
    parsed.some(([leads, trails]) =>
      trails === undefined ? trail === none && isIn(lead, leads!) : isIn(lead, leads!) && isIn(trail, trails),
    )
}

const isIn = (byte: number, [first = none, last = first]: readonly number[]): boolean =>
  byte >= first && byte <= last

const writeUtf8 = (out: Buffer, at: number, point: number): number => {
  if (point < 0x800) {
    if (point >= 0x80) out[at++] = 0xc0 | (point >> 6)
  } else {
    if (point < 0x1_0000) out[at++] = 0xe0 | (point >> 12)
    else {
      out[at++] = 0xf0 | (point >> 18)
      out[at++] = 0x80 | ((point >> 12) & 0x3f)
    }
    out[at++] = 0x80 | ((point >> 6) & 0x3f)
  }
  out[at++] = point < 0x80 ? point : 0x80 | (point & 0x3f)
  return at
}
