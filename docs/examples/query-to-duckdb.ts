/*
 * Runs a query and loads its rows into a new table of DuckDB, as Arrow: column by column, with no row objects. All rows are in the table,
 * or there is no table. Needs the packages `@duckdb/node-api` and `apache-arrow`.
 *
 *   const duck = await (await DuckDBInstance.create('flights.duckdb')).connect()
 *   await loadQuery(tunnel, "SELECT origin, delay FROM flights WHERE month = '2001-02'", duck, 'delays')
 */
import {
  BIGINT,
  BOOLEAN,
  DATE,
  DOUBLE,
  type DuckDBConnection,
  DuckDBDataChunk,
  DuckDBDateValue,
  type DuckDBType,
  type DuckDBValue,
  FLOAT,
  INTEGER,
  SMALLINT,
  TINYINT,
  VARCHAR,
} from '@duckdb/node-api'
import type { Schema, Vector } from 'apache-arrow'
import type { Tunnel } from 'odps-tunnel'
import { createArrowDownloadStream } from 'odps-tunnel/arrow'

/** DuckDB takes that many rows at once. */
const chunkRows = 2048

const types: Readonly<Record<string, DuckDBType>> = {
  ...{ Int8: TINYINT, Int16: SMALLINT, Int32: INTEGER, Int64: BIGINT, Float32: FLOAT, Float64: DOUBLE },
  ...{ Bool: BOOLEAN, Utf8: VARCHAR, 'Date32<DAY>': DATE },
}

const typesOf = ({ fields }: Schema): DuckDBType[] =>
  fields.map(({ name, type }) => {
    const found = types[String(type)]
    if (found === undefined) throw new TypeError(`${name}: ${type} is not loaded; CAST it in the query`)
    return found
  })

const valuesOf = (column: Vector, type: DuckDBType): DuckDBValue[] => {
  const values = [...column] as DuckDBValue[]
  // The package gives days as milliseconds.
  return type === DATE
    ? values.map(value => (value === null ? null : new DuckDBDateValue(Number(value) / 86_400_000)))
    : values
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

export const loadQuery = async (
  tunnel: Tunnel,
  sql: string,
  duck: DuckDBConnection,
  table: string,
): Promise<number> => {
  const download = createArrowDownloadStream({ tunnel, sql })
  let rows = 0
  await duck.run('BEGIN')
  try {
    for await (const batch of download.chunks()) {
      const columns = typesOf(batch.schema)
      if (rows === 0) {
        const definitions = batch.schema.fields.map(({ name }, i) => `${quoted(name)} ${columns[i]}`)
        await duck.run(`CREATE TABLE ${quoted(table)} (${definitions.join(', ')})`)
      }
      const appender = await duck.createAppender(table)
      for (let from = 0; from < batch.numRows; from += chunkRows) {
        const part = batch.slice(from, from + chunkRows)
        const chunk = DuckDBDataChunk.create(columns, part.numRows)
        for (const [i, type] of columns.entries())
          chunk.setColumnValues(i, valuesOf(part.getChildAt(i)!, type))
        appender.appendDataChunk(chunk)
      }
      appender.closeSync()
      rows += batch.numRows
    }
    await duck.run('COMMIT')
    return rows
  } catch (error) {
    await duck.run('ROLLBACK')
    throw error
  }
}
