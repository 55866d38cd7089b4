import { isAscii } from 'node:buffer'
import { escapedBytes, hasLoneSurrogates } from '../../../text/escaped-text.js'
import { CliError, UsageError } from '../../usage-error.js'
import { CodePage } from './code-page.js'

/** UTF-8 under any of its names, and odpscmd's word for bytes that are passed through. */
export const isUtf8Name = (name: string): boolean => /^(utf-?8|ignore)$/i.test(name)

const utf16 = /^utf-?16(le|be)?$/i

/** @throws UsageError for an encoding that is not known, before anything is read or sent */
export const checkEncoding = async (name: string): Promise<void> => {
  if (!isUtf8Name(name) && !utf16.test(name)) await codePageOf(name)
}

/** A text file on its way in. */
export interface TextInput {
  /** The encoding that was named, or that its byte order mark says. */
  readonly encoding: string
  readonly isUtf8: boolean
  /**
   * Without a byte order mark. A UTF-8 file is not looked at, and cut anywhere; others are turned into UTF-8, with 0xFF for
   * what their encoding does not define.
   */
  readonly bytes: AsyncGenerator<Buffer, void, undefined>
}

/** The longest mark of a file that is not text. */
const markBytes = 8

/**
 * Reads as much as it takes to see a byte order mark: it says what the encoding is, whatever was named.
 * @param path for messages
 * @throws UsageError for an encoding that is not known
 * @throws CliError for a compressed or binary file
 */
export const openText = async (
  chunks: AsyncIterable<Uint8Array>,
  named = 'utf-8',
  path = 'the input',
): Promise<TextInput> => {
  const source = chunks[Symbol.asyncIterator]()
  let head: Buffer = Buffer.alloc(0)
  while (head.length < markBytes) {
    const next = await source.next()
    if (next.done) break
    const { buffer, byteOffset, byteLength } = next.value
    const part = Buffer.from(buffer, byteOffset, byteLength)
    head = head.length === 0 ? part : Buffer.concat([head, part])
  }
  try {
    if (/^utf-?8$/i.test(named)) refuseBinary(head, path)
    const mark = markOf(head, path)
    const encoding = mark?.encoding ?? named
    const decode = await decoderOf(encoding)
    return {
      encoding,
      isUtf8: isUtf8Name(encoding),
      bytes: decoded(head.subarray(mark?.length ?? 0), source, decode),
    }
  } catch (error) {
    // Nobody else has it.
    await source.return?.()
    throw error
  }
}

/** What UTF-8 text cannot begin with, in hex. A workbook of Excel that was only renamed is a zip archive. */
const binaryMarks: readonly (readonly [mark: string, name: string, next: string])[] = [
  ['1f8b08', 'compressed with gzip', 'Use --file-compression gzip'],
  ['28b52ffd', 'compressed with Zstandard', 'Use --file-compression zstd'],
  // PAR1, and the type of the first page.
  ['5041523115', 'Parquet', 'Use --format parquet'],
  ['4152524f57310000', 'Arrow', 'Use --format arrow'],
  ['4f626a01', 'Avro', 'Convert it to Parquet or NDJSON'],
  // The level, and then digits of pi.
  ['425a683[1-9]314159', 'compressed with bzip2', 'Decompress it'],
  ['fd377a585a00', 'compressed with xz', 'Decompress it'],
  ['504b0304', 'a zip archive or an Excel workbook', 'Unpack it, or export the sheet as CSV'],
]

const refuseBinary = (head: Buffer, path: string): void => {
  const hex = head.toString('hex')
  const [, name, next] = binaryMarks.find(([mark]) => new RegExp(`^${mark}`).test(hex)) ?? []
  if (name !== undefined) throw new CliError(`${path} is ${name}, not text`, next)
}

const markOf = (head: Buffer, path: string): { encoding: string; length: number } | undefined => {
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) return { encoding: 'utf-8', length: 3 }
  const isLittle = head[0] === 0xff && head[1] === 0xfe
  if (isLittle && head.length >= 4 && head[2] === 0 && head[3] === 0)
    throw new CliError(`${path} is UTF-32`, 'Convert it to UTF-8')
  if (isLittle) return { encoding: 'utf-16le', length: 2 }
  if (head[0] === 0xfe && head[1] === 0xff) return { encoding: 'utf-16be', length: 2 }
  return undefined
}

type Decode = (chunk: Buffer, isLast: boolean) => Buffer

