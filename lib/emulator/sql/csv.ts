import { createRecordDecoder } from '../../codec/record-decoder.js'
import type { DataType } from '../../schema/data-type.js'
import { RowReader } from '../store/read-rows.js'
import type { SelectResult } from './select.js'

/** A text result has no more rows than this (protocol 10.3). */
export const maxCsvRows = 10_000

const nullToken = '\\N'

/**
 * Prints a result as the service's CSV: a header line, everything in quotes but numbers, booleans and NULL (`\N`).
 * DATETIME is printed in UTC to the second, the form clients can read.
 */
export const printCsv = async (
  { schema, segments, rows }: SelectResult,
  limit = maxCsvRows,
): Promise<string> => {
  const { columns } = schema
  const lines = [columns.map(column => quote(column.name)).join(',')]
  const decoder = createRecordDecoder(columns, { json: 'text' })
  for await (const chunk of new RowReader(segments).read(0, Math.min(rows, limit, maxCsvRows))) {
    const decoded: unknown[] = []
    decoder.push(chunk, decoded)
    for (const row of decoded as unknown[][])
      lines.push(row.map((cell, i) => printCell(columns[i]!.type, cell)).join(','))
  }
  return `${lines.join('\n')}\n`
}

const printCell = (type: DataType, value: unknown): string => {
  if (value === null) return nullToken
  const text = printValue(type, value)
  return isBare(type) ? text : quote(text)
}

const quote = (text: string): string => `"${text.replaceAll('"', '""')}"`

const bareKinds = new Set<DataType['kind']>([
  'tinyint',
  'smallint',
  'int',
  'bigint',
  'float',
  'double',
  'decimal',
  'boolean',
])

const isBare = (type: DataType): boolean => bareKinds.has(type.kind)

const printValue = (type: DataType, value: unknown): string => {
  switch (type.kind) {
    case 'datetime':
      return (value as Date).toISOString().slice(0, -5).replace('T', ' ')
    case 'timestamp':
    case 'timestamp_ntz':
      return String(value).replace('T', ' ')
    case 'binary':
      return (value as Buffer).toString('latin1')
    case 'char':
      return padTo(String(value), type.length)
    case 'array':
      return `[${(value as unknown[]).map(item => printNested(type.element, item)).join(', ')}]`
    case 'map':
      return `{${[...(value as Map<unknown, unknown>)]
        .map(([key, item]) => `${printNested(type.key, key)}:${printNested(type.value, item)}`)
        .join(', ')}}`
    case 'struct':
      return `{${type.fields
        .map(field => `${field.name}:${printNested(field.type, Reflect.get(value as object, field.name))}`)
        .join(', ')}}`
    default:
      return String(value)
  }
}

const padTo = (text: string, length: number): string =>
  text + ' '.repeat(Math.max(0, length - [...text].length))

const nestedKinds = new Set<DataType['kind']>(['array', 'map', 'struct', 'vector'])

const printNested = (type: DataType, value: unknown): string => {
  if (value === null || value === undefined) return nullToken
  const text = printValue(type, value)
  if (isBare(type) || nestedKinds.has(type.kind)) return text
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}
