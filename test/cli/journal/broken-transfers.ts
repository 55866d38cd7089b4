import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { type CliBench, type CliResult, cliBench } from '../support.js'

const count = 25_000

export const rows = Array.from({ length: count }, (_, i) => [BigInt(i), `row ${i}`])

export const csv = `id,name\n${rows.map(row => `${row.join(',')}\n`).join('')}`

export const benchWithRows = async (context: Parameters<typeof cliBench>[0]): Promise<CliBench> => {
  const bench = await cliBench(context)
  await bench.emulator.createTable({ name: 't', columns: { id: 'bigint', name: 'string' } })
  await bench.emulator.createTable({ name: 'into', columns: { id: 'bigint', name: 'string' } })
  await bench.fill('t', rows)
  await bench.write('f.csv', csv)
  return bench
}

/** Runs a command whose requests of a kind are refused after some. */
export const refused = async (
  bench: CliBench,
  args: readonly string[],
  action: 'readData' | 'putBlock',
  after: number,
): Promise<CliResult> => {
  bench.emulator.setFaults([{ action, after, times: 1000, fault: { status: 403, code: 'NoPermission' } }])
  const result = await bench.run(args)
  bench.emulator.setFaults()
  assert.equal(result.code, 1, result.stderr)
  return result
}

export const brokenDownload = async (bench: CliBench, ...options: readonly string[]): Promise<string[]> => {
  const args = ['download', 't', bench.path('out.csv'), '--concurrency', '1', ...options]
  await refused(bench, args, 'readData', 1)
  return args
}

export const brokenUpload = async (bench: CliBench, ...options: readonly string[]): Promise<string[]> => {
  const args = [
    'upload',
    bench.path('f.csv'),
    'into',
    '--block-size',
    '64K',
    '--concurrency',
    '1',
    ...options,
  ]
  await refused(bench, args, 'putBlock', 3)
  return args
}

export const entryPath = async (bench: CliBench): Promise<string> => {
  const folder = bench.path('state/odps-tunnel/transfers')
  const [name] = (await readdir(folder)).filter(each => each.endsWith('.json'))
  return `${folder}/${name}`
}

export const partOf = async (bench: CliBench): Promise<string> => {
  const [name] = (await readdir(bench.folder)).filter(each => each.endsWith('.part'))
  return bench.path(name!)
}
