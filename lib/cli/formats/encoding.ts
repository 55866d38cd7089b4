import { isAscii, isUtf8 } from 'node:buffer'
import { CliError, UsageError } from '../usage-error.js'

/** UTF-8 under any of its names, and odpscmd's word for bytes that are passed through. */
const isUtf8Name = (name: string): boolean => /^(utf-?8|ignore)$/i.test(name)

const latin1 = /^(latin-?1|iso-?8859-?1|l1)$/i

/**
 * Turns chunks of bytes of any encoding into chunks of UTF-8 that end at a character. A byte order mark is passed over,
 * and says what the encoding is, whatever was told.
 * @throws CliError when the bytes are not of the encoding
 */
export async function* utf8Chunks(
  chunks: AsyncIterable<Uint8Array>,
  encoding = 'utf-8',
): AsyncGenerator<Buffer, void, undefined> {
  let decoder: Utf8Source | undefined
  let bytes = 0
  let head: Buffer = Buffer.alloc(0)
  for await (const chunk of chunks) {
    let part: Buffer = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    if (decoder === undefined) {
      head = head.length === 0 ? part : Buffer.concat([head, part])
      if (head.length < 4) continue
      decoder = decoderFor(head, encoding)
      part = head
    }
    bytes += part.length
    const whole = decoder(part, false, bytes)
    if (whole.length > 0) yield whole
  }
  const wasShort = decoder === undefined
  decoder ??= decoderFor(head, encoding)
  const rest = decoder(wasShort ? head : Buffer.alloc(0), true, bytes)
  if (rest.length > 0) yield rest
}

/** The same as text. */
export async function* decodeText(
  chunks: AsyncIterable<Uint8Array>,
  encoding = 'utf-8',
): AsyncGenerator<string, void, undefined> {
  for await (const chunk of utf8Chunks(chunks, encoding)) yield textOf(chunk)
}

/** Several times faster than TextDecoder where the text is ASCII. */
export const textOf = (bytes: Buffer): string => bytes.toString(isAscii(bytes) ? 'latin1' : 'utf8')

type Utf8Source = (bytes: Buffer, isLast: boolean, offset: number) => Buffer

const decoderFor = (head: Buffer, encoding: string): Utf8Source => {
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) return utf8Decoder()
  if (head[0] === 0xff && head[1] === 0xfe) return platformDecoder('utf-16le')
  if (head[0] === 0xfe && head[1] === 0xff) return platformDecoder('utf-16be')
  if (isUtf8Name(encoding)) return utf8Decoder()
  return latin1.test(encoding)
    ? bytes => (isAscii(bytes) ? bytes : Buffer.from(bytes.toString('latin1')))
    : platformDecoder(encoding)
}

const utf8Decoder = (): Utf8Source => {
  let rest: Buffer = Buffer.alloc(0)
  let isStart = true
  return (bytes, isLast, offset) => {
    const all = rest.length === 0 ? bytes : Buffer.concat([rest, bytes])
    const whole = isLast ? all.length : wholeLength(all)
    rest = Buffer.from(all.subarray(whole))
    const part = all.subarray(0, whole)
    if (!isUtf8(part)) throw notOfEncoding('utf-8', offset)
    const isMarked = isStart && part[0] === 0xef && part[1] === 0xbb && part[2] === 0xbf
    isStart &&= part.length === 0
    return isMarked ? part.subarray(3) : part
  }
}

/** The length without a character that is cut at the end. */
const wholeLength = (bytes: Uint8Array): number => {
  const { length } = bytes
  for (let back = 1; back <= 3 && back <= length; back++) {
    const byte = bytes[length - back]!
    if (byte < 0x80) return length
    if (byte >= 0xc0) return (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) > back ? length - back : length
  }
  return length
}

/** The encodings of the platform (ICU): gb18030, gbk, big5, shift_jis, euc-kr, windows-125x, utf-16le, … */
const platformDecoder = (encoding: string): Utf8Source => {
  const decoder = newDecoder(encoding)
  return (bytes, isLast, offset) => {
    try {
      return Buffer.from(decoder.decode(bytes, { stream: !isLast }))
    } catch {
      throw notOfEncoding(encoding, offset)
    }
  }
}

const newDecoder = (encoding: string): TextDecoder => {
  try {
    return new TextDecoder(encoding, { fatal: true })
  } catch {
    throw new UsageError(
      `--encoding: '${encoding}' is not known`,
      'Known are utf-8, latin1, gb18030, gbk, big5, shift_jis, euc-kr, windows-1252, utf-16le and others',
    )
  }
}

const notOfEncoding = (encoding: string, offset: number): CliError =>
  new CliError(
    `the input is not ${encoding}, somewhere within ${offset} bytes`,
    'Name its encoding with --encoding, for instance --encoding gb18030 or latin1',
  )

/**
 * Turns text that is UTF-8 into another encoding.
 * @throws CliError for a character that the encoding does not have
 */
export const textEncoder = async (encoding = 'utf-8'): Promise<(text: string) => Buffer> => {
  if (isUtf8Name(encoding)) return text => Buffer.from(text)
  const iconv = (await import('iconv-lite')).default
  if (!iconv.encodingExists(encoding))
    throw new UsageError(
      `--encoding: '${encoding}' is not known`,
      'Known are utf-8, latin1, gb18030, gbk, big5, …',
    )
  return text => {
    const bytes = iconv.encode(text, encoding)
    if (isAscii(Buffer.from(text)) || iconv.decode(bytes, encoding) === text) return bytes
    throw new CliError(
      `a character cannot be written in ${encoding}`,
      'Choose utf-8 or gb18030, which have all characters',
    )
  }
}
