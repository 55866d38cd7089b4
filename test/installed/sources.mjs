/*
 * `npm run test:sources`: uploads from the sources that docs/sources.md lists, with the libraries themselves: a PostgreSQL in
 * WebAssembly behind a real socket, DuckDB, SQLite, an Excel file, JSON, an observable. Each must put the same three rows into a table.
 */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { install } from './install.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
const libraries = install('sources', {
  '@duckdb/node-api': '1.5.6-r.1',
  '@electric-sql/pglite': '0.5.17',
  '@electric-sql/pglite-socket': '0.2.17',
  exceljs: '4.4.0',
  knex: '3.3.0',
  pg: '8.23.1',
  'pg-cursor': '2.22.1',
  'pg-query-stream': '4.17.0',
  rxjs: '7.8.2',
  'stream-chain': '4.4.1',
  'stream-json': '3.8.0',
})
const libraryOf = createRequire(join(libraries, 'package.json'))
execFileSync('npm', ['run', '-s', 'build'], { cwd: root, stdio: 'inherit' })
const { Tunnel } = await import(pathToFileURL(join(root, 'dist/index.js')).href)
const { startEmulator } = await import(pathToFileURL(join(root, 'dist/emulator/index.js')).href)

const values = [
  [1, 'a'],
  [2, null],
  [3, 'c'],
]
const expected = [
  [1n, 'a'],
  [2n, null],
  [3n, 'c'],
]
const folder = mkdtempSync(join(tmpdir(), 'odps-tunnel-sources-'))

const postgres = async work => {
  const { PGlite } = libraryOf('@electric-sql/pglite')
  const { PGLiteSocketServer } = libraryOf('@electric-sql/pglite-socket')
  const db = await PGlite.create()
  await db.exec("create table t (id bigint, name text); insert into t values (1, 'a'), (2, null), (3, 'c')")
  const server = new PGLiteSocketServer({ db, port: 0, host: '127.0.0.1' })
  const port = await new Promise(resolve => {
    server.addEventListener('listening', event => resolve(event.detail.port))
    server.start()
  })
  try {
    await work({
      host: '127.0.0.1',
      port,
      user: 'postgres',
      database: 'postgres',
      password: 'any',
      ssl: false,
    })
  } finally {
    await server.stop()
    await db.close()
  }
}

const withClient = work =>
  postgres(async place => {
    const client = new (libraryOf('pg').Client)(place)
    await client.connect()
    await work(client)
    await client.end()
  })

const sources = {
  'pg-query-stream': tunnel =>
    withClient(async client => {
      const QueryStream = libraryOf('pg-query-stream')
      await tunnel.upload({ table: 't' }, client.query(new QueryStream('select * from t order by id')))
    }),
  'pg-cursor': tunnel =>
    withClient(async client => {
      const Cursor = libraryOf('pg-cursor')
      const cursor = client.query(new Cursor('select * from t order by id'))
      const rows = async function* () {
        for (let batch = await cursor.read(2); batch.length > 0; batch = await cursor.read(2)) yield* batch
      }
      await tunnel.upload({ table: 't' }, rows())
      await cursor.close()
    }),
  knex: tunnel =>
    postgres(async connection => {
      const knex = libraryOf('knex')({ client: 'pg', connection, pool: { min: 0, max: 1 } })
      await tunnel.upload({ table: 't' }, knex('t').orderBy('id').stream())
      await knex.destroy()
    }),
  rxjs: async tunnel => {
    const { from, bufferCount, concatMap, lastValueFrom } = libraryOf('rxjs')
    const upload = tunnel.createUploadStream({ table: 't' })
    const written = from(values).pipe(
      bufferCount(2),
      concatMap(rows => upload.writeBatch(rows)),
    )
    await lastValueFrom(written, { defaultValue: undefined })
    upload.end()
    await upload.committed
  },
  exceljs: async tunnel => {
    const ExcelJS = libraryOf('exceljs')
    const path = join(folder, 'rows.xlsx')
    const book = new ExcelJS.Workbook()
    book.addWorksheet('rows').addRows(values)
    await book.xlsx.writeFile(path)
    const rows = async function* () {
      for await (const sheet of new ExcelJS.stream.xlsx.WorkbookReader(path, { worksheets: 'emit' }))
        for await (const { values } of sheet) yield [values[1], values[2]]
    }
    await tunnel.upload({ table: 't' }, rows())
  },
  'stream-json': async tunnel => {
    const { chain } = libraryOf('stream-chain')
    const { parser } = libraryOf('stream-json')
    const { streamArray } = libraryOf('stream-json/streamers/stream-array.js')
    const text = JSON.stringify(values.map(([id, name]) => ({ id, name })))
    await tunnel.upload(
      { table: 't' },
      chain([Readable.from([text]), parser(), streamArray(), ({ value }) => value]),
    )
  },
  '@duckdb/node-api': async tunnel => {
    const { DuckDBInstance } = libraryOf('@duckdb/node-api')
    const connection = await (await DuckDBInstance.create()).connect()
    const result = await connection.stream("select * from (values (1::bigint, 'a'), (2, null), (3, 'c'))")
    const rows = async function* () {
      for await (const some of result.yieldRowsJs()) yield* some
    }
    await tunnel.upload({ table: 't' }, rows())
    connection.closeSync()
  },
  'node:sqlite': async tunnel => {
    const sqlite = process.getBuiltinModule?.('node:sqlite')
    if (sqlite === undefined) return 'this Node has none'
    const database = new sqlite.DatabaseSync(':memory:')
    database.exec(
      "create table t (id integer, name text); insert into t values (1, 'a'), (2, null), (3, 'c')",
    )
    const statement = database.prepare('select * from t order by id')
    statement.setReadBigInts(true)
    await tunnel.upload({ table: 't' }, statement.iterate())
    database.close()
  },
  'a web ReadableStream': async tunnel => {
    await tunnel.upload({ table: 't' }, ReadableStream.from(values))
  },
}

try {
  for (const [name, load] of Object.entries(sources)) {
    const emulator = await startEmulator()
    const tunnel = new Tunnel(emulator.connection)
    await emulator.createTable({ name: 't', columns: { id: 'bigint', name: 'string' } })
    const absent = await load(tunnel)
    if (absent === undefined) assert.deepEqual(await tunnel.download({ table: 't' }), expected, name)
    await tunnel.close()
    await emulator.close()
    console.log(`${name}: ${absent ?? 'ok'}`)
  }
} finally {
  rmSync(folder, { recursive: true })
}
