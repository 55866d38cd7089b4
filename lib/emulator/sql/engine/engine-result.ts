import type { DuckDBType } from '@duckdb/node-api'
import { createRecordEncoder } from '../../../codec/rows/record-encoder.js'
import { TunnelError } from '../../../errors.js'
import { type DataType, formatDataType } from '../../../schema/data-type.js'
import type { Column } from '../../../schema/table-schema.js'
import { asStored } from '../../store/stored-type.js'
import { makeResult, type SelectResult } from '../select.js'
import { asSemantic, SqlError, semanticException } from '../sql-error.js'
import type { DuckDb, DuckSession } from './duck-db.js'
import { dataTypeOf, duckKind } from './duck-types.js'
import { type CellReader, cellReaderOf } from './result-cells.js'

/*
 * DuckDB's rows as records. The package reads text with a decoder that takes U+FEFF from its beginning, as if a cell were a
 * file: so text that begins with it gets a second one in the query itself, and where it can't (inside of nested values), the
 * value is refused.
 */

export interface ResultOptions {
  /** The zone of DATETIME and TIMESTAMP. */
  readonly timeZone: string
  /** For each column of the result the type it should have, if that keeps its values; else its own. */
  readonly wanted?: readonly DataType[] | undefined
}

/**
 * @param marked the types of the result's columns over marked tables (duck-types.ts), if they are known
 * @throws SqlError for a value or a type that MaxCompute has no room for, and what DuckDB throws
 */
export const runInDuckDb = async (
  session: DuckSession,
  sql: string,
  marked: readonly DuckDBType[],
  options: ResultOptions,
): Promise<SelectResult> => {
  const { duck, connection } = session
  const prepared = await connection.prepare(sql)
  const places = Array.from({ length: prepared.columnCount }, (_, i) => i)
  const names = places.map(i => prepared.columnName(i))
  const types = places.map(i => prepared.columnType(i))
  prepared.destroySync()
  const result = await connection.run(withSecondMarks(duck, sql, types))
  const rows = await result.getRows()
  const read = types.map((type, i) => {
    const values = rows.map(row => row[i])
    return columnOf(
      duck,
      { name: names[i]!, type, marked: marked[i], wanted: options.wanted?.[i], values },
      options,
    )
  })
  return encodeResult(rows, read)
}

const mark = 'chr(65279)'

const withSecondMarks = (duck: DuckDb, sql: string, types: readonly DuckDBType[]): string => {
  const columns = types.map((type, i) => {
    const name = `c${i}`
    if (duckKind(duck, type) === 'VARCHAR' && type.alias === undefined)
      return `CASE WHEN starts_with(${name}, ${mark}) THEN ${mark} || ${name} ELSE ${name} END`
    if (!/VARCHAR|JSON/.test(`${type} ${type.alias}`)) return name
    return `CASE WHEN contains(${name}::VARCHAR, ${mark}) THEN error('the emulator does not have U+FEFF inside of nested values') ELSE ${name} END`
  })
  const names = types.map((_, i) => `c${i}`)
  return columns.every((column, i) => column === names[i])
    ? sql
    : `SELECT ${columns.join(', ')} FROM (${sql}) AS r(${names.join(', ')})`
}

interface ReadColumn {
  readonly column: Column
  readonly reader: CellReader
}

const columnOf = (
  duck: DuckDb,
  given: {
    readonly name: string
    readonly type: DuckDBType
    readonly marked: DuckDBType | undefined
    readonly wanted: DataType | undefined
    readonly values: readonly unknown[]
  },
  { timeZone }: ResultOptions,
): ReadColumn => {
  const { name, type, marked, wanted, values } = given
  const isMonths = duckKind(duck, type) === 'INTERVAL' && values.some(value => monthsOf(value) !== 0)
  const own: DataType | undefined = isMonths
    ? { kind: 'interval_year_month' }
    : dataTypeOf(duck, type, marked)
  if (own === undefined)
    throw semanticException(`the emulator has no type for column ${name}, which is DuckDB's ${type}`)
  const context = { duck, timeZone }
  const asWanted = wanted && cellReaderOf(type, wanted, context)
  return {
    column: { name: name.toLowerCase(), type: asWanted ? wanted : own, nullable: true },
    reader: asWanted ?? cellReaderOf(type, own, context)!,
  }
}

const monthsOf = (value: unknown): number => (value as { months: number } | null)?.months ?? 0

const encodeResult = async (
  rows: readonly unknown[][],
  read: readonly ReadColumn[],
): Promise<SelectResult> => {
  const columns = read.map(({ column }) => column)
  const encoder = createRecordEncoder(columns.map(asStored))
  for (const [index, row] of rows.entries()) {
    const cells = row.map((value, i) => (value === null ? null : readCell(value, read[i]!)))
    asSemantic(() => encoder.write(cells, index), undefined, 'the result: ')
  }
  return makeResult(columns, [encoder.finish()])
}

const readCell = (value: unknown, { column: { name, type }, reader }: ReadColumn): unknown => {
  try {
    return reader(value as never)
  } catch (error) {
    if (!(error instanceof TunnelError)) throw error
    throw new SqlError(
      'ODPS-0121095',
      `Invalid argument - column ${name} of the result, a ${formatDataType(type)}: ${error.message}`,
    )
  }
}
