import type { DataType } from '../../schema/data-type.js'
import { unscaledOf } from '../../values/unscaled.js'
import type { ArrowType } from '../ipc/schema.js'
import { CellWithoutForm, cellOutOfRange, type Form, invalidCell, isNothing, validityOf } from './form.js'

/*
 * Cells that hold no others, as Arrow lays them out. Numbers, booleans and bytes are the same in files and on the tunnel
 * (commonForm); which form each other type of MaxCompute has, its user says.
 */

/** Told the index of a cell that has no form. */
export type OnMisfit = (index: number, cause: unknown) => never

/** The buffers behind the one that says which cells are there. */
export type LayOutCells = (cells: readonly unknown[], onMisfit: OnMisfit) => readonly Uint8Array[]

/** A form whose type may be settled by its first values. */
export const leafForm = (type: () => ArrowType, isOpen: () => boolean, layOut: LayOutCells): Form => ({
  field: (name, nullable) => ({ name, nullable, type: type(), children: [] }),
  isOpen,
  layOut: cells => {
    const { nullCount, bits } = validityOf(cells)
    const buffers = layOut(cells, (index, cause) => {
      throw new CellWithoutForm(index, cause)
    })
    return { length: cells.length, nullCount, buffers: [bits, ...buffers], children: [] }
  },
})

const settled = (type: ArrowType, layOut: LayOutCells): Form =>
  leafForm(
    () => type,
    () => false,
    layOut,
  )

interface NumberArray {
  [index: number]: number | bigint
  readonly buffer: ArrayBufferLike
  readonly byteLength: number
}

type NumberArrayType = new (length: number) => NumberArray

/** Of a cell that is there. @throws TunnelError for one that does not fit */
export type ToNumber = (cell: never) => number | bigint

/** Numbers of one width. */
export const numbers = (type: ArrowType, array: NumberArrayType, convert: ToNumber): Form =>
  settled(type, (cells, onMisfit) => [layOutNumbers(cells, onMisfit, array, convert)])

export const layOutNumbers = (
  cells: readonly unknown[],
  onMisfit: OnMisfit,
  array: NumberArrayType,
  convert: ToNumber,
): Uint8Array => {
  const values = new array(cells.length)
  let i = 0
  try {
    for (; i < cells.length; i++) if (!isNothing(cells[i])) values[i] = convert(cells[i] as never)
  } catch (cause) {
    onMisfit(i, cause)
  }
  return new Uint8Array(values.buffer, 0, values.byteLength)
}

const same = (cell: never): number => cell

const integerArrays = { 8: Int8Array, 16: Int16Array, 32: Int32Array } as const

/** The array would keep the lower bits of a number that it has no room for. */
export const integers = (bits: 8 | 16 | 32): Form => {
  const end = 2 ** (bits - 1)
  return numbers({ name: 'int', bits, signed: true }, integerArrays[bits], (cell: number) => {
    if (Number.isInteger(cell) && cell >= -end && cell < end) return cell
    throw cellOutOfRange(`the number does not fit into ${bits} bits`)
  })
}

export const bigints = (): Form => numbers({ name: 'int', bits: 64, signed: true }, BigInt64Array, BigInt)

const floats = (bits: 32 | 64): Form =>
  numbers({ name: 'float', bits }, bits === 32 ? Float32Array : Float64Array, same)

const booleans = (): Form =>
  settled({ name: 'bool' }, cells => {
    const bits = new Uint8Array(Math.ceil(cells.length / 8))
    for (let i = 0; i < cells.length; i++) if (cells[i] === true) bits[i >> 3]! |= 1 << (i & 7)
    return [bits]
  })

/** Numbers without a fraction; undefined for other types. */
export const wholeNumberForm = (type: DataType): Form | undefined => {
  switch (type.kind) {
    case 'tinyint':
      return integers(8)
    case 'smallint':
      return integers(16)
    case 'int':
      return integers(32)
    case 'bigint':
      return bigints()
    default:
      return undefined
  }
}

/** Of a type that Arrow has as MaxCompute has it; undefined for one that has other forms in other places. */
export const commonForm = (type: DataType): Form | undefined => {
  switch (type.kind) {
    case 'boolean':
      return booleans()
    case 'float':
      return floats(32)
    case 'double':
      return floats(64)
    case 'binary':
      return binaries()
    default:
      return wholeNumberForm(type)
  }
}

