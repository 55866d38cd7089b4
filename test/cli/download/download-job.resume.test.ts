import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Draw, formats, interruptAndResume, packings, playSeeds, rowsFrom } from '../journal/resume-cases.js'
import { type CliBench, cliBench } from '../support.js'

/** More than the first range of a download, so that there are two. */
const rowCount = 10_500
const partitions = ['pt=a,region=cn', 'pt=a,region=us', 'pt=b,region=cn', 'pt=c,region=x y'] as const
const layouts = ['table', 'partition', 'folder', 'one file'] as const
const optionSets = [
  [],
  ['--no-header', '--null', 'NULL'],
  ['--columns', 'at,id'],
  ['--limit', '2000'],
  ['--delimiter', ';', '--timezone', 'Asia/Shanghai'],
  ['--encoding', 'utf-16'],
  ['--encoding', 'utf-16le', '--null', '\\N'],
  ['--encoding', 'gb18030', '--record-delimiter', '\\r\\n'],
  ['--datetime-format', 'yyyy-MM-dd HH:mm:ss', '--quote', "'"],
] as const

const benches: CliBench[] = []
const closers: (() => Promise<void>)[] = []
const columns = { id: 'bigint', name: 'string', at: 'datetime', value: 'double' }

const newBench = async (): Promise<CliBench> => {
  const bench = await cliBench({ after: (close: () => Promise<void>) => closers.push(close) })
  await bench.emulator.createTable({ name: 't', columns })
  await bench.emulator.createTable({
    name: 'p',
    columns,
    partitionColumns: { pt: 'string', region: 'string' },
  })
  await bench.fill('t', rowsFrom(0, rowCount))
  for (const [i, spec] of partitions.entries()) await bench.fill('p', rowsFrom(i * 10_000, 700), spec)
  return bench
}

before(async () => {
  for (let i = 0; i < 4; i++) benches.push(await newBench())
})

after(async () => {
  for (const close of closers) await close()
})

const hashOf = async (path: string): Promise<string> => {
  const bytes = await readFile(path)
  return `${bytes.length} bytes, ${createHash('sha256').update(bytes).digest('hex')}`
}

/** By name; that of a file itself is empty. */
const filesUnder = async (path: string): Promise<Record<string, string>> => {
  const names = await readdir(path, { recursive: true, withFileTypes: true }).catch(() => undefined)
  if (names === undefined) return { '': await hashOf(path) }
  const files = names.filter(each => each.isFile()).map(each => join(each.parentPath, each.name))
  return Object.fromEntries(
    await Promise.all(files.map(async file => [file.slice(path.length), await hashOf(file)])),
  )
}

const download = async (bench: CliBench, seed: number): Promise<void> => {
  const draw = new Draw(seed)
  const [format, packing, layout] = [draw.of(formats), draw.of(packings), draw.of(layouts)]
  const target = { table: 't', partition: `p/${draw.of(partitions)}`, folder: 'p', 'one file': 'p' }[layout]
  const options = [
    ...draw.of(optionSets),
    ...['--concurrency', String(1 + draw.below(4)), '--compression', draw.of(['raw', 'snappy'])],
    ...(layout === 'folder'
      ? ['--format', format === 'arrows' ? 'arrow-stream' : format]
      : layout === 'one file'
        ? ['--with-partition-columns']
        : []),
    ...(packing === '' ? [] : ['--file-compression', 'gzip']),
  ]
  const ending = layout === 'folder' ? '' : `.${format}${packing}`
  const [whole, broken] = [bench.path(`whole-${seed}${ending}`), bench.path(`broken-${seed}${ending}`)]
  const told = `seed ${seed}: download ${target} ${options.join(' ')} (${format})`
  const once = await bench.run(['download', target, whole, ...options])
  if (once.code !== 0) {
    assert.match(once.stderr, /utf-16|gb18030|--quote|delimiter/, told)
    return
  }
  try {
    await interruptAndResume(bench, draw, ['download', target, broken, ...options], 'readData')
    assert.deepEqual(await filesUnder(broken), await filesUnder(whole), told)
    const left = (await readdir(bench.folder)).filter(name => name.endsWith('.part'))
    assert.deepEqual(left, [], told)
  } catch (error) {
    throw new Error(`${told}\n${error instanceof Error ? error.message : error}`, { cause: error })
  }
  for (const path of [whole, broken]) await rm(path, { recursive: true })
}

test('downloads that are interrupted end as those that nothing interrupts', { timeout: 600_000 }, () =>
  playSeeds(0.7, benches, download),
)
