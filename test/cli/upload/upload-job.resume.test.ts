import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Draw, formats, interruptAndResume, packings, playSeeds, rowsFrom } from '../journal/resume-cases.js'
import { type CliBench, cliBench } from '../support.js'

const rowCount = 800

const benches: CliBench[] = []
const closers: (() => Promise<void>)[] = []
const columns = { id: 'bigint', name: 'string', at: 'datetime', value: 'double' }

const newBench = async (): Promise<CliBench> => {
  const bench = await cliBench({ after: (close: () => Promise<void>) => closers.push(close) })
  await bench.emulator.createTable({ name: 't', columns })
  await bench.fill('t', rowsFrom(0, rowCount))
  for (const format of formats)
    for (const packing of ['', '.gz']) await bench.ok(['download', 't', bench.path(`in.${format}${packing}`)])
  return bench
}

before(async () => {
  for (let i = 0; i < 4; i++) benches.push(await newBench())
})

after(async () => {
  for (const close of closers) await close()
})

const upload = async (bench: CliBench, seed: number): Promise<void> => {
  const draw = new Draw(seed)
  const files = Array.from({ length: 1 + draw.below(2) }, () => `in.${draw.of(formats)}${draw.of(packings)}`)
  const isPartition = draw.below(2) === 0
  const table = `u${seed}`
  const options = [
    ...draw.of([
      ['--block-size', '16K'],
      ['--block-size', '64K'],
      ['--block-size', '3K'],
    ]),
    ...['--concurrency', String(1 + draw.below(3)), '--compression', draw.of(['raw', 'snappy', 'deflate'])],
    ...draw.of([[], ['--overwrite'], ['--discard-bad-records'], ['--columns', 'id,name,at,value']]),
    ...(isPartition ? ['--create-partition'] : []),
  ]
  const told = `seed ${seed}: upload ${files.join(' ')} ${table} ${options.join(' ')}`
  await bench.emulator.createTable({
    name: table,
    columns,
    ...(isPartition && { partitionColumns: { pt: 'string' } }),
  })
  try {
    const target = isPartition ? `${table}/pt=1` : table
    const args = ['upload', ...files.map(name => bench.path(name)), target, ...options]
    await interruptAndResume(bench, draw, args, 'putBlock')
    const rows = await bench.rows(table, isPartition ? 'pt=1' : undefined)
    assert.deepEqual(
      rows,
      files.flatMap(() => rowsFrom(0, rowCount)),
      told,
    )
  } catch (error) {
    throw new Error(`${told}\n${error instanceof Error ? error.message.slice(0, 2000) : error}`, {
      cause: error,
    })
  }
}

test('uploads that are interrupted end as those that nothing interrupts', { timeout: 600_000 }, () =>
  playSeeds(0.3, benches, upload),
)
