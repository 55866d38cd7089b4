import assert from 'node:assert/strict'
import { mkdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type FileValues, fileValues } from '../../../lib/codec/rows/file-values.js'
import type { DataType, DownloadStreamOptions } from '../../../lib/index.js'
import { Tunnel } from '../../../lib/index.js'
import { parseDataType } from '../../../lib/schema/parse-data-type.js'
import { type CliBench, cliBench } from '../../cli/support.js'
import { ClientProcess } from '../client-process.js'
import { installFileReferences, missingTool } from '../install.js'
import { type Cell, cellOf } from './canonical.js'

/*
 * Random tables in files of other programs, loaded by the command line, compared cell by cell with what those programs say
 * the files hold; then written by the command line in other formats, and read by those programs. A file is equal or
 * refused for a reason that its table gives; nothing else passes. The rows in between are read by the codec, which the
 * vectors and the official clients hold.
 *
 *   ODPS_TUNNEL_FILES=5000   tables instead of 500       ODPS_TUNNEL_FILES_SEED=123   only this table; its files are kept
 */

interface FileColumn {
  readonly name: string
  readonly text: string
  readonly type: unknown
  readonly equalKeys: boolean
  readonly notUtf8: boolean
}

interface MadeFile {
  readonly path: string
  readonly reference: string
  readonly columns: readonly FileColumn[]
  readonly rows: readonly (readonly Cell[])[]
  readonly args: readonly string[]
}

interface Tally {
  files: number
  values: number
  refused: number
}

const tables = Number(process.env['ODPS_TUNNEL_FILES'] ?? 500)
const onlySeed = process.env['ODPS_TUNNEL_FILES_SEED']
const tablesOfATest = 25
const formats = ['parquet', 'csv', 'arrow', 'ndjson', 'arrow-stream', 'json'] as const
const readers = {
  parquet: 'pyarrow',
  csv: "Python's csv",
  arrow: 'pyarrow',
  ndjson: "Python's json",
  json: "Python's json",
} as const

const skip = missingTool('python') === undefined ? false : 'python3 is not on the PATH'

