/*
 * Writes the rows of a query to a Parquet file, through DuckDB. The file has its name only when all rows are in it. (In a shell,
 * `odps-tunnel query "<sql>" flights.parquet` does it for every type and without DuckDB.)
 *
 *   await writeParquet(tunnel, "SELECT origin, delay FROM flights WHERE month = '2001-02'", 'delays.parquet')
 */
import { rename, rm } from 'node:fs/promises'
import { DuckDBInstance } from '@duckdb/node-api'
import type { Tunnel } from 'odps-tunnel'
import { loadQuery } from './query-to-duckdb.js'

export const writeParquet = async (tunnel: Tunnel, sql: string, path: string): Promise<number> => {
  const instance = await DuckDBInstance.create(':memory:')
  const duck = await instance.connect()
  const part = `${path}.part`
  try {
    const rows = await loadQuery(tunnel, sql, duck, 'result')
    if (rows === 0) throw new Error('The query has no rows, so the columns of the file are not known')
    await duck.run(`COPY result TO '${part.replaceAll("'", "''")}' (FORMAT parquet, COMPRESSION zstd)`)
    await rename(part, path)
    return rows
  } catch (error) {
    await rm(part, { force: true })
    throw error
  } finally {
    duck.closeSync()
    instance.closeSync()
  }
}