/** Milliseconds since 1970 of a Date. */
export const millisecondsOf = (cell: Date): bigint => {
  const milliseconds = cell.getTime()
  if (Number.isNaN(milliseconds)) throw invalidCell('the DATETIME is not a time')
  return BigInt(milliseconds)
}

/** Nanoseconds since 1970. @throws CellProblem beyond 64 bits */
export const nanosecondsOf = (seconds: bigint, nanos: number): bigint => {
  const count = seconds * 1_000_000_000n + BigInt(nanos)
  if (BigInt.asIntN(64, count) === count) return count
  throw cellOutOfRange('the time is outside the years 1677 to 2262')
}

interface DecimalOptions {
  /** 128 hold 38 digits. */
  readonly bits?: 128 | 256
  /** Text without its point. */
  readonly unscaled?: (text: string) => bigint
}

/** Decimal text. @throws TunnelValueError for digits beyond the precision or the scale, unless `unscaled` takes them */
export const decimals = (precision: number, scale: number, options: DecimalOptions = {}): Form => {
  const { bits = 128, unscaled = (text: string) => unscaledOf(text, scale, precision) } = options
  return settled({ name: 'decimal', bits, precision, scale }, (cells, onMisfit) => {
    const count = bits / 64
    const words = new BigInt64Array(count * cells.length)
    for (const [i, cell] of cells.entries()) {
      if (isNothing(cell)) continue
      try {
        const value = unscaled(String(cell))
        for (let k = 0; k < count; k++) words[count * i + k] = BigInt.asIntN(64, value >> BigInt(64 * k))
      } catch (cause) {
        onMisfit(i, cause)
      }
    }
    return [new Uint8Array(words.buffer)]
  })
}

const binaries = (): Form => settled({ name: 'binary', offsets: 32 }, layOutBytes)

/** Text that is given as its bytes, which need not be UTF-8. */
export const textBytes = (convert: (cell: unknown) => Uint8Array): Form =>
  settled({ name: 'utf8', offsets: 32 }, cells =>
    layOutBytes(cells.map(cell => (isNothing(cell) ? null : convert(cell)))),
  )

/** Bytes of one length. */
export const fixedBinaries = (size: number, convert: (cell: unknown) => Uint8Array): Form =>
  settled({ name: 'fixed_size_binary', size }, (cells, onMisfit) => {
    const bytes = new Uint8Array(cells.length * size)
    for (const [i, cell] of cells.entries()) {
      if (isNothing(cell)) continue
      try {
        bytes.set(convert(cell), i * size)
      } catch (cause) {
        onMisfit(i, cause)
      }
    }
    return [bytes]
  })

/** Offsets, and all bytes one behind the other. */
const layOutBytes = (cells: readonly unknown[]): Uint8Array[] => {
  const offsets = new Int32Array(cells.length + 1)
  const all: Uint8Array[] = []
  for (let i = 0, end = 0; i < cells.length; i++) {
    const cell = cells[i] as Uint8Array | null | undefined
    if (!isNothing(cell)) {
      all.push(cell)
      end += cell.length
    }
    offsets[i + 1] = end
  }
  return [new Uint8Array(offsets.buffer), Buffer.concat(all)]
}

/** Text of cells. */
export const texts = (convert: (cell: unknown) => string): Form =>
  settled({ name: 'utf8', offsets: 32 }, (cells, onMisfit) => {
    const strings: string[] = new Array(cells.length)
    let i = 0
    try {
      for (; i < cells.length; i++) strings[i] = isNothing(cells[i]) ? '' : convert(cells[i])
    } catch (cause) {
      onMisfit(i, cause)
    }
    const bytes = Buffer.from(strings.join(''))
    return [new Uint8Array(endsOf(strings, bytes.length).buffer), bytes]
  })

/** Where each text begins and ends; of ASCII, the characters are the bytes. */
const endsOf = (strings: readonly string[], byteLength: number): Int32Array => {
  const offsets = new Int32Array(strings.length + 1)
  for (const [i, text] of strings.entries()) offsets[i + 1] = offsets[i]! + text.length
  if (offsets[strings.length] === byteLength) return offsets
  for (const [i, text] of strings.entries()) offsets[i + 1] = offsets[i]! + Buffer.byteLength(text)
  return offsets
}