async function* decoded(
  head: Buffer,
  source: AsyncIterator<Uint8Array>,
  decode: Decode,
): AsyncGenerator<Buffer, void, undefined> {
  try {
    if (head.length > 0) yield decode(head, false)
    for (let next = await source.next(); !next.done; next = await source.next())
      yield decode(Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength), false)
    const last = decode(Buffer.alloc(0), true)
    if (last.length > 0) yield last
  } finally {
    await source.return?.()
  }
}

const decoderOf = async (encoding: string): Promise<Decode> => {
  if (isUtf8Name(encoding)) return bytes => bytes
  if (utf16.test(encoding)) return utf16Decoder(/be$/i.test(encoding))
  return (await codePageOf(encoding)).decoder()
}

const codePageOf = async (encoding: string): Promise<CodePage> => {
  const page = await CodePage.open(encoding)
  if (page !== undefined) return page
  throw new UsageError(
    `--encoding: '${encoding}' is not supported`,
    'Supported are utf-8, latin1, gb18030, gbk, big5, shift_jis, euc-kr, windows-1252, utf-16 and others',
  )
}

/** Half a pair of surrogates becomes 0xFF. */
const utf16Decoder = (isBig: boolean): Decode => {
  let rest: Buffer = Buffer.alloc(0)
  return (chunk, isLast) => {
    const bytes = Buffer.concat([rest, chunk])
    let whole = bytes.length - (bytes.length % 2)
    const lastUnit = whole < 2 ? 0 : isBig ? bytes.readUInt16BE(whole - 2) : bytes.readUInt16LE(whole - 2)
    if (!isLast && lastUnit >= 0xd800 && lastUnit <= 0xdbff) whole -= 2
    rest = bytes.subarray(whole)
    const units = bytes.subarray(0, whole)
    const text = (isBig ? units.swap16() : units).toString('utf16le')
    const out = hasLoneSurrogates(text) ? withoutHalves(text) : Buffer.from(text)
    return isLast && rest.length > 0 ? Buffer.concat([out, notDefined]) : out
  }
}

const notDefined = Buffer.of(0xff)

const withoutHalves = (text: string): Buffer =>
  Buffer.concat(
    text
      .split(/\p{Surrogate}/u)
      .flatMap((part, i) => (i === 0 ? [Buffer.from(part)] : [notDefined, Buffer.from(part)])),
  )

/** Several times faster than TextDecoder where the text is ASCII. */
export const knownUtf8 = (bytes: Buffer): string => bytes.toString(isAscii(bytes) ? 'latin1' : 'utf8')

/** Text on its way into a file; undefined for text that the encoding does not have. */
export type TryEncode = (text: string) => Buffer | undefined

export interface FileEncoder {
  /** Of the text where it stands: what a file of this encoding begins with comes with the first piece. */
  readonly encode: TryEncode
  readonly isUtf8: boolean
}

/**
 * UTF-8 takes bytes that are not text too, in their escaped form.
 * @param isResumed the file has its beginning already
 * @throws UsageError for an encoding that is not known
 */
export const fileEncoder = async (encoding: string, isResumed: boolean): Promise<FileEncoder> => {
  const isUtf8 = isUtf8Name(encoding)
  const encode = await encoderOf(encoding)
  if (!/^utf-?16$/i.test(encoding)) return { encode, isUtf8 }
  let needsMark = !isResumed
  const withMark: TryEncode = text => {
    const bytes = encode(needsMark ? `\ufeff${text}` : text)
    if (bytes !== undefined) needsMark = false
    return bytes
  }
  return { encode: withMark, isUtf8 }
}

const encoderOf = async (encoding: string): Promise<TryEncode> => {
  if (isUtf8Name(encoding)) return escapedBytes
  if (!utf16.test(encoding)) {
    const page = await codePageOf(encoding)
    return text => page.encode(text)
  }
  const isBig = /be$/i.test(encoding)
  return text => {
    if (hasLoneSurrogates(text)) return undefined
    const bytes = Buffer.from(text, 'utf16le')
    return isBig ? bytes.swap16() : bytes
  }
}

/**
 * The same for JSON, which can have every character in ASCII.
 * @throws UsageError for an encoding that is not known
 */
export const jsonEncoder = async (
  encoding: string,
  isResumed: boolean,
): Promise<(text: string) => Buffer> => {
  const { encode } = await fileEncoder(encoding, isResumed)
  return text => encode(text) ?? encode(text.replaceAll(/[^\0-\x7f]/g, escapedUnit))!
}

const escapedUnit = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
