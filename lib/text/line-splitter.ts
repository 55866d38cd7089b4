import { TunnelValueError } from '../errors.js'
import { Utf8Chunks } from './utf8-chunks.js'

const newline = 0x0a

/**
 * Cuts chunks of a UTF-8 file into lines, without their line ends (LF or CRLF) and without a byte order mark. Bytes are decoded up to a
 * line feed, which is part of no other character, so that none is cut in two; a line that does not end is refused at its limit,
 * not gathered until memory ends.
 */
export class LineSplitter {
  readonly #where: string
  readonly #maxLineBytes: number
  readonly #chunks: Utf8Chunks
  #pieces: Buffer[] = []
  #pieceBytes = 0
  #atStart = true
  #lines = 0

  constructor(where: string, maxLineBytes: number) {
    this.#where = where
    this.#maxLineBytes = maxLineBytes
    this.#chunks = new Utf8Chunks(where)
  }

  /**
   * The lines that a chunk completes.
   * @throws TunnelValueError ODPS_FIELD_TOO_LONG for a line of more bytes than allowed; ODPS_INVALID_VALUE when the
   * bytes are not UTF-8.
   */
  next(chunk: string | Uint8Array): string[] {
    const bytes = this.#chunks.next(chunk)
    const last = bytes.lastIndexOf(newline)
    if (last < 0) {
      this.#keep(bytes)
      return []
    }
    this.#checkLength(this.#pieceBytes + bytes.indexOf(newline))
    const text = this.#text(bytes.subarray(0, last))
    this.#keep(bytes.subarray(last + 1))
    return this.#split(text)
  }

  /** The last line, if it has no line end. */
  end(): string[] {
    this.#chunks.end()
    return this.#pieceBytes === 0 ? [] : this.#split(this.#text(Buffer.alloc(0)))
  }

  /** Copies: whoever gave the chunk may write over it. */
  #keep(bytes: Buffer): void {
    this.#checkLength(this.#pieceBytes + bytes.length)
    if (bytes.length === 0) return
    this.#pieces.push(Buffer.from(bytes))
    this.#pieceBytes += bytes.length
  }

  #checkLength(bytes: number): void {
    if (bytes <= this.#maxLineBytes) return
    throw new TunnelValueError(
      'ODPS_FIELD_TOO_LONG',
      `${this.#where}: line ${this.#lines + 1} is longer than ${this.#maxLineBytes} bytes; raise maxLineBytes if that is intended`,
    )
  }

  #text(bytes: Buffer): string {
    const all = this.#pieces.length === 0 ? bytes : Buffer.concat([...this.#pieces, bytes])
    this.#pieces = []
    this.#pieceBytes = 0
    const text = all.toString('utf8')
    if (!this.#atStart) return text
    this.#atStart = false
    return text.startsWith('\ufeff') ? text.slice(1) : text
  }

  #split(text: string): string[] {
    const lines = text.split('\n')
    for (let i = 0; i < lines.length; i++) {
      const line = lines[i]!
      if (line.endsWith('\r')) lines[i] = line.slice(0, -1)
      this.#lines++
    }
    return lines
  }
}
