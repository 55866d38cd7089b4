import { type Column, type DataType, printCell } from '../../index.js'
import { textEncoder } from './encoding.js'
import type { FormatName } from './file-format.js'
import type { WriteFormat } from './row-writer.js'

/** Prints rows as JSON objects: one a line (ndjson), or as one array (json). */
export const writeJson = (columns: readonly Column[], format: FormatName, encoding: string): WriteFormat =>
  async function* (batches, { isResumed = false } = {}) {
    const encode = await textEncoder(encoding)
    const print = objectPrinter(columns)
    const isArray = format === 'json'
    let isFirst = !isResumed
    if (isArray && isFirst) yield { bytes: encode('['), rows: 0 }
    for await (const rows of batches) {
      let text = ''
      for (const row of rows) {
        text += isArray ? `${isFirst ? '\n' : ',\n'}${print(row)}` : `${print(row)}\n`
        isFirst = false
      }
      yield { bytes: encode(text), rows: rows.length }
    }
    if (isArray) yield { bytes: encode('\n]\n'), rows: 0 }
  }

const objectPrinter = (columns: readonly Column[]): ((row: readonly unknown[]) => string) => {
  const heads = columns.map(({ name }, i) => `${i === 0 ? '{' : ','}${JSON.stringify(name)}:`)
  const printers = columns.map(({ type }) => jsonPrinterOf(type))
  return row => {
    let text = ''
    for (let i = 0; i < heads.length; i++) {
      const cell = row[i]
      text += heads[i]! + (cell === null || cell === undefined ? 'null' : printers[i]!(cell))
    }
    return `${text}}`
  }
}

/** Whole numbers are digits, nested values JSON, JSON columns their own text; everything else is a string. */
const jsonPrinterOf = (type: DataType): ((value: unknown) => string) => {
  switch (type.kind) {
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'bigint':
    case 'boolean':
      return String
    case 'float':
    case 'double':
      return value => (Number.isFinite(value) ? printCell(value, type) : `"${value}"`)
    case 'string':
    case 'varchar':
    case 'char':
    case 'decimal':
    case 'date':
      return value => JSON.stringify(value)
    case 'json':
      return value => oneLine(String(value))
    case 'array':
    case 'map':
    case 'struct':
    case 'vector':
      return value => printCell(value, type, { json: 'text' })
    default:
      return value => JSON.stringify(printCell(value, type))
  }
}

/** Line ends in JSON text stand between its parts only, as a string may not hold them. */
const oneLine = (text: string): string => (/[\r\n]/.test(text) ? text.replaceAll(/[\r\n]+/g, ' ') : text)
