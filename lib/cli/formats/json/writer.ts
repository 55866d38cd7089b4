import { PrintedRows } from '../../../codec/rows/record-printing.js'
import { type Column, type DataType, TunnelError } from '../../../index.js'
import { type FileCellOptions, textOfCell } from '../../../text/cell-text.js'
import { cellFormatterOf } from '../../../text/csv/cell-formatter.js'
import { oneLineJson } from '../../../values/json-tree.js'
import { jsonEncoder } from '../encoding/encoding.js'
import type { FormatName } from '../file-format.js'
import { FilePieces, inPieces } from '../file-pieces.js'
import { type FileBatch, RowRefused, type WriteFormat } from '../row-writer.js'

/*
 * Rows as JSON. No digit is lost: whole numbers are their digits, DECIMAL is text, and a MAP with
 * equal keys a list of pairs, because an object would lose one. What JSON has no form for is refused by row and column.
 */

/** Prints rows as JSON objects: one a line (ndjson), or as one array (json). */
export const writeJson = (
  columns: readonly Column[],
  format: FormatName,
  encoding: string,
): WriteFormat<FileBatch> =>
  async function* (batches, { isResumed = false, firstRow = 0 } = {}) {
    const encode = await jsonEncoder(encoding, isResumed)
    const formatRow = objectPrinter(columns)
    const isArray = format === 'json'
    let isFirst = !isResumed
    let rowNumber = firstRow
    const pieces = new FilePieces()
    let text = ''
    let count = 0
    const endText = (): void => {
      if (count > 0) pieces.add(encode(text), count)
      text = ''
      count = 0
    }
    if (isArray && isFirst) yield { bytes: encode('['), rows: 0 }
    yield* inPieces(batches, pieces, rows => {
      for (const row of rows) {
        if (row instanceof PrintedRows) {
          endText()
          pieces.add(row.bytes, row.rows, row.release)
          rowNumber += row.rows
          continue
        }
        const object = formatRow(row, rowNumber++)
        text += isArray ? `${isFirst ? '\n' : ',\n'}${object}` : `${object}\n`
        isFirst = false
        count++
      }
      endText()
    })
    if (isArray) yield { bytes: encode('\n]\n'), rows: 0 }
  }

/** Prints a row, whose number is for its refusal, as an object. */
export const objectPrinter = (
  columns: readonly Column[],
): ((row: readonly unknown[], rowNumber: number) => string) => {
  const heads = columns.map(({ name }, i) => `${i === 0 ? '{' : ','}${JSON.stringify(name)}:`)
  const printers = columns.map(({ type }) => jsonPrinterOf(type))
  return (row, rowNumber) => {
    let text = ''
    for (let i = 0; i < heads.length; i++) {
      const cell = row[i]
      try {
        text += heads[i]! + (cell === null || cell === undefined ? 'null' : printers[i]!(cell))
      } catch (error) {
        throw withoutForm(error, columns[i]!, cell, rowNumber)
      }
    }
    return `${text}}`
  }
}

const withoutForm = (error: unknown, { name }: Column, cell: unknown, rowNumber: number): unknown => {
  if (!(error instanceof TunnelError)) return error
  const what =
    cell instanceof Uint8Array ? 'contains bytes that are not UTF-8, which JSON cannot hold' : error.message
  return new RowRefused(
    rowNumber,
    `column '${name}': ${what}`,
    'Leave the column out with --columns, or write CSV, which keeps the bytes unchanged',
    { cause: error },
  )
}

const cellOptions: FileCellOptions = { json: 'text', equalKeys: 'pairs' }

/** Whole numbers are digits, nested values JSON, JSON columns their own text; everything else is a string. */
const jsonPrinterOf = (type: DataType): ((value: unknown) => string) => {
  const formatInFull = (value: unknown): string => textOfCell(value, type, cellOptions)
  const { format, isPlain } = cellFormatterOf(type, cellOptions)
  switch (type.kind) {
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'bigint':
    case 'boolean':
      return String
    case 'float':
    case 'double':
      return value => (Number.isFinite(value) ? format(value) : JSON.stringify(format(value)))
    case 'json':
      return value => oneLineJson(formatInFull(value))
    case 'array':
    case 'map':
    case 'struct':
    case 'vector':
      return formatInFull
    case 'string':
    case 'varchar':
    case 'char':
      return value => JSON.stringify(typeof value === 'string' ? value : formatInFull(value))
    default:
      // What has digits and letters only needs no escapes.
      return isPlain ? value => `"${format(value)}"` : value => JSON.stringify(formatInFull(value))
  }
}
