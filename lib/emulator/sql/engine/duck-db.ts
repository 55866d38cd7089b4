import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { optionalPackage } from '../../../compression/optional-package.js'
import { TunnelOptionError } from '../../../errors.js'
import { loadOnce } from '../../../load-once.js'
import { macros } from '../rewrite/macros.js'
import type { SqlError } from '../sql-error.js'

/*
 * DuckDB is an optional package, loaded when the first query needs it. One database serves the whole process: it has the
 * macros and never a row. What a query reads lies in temporary tables of a connection of its own, which are gone with it,
 * so that queries don't see each other. Files and the network are out of its reach, for SQL comes from any client; and
 * it has one thread, so that sums of DOUBLE come out alike each time.
 */

export type DuckDb = typeof import('@duckdb/node-api')

const duckDb = optionalPackage<DuckDb>('@duckdb/node-api', 'a query')

const openInstance = loadOnce(async (): Promise<DuckDBInstance> => {
  const { DuckDBInstance } = await duckDb.load()
  const instance = await DuckDBInstance.create(':memory:', {
    threads: '1',
    enable_external_access: 'false',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    default_null_order: 'NULLS_FIRST_ON_ASC_LAST_ON_DESC',
  })
  const connection = await instance.connect()
  for (const macro of macros) await connection.run(macro)
  connection.closeSync()
  return instance
})

/** The package, and a connection whose temporary tables nobody else sees. */
export interface DuckSession {
  readonly duck: DuckDb
  readonly connection: DuckDBConnection
}

/**
 * Runs with a new connection and closes it.
 * @param refusal what there is to say without the package
 * @throws SqlError `refusal` where the package is missing
 */
export const withDuckDb = async <T>(
  refusal: () => SqlError,
  run: (session: DuckSession) => Promise<T>,
): Promise<T> => {
  const instance = await openInstance().catch((error: unknown) => {
    throw error instanceof TunnelOptionError ? refusal() : error
  })
  const connection = await instance.connect()
  try {
    return await run({ duck: duckDb.loaded(), connection })
  } finally {
    connection.closeSync()
  }
}
