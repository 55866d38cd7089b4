import { TunnelOptionError, TunnelValueError } from '../../errors.js'
import { notAColumn } from '../../schema/column-names.js'
import { formatDataType } from '../../schema/data-type.js'
import type { Column } from '../../schema/table-schema.js'
import { columnOf, type DictionaryValues } from '../columns/column.js'
import { CellWithoutForm } from '../columns/form.js'
import { sizeProblem } from '../columns/sizes.js'
import { type ArrowBatch, type ArrowData, readBatch } from '../ipc/batch.js'
import { inflate } from '../ipc/body-compression.js'
import { batchPieces, type LaidOut } from '../ipc/encode-message.js'
import { ArrowError } from '../ipc/error.js'
import type { StreamMessage } from '../ipc/message.js'
import type { ArrowField } from '../ipc/schema.js'
import { isUsable, matchType, nameOfType } from './match-type.js'
import { wireFields } from './wire-fields.js'
import { wireCell, wireForm } from './wire-forms.js'

/*
 * How the batches of a stream become batches of the tunnel: each column of the table takes the field of its name. Where all
 * buffers are those of the tunnel and in its order, a message is sent byte for byte as it came.
 */

/** @throws TunnelOptionError ODPS_INVALID_COLUMNS for fields that no column of any table can take */
export const checkFields = (fields: readonly ArrowField[]): void => {
  const seen = new Set<string>()
  for (const field of fields) {
    const key = field.name.toLowerCase()
    if (seen.has(key)) throw wrong(`the Arrow schema has the field '${field.name}' twice`)
    seen.add(key)
    if (!isUsable(field))
      throw wrong(
        `the field '${field.name}' has the type ${nameOfType(field)}, which no column takes; cast it, or leave it out`,
      )
  }
}

const wrong = (what: string): TunnelOptionError =>
  new TunnelOptionError('ODPS_INVALID_COLUMNS', `Arrow upload: ${what}`)

interface Part {
  readonly column: Column
  /** Index of the field; undefined for a column of NULLs. */
  readonly source: number | undefined
  readonly isSame: boolean
}

export interface WireRows {
  readonly length: number
  /** An encapsulated message, in pieces. */
  readonly pieces: readonly Uint8Array[]
}

export class WirePlan {
  readonly #fields: readonly ArrowField[]
  readonly #parts: readonly Part[]
  /** All columns are fields of the tunnel's own types, in its order. */
  readonly #isSame: boolean

  /** @throws TunnelOptionError ODPS_INVALID_COLUMNS; TunnelProtocolError ODPS_UNSUPPORTED_TYPE */
  constructor(fields: readonly ArrowField[], columns: readonly Column[]) {
    checkFields(fields)
    wireFields(columns)
    const unknown = fields.find(({ name }) => columns.every(column => !isNamed(column, name)))
    if (unknown !== undefined) throw wrong(`the field ${notAColumn(unknown.name, columns)}`)
    this.#fields = fields
    this.#parts = columns.map(column => partOf(column, fields))
    this.#isSame =
      fields.length === columns.length && this.#parts.every(({ source, isSame }, i) => source === i && isSame)
  }

  /**
   * @param firstRow index of the batch's first row, for errors
   * @throws ArrowError for a batch that is damaged; TunnelValueError for a value that does not fit
   */
  async encode(message: StreamMessage, dictionaries: DictionaryValues, firstRow: number): Promise<WireRows> {
    const batch = readBatch(message.header, this.#fields, message)
    if (!this.#isSame || batch.codec !== undefined || message.isV4 || !isFramed(message.bytes))
      return this.layOut(batch, dictionaries, firstRow)
    for (const [i, data] of batch.columns.entries()) checkColumn(data, this.#parts[i]!.column, firstRow)
    return { length: batch.length, pieces: [message.bytes] }
  }

  /** The same of buffers that are at hand. */
  async layOut(
    { length, columns, codec }: ArrowBatch,
    dictionaries: DictionaryValues,
    firstRow: number,
  ): Promise<WireRows> {
    const laidOut: LaidOut[] = []
    for (const { column, source, isSame } of this.#parts) {
      if (source === undefined) laidOut.push(wireForm(column.type).layOut(new Array(length).fill(null)))
      else {
        const data = codec === undefined ? columns[source]! : await inflate(columns[source]!, codec)
        if (isSame) checkColumn(data, column, firstRow)
        laidOut.push(isSame ? data : convert(data, column, dictionaries, firstRow))
      }
    }
    return { length, pieces: batchPieces(length, laidOut) }
  }
}

const isNamed = (column: Column, name: string): boolean => column.name.toLowerCase() === name.toLowerCase()

/** Before version 0.15 messages began without the mark, which the tunnel wants. */
const isFramed = (bytes: Uint8Array): boolean => bytes[0] === 0xff && bytes[1] === 0xff

const partOf = (column: Column, fields: readonly ArrowField[]): Part => {
  const source = fields.findIndex(({ name }) => isNamed(column, name))
  if (source < 0) {
    if (!column.nullable)
      throw wrong(`the column '${column.name}' takes no NULL, and the Arrow schema has no field of that name`)
    return { column, source: undefined, isSame: false }
  }
  const field = fields[source]!
  const match = matchType(column.type, field)
  if (match !== undefined) return { column, source, isSame: match === 'same' }
  const [wanted] = wireFields([column])
  throw wrong(
    `the field '${field.name}' has the type ${nameOfType(field)}; the column is ${formatDataType(column.type).toUpperCase()} and takes ${nameOfType(wanted!)}. Cast it before the upload`,
  )
}

const checkColumn = (data: ArrowData, column: Column, firstRow: number): void => {
  const problem = sizeProblem(data)
  if (problem !== undefined) throw new ArrowError(problem)
  if (data.nullCount > 0 && !column.nullable) throw nullRefused(column, firstRow + firstNull(data))
}

const firstNull = ({ length, buffers }: ArrowData): number => {
  const bits = buffers[0]!
  for (let i = 0; i < length; i++) if (((bits[i >> 3]! >> (i & 7)) & 1) === 0) return i
  return 0
}

const nullRefused = ({ name }: Column, rowIndex: number): TunnelValueError =>
  new TunnelValueError(
    'ODPS_NULL_NOT_ALLOWED',
    `Column '${name}', row ${rowIndex}: the column takes no NULL`,
    {
      column: name,
      rowIndex,
    },
  )

const convert = (
  data: ArrowData,
  column: Column,
  dictionaries: DictionaryValues,
  firstRow: number,
): LaidOut => {
  const { at } = columnOf(data, dictionaries)
  const toCell = wireCell(column.type)
  const cells = Array.from({ length: data.length }, (_, i) => toCell(at(i)))
  if (!column.nullable) {
    const missing = cells.indexOf(null)
    if (missing >= 0) throw nullRefused(column, firstRow + missing)
  }
  try {
    return wireForm(column.type).layOut(cells)
  } catch (error) {
    if (!(error instanceof CellWithoutForm)) throw error
    const { cause } = error
    const rowIndex = firstRow + error.index
    const what = cause instanceof Error ? cause.message : String(cause)
    throw new TunnelValueError('ODPS_INVALID_VALUE', `Column '${column.name}', row ${rowIndex}: ${what}`, {
      ...{ column: column.name, rowIndex, cause },
    })
  }
}
