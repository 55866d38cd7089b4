import { isUtf8 } from 'node:buffer'
import type { TextType } from '../../schema/data-type.js'
import { CellProblem, invalid } from '../../values/cell-problem.js'
import type { ValueReader } from '../../wire/value-reader.js'
import type { ValueWriter } from '../../wire/value-writer.js'
import type { CellCodec, CodecOptions } from '../cell-codec.js'

/* STRING, VARCHAR(n), CHAR(n), BINARY: length and bytes (protocol 4.2). Bytes given as text pass as they are. */

export const stringCodec = (options: CodecOptions): CellCodec => ({
  write: (out, value) => checkBytes(writeText(out, value, 'STRING'), options.maxFieldBytes),
  read: textReaders[options.string],
})

/** Lengths count code points; CHAR is neither padded nor trimmed here. */
export const boundedTextCodec = ({ kind, length }: TextType, options: CodecOptions): CellCodec => ({
  write: (out, value) => {
    writeText(out, value, kind.toUpperCase())
    const count = countCodePoints(value as string | Uint8Array, length)
    if (count > length) {
      const what = `${count} characters do not fit ${kind.toUpperCase()}(${length})`
      throw new CellProblem('ODPS_FIELD_TOO_LONG', what)
    }
  },
  read: textReaders[options.string],
})

export const binaryCodec = ({ maxFieldBytes }: CodecOptions): CellCodec => ({
  write: (out, value) => {
    if (!(value instanceof Uint8Array)) throw invalid('a Buffer or Uint8Array for BINARY', value)
    checkBytes(value.length, maxFieldBytes)
    out.bytes(value)
  },
  read: from => from.bytes(),
})

/** Text, or the bytes that are no UTF-8, so that no reader need take U+FFFD for them. */
export function readExactText(from: ValueReader): string | Buffer {
  const bytes = from.bytes()
  return isUtf8(bytes) ? bytes.toString() : bytes
}

const textReaders: Readonly<Record<CodecOptions['string'], (from: ValueReader) => string | Buffer>> = {
  string: from => from.text(),
  buffer: from => from.bytes(),
  exact: readExactText,
}

const writeText = (out: ValueWriter, value: unknown, name: string): number => {
  if (typeof value === 'string') return writeString(out, value)
  if (!(value instanceof Uint8Array)) throw invalid(`text or a Buffer for ${name}`, value)
  out.bytes(value)
  return value.length
}

/** Writes a JS string; one with a lone surrogate has no UTF-8 form and is refused. */
export const writeString = (out: ValueWriter, value: string): number => {
  const bytes = out.text(value)
  if (bytes >= 0) return bytes
  const what = 'the text has a lone surrogate, so it has no UTF-8 form; pass a Buffer to send other bytes'
  throw new CellProblem('ODPS_INVALID_VALUE', what)
}

/** The session tells the limit as MaxFieldSize (protocol 11.1). */
export const checkBytes = (bytes: number, max: number): void => {
  if (bytes <= max) return
  throw new CellProblem(
    'ODPS_FIELD_TOO_LONG',
    `${bytes} bytes are over the limit of ${max} bytes for one field`,
  )
}

/** Counts code points, exactly only as far as it matters: a string of at most `enough` units is not looked at. */
export const countCodePoints = (value: string | Uint8Array, enough = 0): number => {
  if (value.length <= enough) return value.length
  let count = 0
  if (typeof value === 'string') for (const _ of value) count++
  else for (const byte of value) if ((byte & 0xc0) !== 0x80) count++
  return count
}
