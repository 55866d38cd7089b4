/*
 * `npm run test:distribution`: the programs of docs/examples/bullmq as they stand, with BullMQ on a Redis server of their own. A
 * worker that exports is killed while it writes the file of a part, and one that loads while it sends the blocks of a part. The
 * rows are made here, and those of the second table must be the same, each once.
 */
import assert from 'node:assert/strict'
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { watch } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { install } from './install.mjs'

if (spawnSync('redis-server', ['--version']).error !== undefined) {
  console.log('distribution: skipped, for redis-server is not on the PATH')
  process.exit()
}
const root = fileURLToPath(new URL('../..', import.meta.url))
const libraries = install('distribution', { bullmq: '6.7.0', ioredis: '6.0.0' })
const { Queue } = createRequire(join(libraries, 'package.json'))('bullmq')
execFileSync('npm', ['run', '-s', 'build'], { cwd: root, stdio: 'inherit' })
const { startEmulator } = await import(pathToFileURL(join(root, 'dist/emulator/index.js')).href)

const parts = 16
const rowsOfPart = 2500
const rowCount = parts * rowsOfPart
const rows = Array.from({ length: rowCount }, (_, id) => {
  const text = id % 7 === 0 ? null : `row ${id}, "quoted"\n`
  return [BigInt(id), text, createHash('sha256').update(`${id} ${text}`).digest('hex')]
})

/** The programs, as in the folder of a user who has installed what they import. */
const folder = mkdtempSync(join(tmpdir(), 'odps-tunnel-distribution-'))
const files = join(folder, 'files')
const modules = join(folder, 'node_modules')
mkdirSync(files)
mkdirSync(modules)
cpSync(join(root, 'docs/examples/bullmq'), folder, { recursive: true })
symlinkSync(join(libraries, 'node_modules/bullmq'), join(modules, 'bullmq'))
symlinkSync(join(root, 'node_modules/stream-chain'), join(modules, 'stream-chain'))
symlinkSync(root, join(modules, 'odps-tunnel'))

const freePort = async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}

const children = new Set()
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL')
  rmSync(folder, { recursive: true })
})
const start = (program, args, options) => {
  const child = spawn(program, args, { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'], ...options })
  children.add(child)
  child.once('exit', () => children.delete(child))
  return child
}

const startRedis = async () => {
  const port = await freePort()
  const server = start('redis-server', [
    ...['--port', port, '--bind', '127.0.0.1', '--dir', folder],
    ...['--save', '', '--appendonly', 'no', '--maxmemory-policy', 'noeviction'],
  ])
  for await (const text of server.stdout.setEncoding('utf8').iterator({ destroyOnReturn: false }))
    if (text.includes('Ready to accept connections')) break
  server.stdout.resume()
  return `redis://127.0.0.1:${port}`
}

const emulator = await startEmulator()
const columns = { id: 'bigint', text: 'string', checksum: 'string' }
for (const name of ['a', 'b']) await emulator.createTable({ name, columns })
await emulator.insert('a', rows)

const killings = []
const lost = []
/** Two requests are never answered in full, and the workers that sent them are killed. */
const stopped = {}
const stop = (queue, part, fault) => {
  if (queue in stopped) return undefined
  stopped[queue] = part
  killings.push(kill(queue, part))
  return fault
}
const idsOfPart = 20_000 / parts
emulator.setFaults(({ action, query }) => {
  if (action === 'readData') {
    const [, first] = /^\((\d+),/.exec(query.get('rowrange'))
    return stop('export', Math.floor(first / rowsOfPart), { stallBodyAfter: 150_000 })
  }
  const blockId = Number(query.get('blockid'))
  if (action === 'putBlock' && blockId % idsOfPart === 2)
    return stop('load', Math.floor(blockId / idsOfPart), 'hang')
  return undefined
})

const kill = async (queue, part) => {
  if (queue === 'export') await isBegun(`${part}.csv.`)
  const jobs = await queues[queue].getActive()
  const { id, processedBy } = jobs.find(job => job.id.endsWith(`-${part}`))
  const worker = [...children].find(({ pid }) => processedBy.endsWith(`-${pid}`))
  assert.equal(emulator.rowCount('b'), 0)
  worker.kill('SIGKILL')
  lost.push({ queue, id, processedBy })
  console.log(`${queue}: killed the worker of part ${part}`)
}

/** Waits until a file whose name begins so holds something. */
const isBegun = async prefix => {
  for await (const { filename } of watch(files))
    if (filename.startsWith(prefix) && statSync(join(files, filename)).size > 0) return
}

const redis = await startRedis()
const connection = { url: redis }
const queues = { export: new Queue('export', { connection }), load: new Queue('load', { connection }) }
const started = performance.now()
try {
  const env = { ...process.env, ...emulator.env, REDIS_URL: redis }
  const node = (...args) => start(process.execPath, args, { env })
  const workers = [1, 2, 3, 4].flatMap(() => [
    node('worker.mjs', 'export'),
    node('worker.mjs', 'load', 'commit'),
  ])
  const parent = node('start.mjs', 'a', 'b', files, String(parts))
  parent.stdout.pipe(process.stdout)
  const [code] = await once(parent, 'exit', { signal: AbortSignal.timeout(120_000) })
  assert.equal(code, 0)
  await Promise.all(killings)

  const copied = await emulator.rows('b', undefined, { rowShape: 'array' })
  copied.sort(([a], [b]) => Number(a - b))
  assert.deepEqual(copied, rows)
  assert.deepEqual(Object.keys(stopped).sort(), ['export', 'load'])
  for (const { queue, id, processedBy } of lost) {
    const job = await queues[queue].getJob(id)
    assert.equal(job.stalledCounter, 1)
    assert.notEqual(job.processedBy, processedBy)
  }
  const left = workers.filter(worker => children.has(worker))
  assert.equal(left.length, 6)
  const ends = left.map(worker => once(worker, 'exit'))
  for (const worker of left) worker.kill('SIGTERM')
  assert.deepEqual(await Promise.all(ends), Array(6).fill([0, null]))
  console.log(`distribution: ok, ${Math.round((performance.now() - started) / 1000)} s`)
} finally {
  for (const queue of Object.values(queues)) await queue.close()
  for (const child of children) child.kill('SIGKILL')
  await emulator.close()
}