describe('files of other programs', { skip }, () => {
  const closers: (() => Promise<void>)[] = []
  const tallies = new Map<string, Tally>()
  let bench: CliBench
  let tunnel: Tunnel
  let reference: ClientProcess
  let names = 0

  before(async () => {
    reference = new ClientProcess(await installFileReferences())
    bench = await cliBench({ after: (close: () => Promise<void>) => void closers.push(close) })
    tunnel = new Tunnel({ endpoint: bench.emulator.endpoint, project: 'p', credentials })
  })

  after(async () => {
    await reference.close()
    await tunnel.close()
    for (const close of closers) await close()
  })

  const count = (what: string, cells: readonly (readonly Cell[])[] | undefined): void => {
    const tally = tallies.get(what) ?? { files: 0, values: 0, refused: 0 }
    tallies.set(what, tally)
    tally.files++
    if (cells === undefined) tally.refused++
    else tally.values += cells.reduce((sum, row) => sum + row.length, 0)
  }

  const rowsOf = async (table: string, types: readonly DataType[]): Promise<Cell[][]> => {
    const options: DownloadStreamOptions & FileValues = { table, json: 'text', [fileValues]: true }
    const rows: Cell[][] = []
    for await (const batch of tunnel.readBatches(options))
      for (const row of batch as unknown[][]) rows.push(row.map((cell, i) => cellOf(cell, types[i]!)))
    return rows
  }

  /** Loads a file into a table of its own; undefined when it was refused for a reason that the file gives. */
  const load = async ({
    path,
    columns,
    args,
    rows,
    reference: by,
  }: MadeFile): Promise<string | undefined> => {
    const table = `t${names++}`
    await bench.emulator.createTable({
      name: table,
      columns: columns.map(({ name, text: type }) => ({ name, type })),
    })
    const { code, stderr } = await bench.run(['upload', path, table, ...args])
    const odd = columns.filter(column => column.equalKeys)
    const what = `upload, ${by} ${path.slice(path.lastIndexOf('-') + 1)}`
    if (odd.length > 0) {
      assert.notEqual(code, 0, `${path} has a MAP with equal keys, and was taken`)
      assertNames(stderr, odd, path)
      assert.equal(bench.emulator.rowCount(table), 0)
      count(what, undefined)
      return undefined
    }
    assert.equal(code, 0, `${path} was refused: ${stderr}`)
    const found = await rowsOf(
      table,
      columns.map(({ text }) => parseDataType(text)),
    )
    assertEqual(found, rows, columns, path)
    count(what, found)
    return table
  }

  const save = async (file: MadeFile, table: string, format: (typeof formats)[number]): Promise<void> => {
    const { columns, rows } = file
    const path = `${file.path}.${format}`
    const args = format === 'csv' ? ['--null', 'NIL'] : []
    const { code, stderr } = await bench.run(['download', table, path, '--format', format, ...args])
    const odd = columns.filter(column => column.notUtf8 && !(format === 'csv' && isFlat(column)))
    if (odd.length > 0) {
      assert.notEqual(code, 0, `${path} holds text that is not UTF-8`)
      assertNames(stderr, odd, path)
      await assert.rejects(stat(path), `${path} is there though it was refused`)
      count(`download, ${format}`, undefined)
      return
    }
    assert.equal(code, 0, `${path} was refused: ${stderr}`)
    const by = format === 'parquet' && canDuckdb(columns) ? ['pyarrow', 'DuckDB'] : [undefined]
    for (const name of by) {
      const answer = await reference.call<{ rows: Cell[][] }>('read', {
        path,
        format,
        columns,
        by: name ?? null,
      })
      assertEqual(answer.rows, rows, columns, path)
      count(`download, ${format} read by ${name ?? readers[format as 'csv'] ?? 'pyarrow'}`, answer.rows)
    }
  }

  const tryTable = async (seed: number): Promise<void> => {
    const folder = join(tmpdir(), `odps-tunnel-files-${process.pid}-${seed}`)
    await mkdir(folder)
    const { files } = await reference.call<{ files: MadeFile[] }>('make', { seed, folder })
    assert.ok(files.length > 0)
    for (const [i, file] of files.entries()) {
      const table = await load(file)
      if (table === undefined) continue
      for (const at of [0, 3]) await save(file, table, formats[(seed + i + at) % formats.length]!)
      await bench.emulator.dropTable(table)
    }
    await rm(folder, { recursive: true })
  }

  const seeds = onlySeed === undefined ? Array.from({ length: tables }, (_, i) => i) : [Number(onlySeed)]
  for (let from = 0; from < seeds.length; from += tablesOfATest) {
    const some = seeds.slice(from, from + tablesOfATest)
    test(`random tables ${some[0]} to ${some.at(-1)}`, async () => {
      const failures: string[] = []
      for (const seed of some)
        await tryTable(seed).catch(error => failures.push(`seed ${seed}: ${error.message}`))
      assert.deepEqual(failures, [], 'ODPS_TUNNEL_FILES_SEED=<seed> runs one of these alone')
    })
  }

  test('the files that come with pyarrow, into tables made for them', async () => {
    const paths = await reference.call<string[]>('corpus')
    assert.ok(paths.length > 0)
    for (const path of paths) {
      const table = `t${names++}`
      await bench.ok(['upload', path, table, '--create'])
      const { schema } = await tunnel.getTable(table)
      const columns = schema.columns.map(({ name, type }) => {
        const { kind, ...rest } = type
        return { name, type: { name: kind, ...rest } }
      })
      const format = path.endsWith('.parquet') ? 'parquet' : 'arrow'
      const { rows } = await reference.call<{ rows: Cell[][] }>('read', { path, format, columns, by: null })
      const types = schema.columns.map(({ type }) => type)
      assert.deepEqual(await rowsOf(table, types), rows, path)
      count(`upload --create, pyarrow's own ${format}`, rows)
    }
  })

  test('all formats and writers were tried', t => {
    for (const [what, { files, values, refused }] of [...tallies].sort())
      t.diagnostic(`${what}: ${files} files, ${values} values equal, ${refused} refused by name`)
    if (seeds.length >= 100) assert.ok(tallies.size >= 10, [...tallies.keys()].join())
  })
})

const credentials = { accessKeyId: 'test-id', accessKeySecret: 'test-secret' }

const isFlat = ({ text }: FileColumn): boolean => !text.includes('<')

const canDuckdb = (columns: readonly FileColumn[]): boolean =>
  columns.every(({ text }) => !/timestamp|map|decimal\(38/.test(text))

const assertNames = (stderr: string, columns: readonly FileColumn[], path: string): void =>
  assert.ok(
    columns.some(({ name }) => stderr.includes(name)),
    `${path} was refused without its column: ${stderr}`,
  )

/** The first cell that differs is told, not all rows. */
const assertEqual = (
  found: readonly (readonly Cell[])[],
  expected: readonly (readonly Cell[])[],
  columns: readonly FileColumn[],
  path: string,
): void => {
  assert.equal(found.length, expected.length, `${path}: rows`)
  for (const [r, row] of expected.entries())
    for (const [c, cell] of row.entries())
      assert.deepEqual(
        found[r]![c],
        cell,
        `${path}: row ${r}, column ${columns[c]!.name} ${columns[c]!.text}`,
      )
}
