import { type DuckDBConnection, DuckDBInstance, type DuckDBType, type DuckDBValue } from '@duckdb/node-api'
import { macros } from '../../../../lib/emulator/sql/rewrite/macros.js'
import { rewriteQuery } from '../../../../lib/emulator/sql/rewrite/rewrite.js'
import { tokenize } from '../../../../lib/emulator/sql/tokenize.js'

/** A database with the macros and nothing else. */
export const openDuckDb = async (timeZone: string): Promise<DuckDBConnection> => {
  const instance = await DuckDBInstance.create(':memory:', {
    threads: '1',
    default_null_order: 'NULLS_FIRST_ON_ASC_LAST_ON_DESC',
  })
  const connection = await instance.connect()
  for (const macro of macros) await connection.run(macro)
  await connection.run(`SET TimeZone = '${timeZone}'`)
  return connection
}

/** The rows of a query of MaxCompute's SQL, as texts. */
export const queryTexts = async (connection: DuckDBConnection, sql: string): Promise<string[][]> => {
  const result = await connection.run(rewriteQuery(tokenize(sql), sql).sql)
  const types = result.columnTypes()
  return (await result.getRows()).map(row => row.map((value, i) => textOf(value, types[i]!)))
}

/** As MaxCompute's reference prints values: a DOUBLE has a point, a DATETIME no milliseconds. */
const textOf = (value: DuckDBValue, type: DuckDBType): string => {
  if (value === null) return 'NULL'
  if (type.toString() === 'DOUBLE' && Number.isInteger(value))
    return Math.abs(Number(value)) < 1e16 ? `${value}.0` : String(value)
  if (type.toString() === 'TIMESTAMP') return String(value).replace(/\.\d+$/, '')
  if (typeof value !== 'object') return String(value)
  if ('items' in value) return `[${value.items.map(String).join(', ')}]`
  if ('entries' in value) {
    const pairs = Array.isArray(value.entries)
      ? value.entries.map(entry => [entry.key, entry.value])
      : Object.entries(value.entries)
    return `{${pairs.map(([key, item]) => `${key}:${item}`).join(', ')}}`
  }
  return String(value)
}
