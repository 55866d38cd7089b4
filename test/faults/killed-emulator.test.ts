import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { describe, type TestContext, test } from 'node:test'
import { type Emulator, startEmulator } from '../../lib/emulator/index.js'
import { TunnelError } from '../../lib/errors.js'
import { Tunnel } from '../../lib/tunnel.js'
import { rowsUpTo } from '../session/emulated-table.js'
import { Child } from './child-process.js'

const oldRows = rowsUpTo(7)
const newRows = rowsUpTo(40)
const credentials = { accessKeyId: 'any', accessKeySecret: 'any' }

const connect = (endpoint: string): Tunnel =>
  new Tunnel({ endpoint, project: 'p', credentials, retry: { attempts: 2, minDelayMs: 0, maxDelayMs: 0 } })

const withEmulator = async <T>(dataDir: string, use: (emulator: Emulator, tunnel: Tunnel) => Promise<T>) => {
  const emulator = await startEmulator({ dataDir, projects: ['p'] })
  const tunnel = connect(emulator.endpoint)
  try {
    return await use(emulator, tunnel)
  } finally {
    await tunnel.close()
    await emulator.close()
  }
}

const put = async (tunnel: Tunnel, rows: readonly unknown[], overwrite: boolean): Promise<void> =>
  pipeline(Readable.from(rows), tunnel.createUploadStream({ table: 't', overwrite, blockRows: 10 }))

const readAll = async (tunnel: Tunnel): Promise<unknown[]> => {
  const rows: unknown[] = []
  for await (const row of tunnel.createDownloadStream({ table: 't' })) rows.push(row)
  return rows
}

const preparedDirectory = async (context: TestContext): Promise<string> => {
  const dataDir = await mkdtemp(join(tmpdir(), 'odps-tunnel-killed-'))
  context.after(() => rm(dataDir, { recursive: true, force: true }))
  await withEmulator(dataDir, async (emulator, tunnel) => {
    await emulator.createTable({ name: 't', columns: { id: 'bigint', name: 'string' } })
    await put(tunnel, oldRows, false)
  })
  return dataDir
}

/** Overwrites the table in an emulator that dies before its n-th call into the file system within the commit. */
const overwriteUntilDeath = async (dataDir: string, n: number): Promise<'committed' | 'dead'> => {
  const child = new Child('emulating-child.ts', [dataDir, String(n)])
  const endpoint = await child.line()
  assert.ok(endpoint, child.errors)
  const tunnel = connect(endpoint)
  try {
    await put(tunnel, newRows, true)
    return 'committed'
  } catch (error) {
    assert.ok(error instanceof TunnelError, String(error))
    assert.equal(error.code, 'ODPS_COMMIT_UNKNOWN')
    assert.equal((await child.exited()).signal, 'SIGKILL')
    return 'dead'
  } finally {
    await tunnel.close()
    await child.kill()
  }
}

/** The service has said that it is done: then it is, whatever happens after. */
const stepsOfCommit = 60

describe('an emulator with dataDir that is killed within a commit', { timeout: 300_000 }, () => {
  test('has the old table or the new one after a restart, and takes rows again', async context => {
    const seen = new Set<string>()
    for (let n = 0; n < stepsOfCommit; n += n < 4 ? 1 : 3) {
      const dataDir = await preparedDirectory(context)
      const end = await overwriteUntilDeath(dataDir, n)
      const held = await withEmulator(dataDir, async (_, tunnel) => {
        const rows = await readAll(tunnel)
        await put(tunnel, oldRows, true)
        assert.deepEqual(await readAll(tunnel), oldRows)
        return rows
      })
      const isNew = held.length === newRows.length
      assert.deepEqual(held, isNew ? newRows : oldRows, `killed at step ${n}`)
      if (end === 'committed') assert.ok(isNew, `the commit was confirmed and lost at step ${n}`)
      seen.add(`${end}, ${isNew ? 'new' : 'old'}`)
      if (end === 'committed') break
    }
    context.diagnostic([...seen].join('; '))
    assert.ok(seen.has('dead, old') && seen.has('committed, new'), [...seen].join('; '))
  })
})
