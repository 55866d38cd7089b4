import type { CellCodec } from '../../../lib/codec/cell-codec.js'
import { bigintOf, highOfBigint, lowOfBigint } from '../../../lib/wire/int64.js'
import type { ValueReader } from '../../../lib/wire/value-reader.js'
import type { ValueWriter } from '../../../lib/wire/value-writer.js'

/** A value as the protocol names it: the kind and the value, such as `int64 -1`. */
export type Piece = readonly [kind: string, value: unknown]

/** What a codec writes, piece by piece, apart from how a piece looks on the wire (test/wire holds that). */
export const written = (codec: CellCodec, value: unknown): Piece[] => {
  const pieces: Piece[] = []
  const add =
    (kind: string) =>
    (piece: unknown): void =>
      void pieces.push([kind, piece])
  const out: ValueWriter = {
    int64: (low, high) => void pieces.push(['int64', bigintOf(low, high)]),
    int32: add('int32'),
    boolean: add('boolean'),
    float: value => void pieces.push(['float', Math.fround(value)]),
    double: add('double'),
    bytes: value => void pieces.push(['bytes', Buffer.from(value).toString('hex')]),
    text: value => {
      pieces.push(['text', value])
      return /[\ud800-\udbff](?![\udc00-\udfff])/.test(value) ? -1 : Buffer.byteLength(value)
    },
    count: add('count'),
    nullFlag: add('null'),
  }
  codec.write(out, value)
  return pieces
}

/** What a codec makes of pieces; all of them must be read, each as what it is. */
export const readFrom = (codec: CellCodec, pieces: readonly Piece[]): unknown => {
  const left = [...pieces]
  const next = (...kinds: readonly string[]): unknown => {
    const [kind, value] = left.shift() ?? ['nothing', undefined]
    if (!kinds.includes(kind)) throw new Error(`${kind} was read as ${kinds.join(' or ')}`)
    return value
  }
  let last = 0n
  const from: ValueReader = {
    int64: () => {
      last = next('int64') as bigint
    },
    get low() {
      return lowOfBigint(last)
    },
    get high() {
      return highOfBigint(last)
    },
    int32: () => next('int32') as number,
    boolean: () => next('boolean') as boolean,
    float: () => next('float') as number,
    double: () => next('double') as number,
    bytes: () => Buffer.from(next('bytes') as string, 'hex'),
    text: () => next('text') as string,
    count: () => next('count') as number,
    nullFlag: () => next('null') as boolean,
  }
  const value = codec.read(from)
  if (left.length > 0) throw new Error(`${left.length} pieces were not read`)
  return value
}
