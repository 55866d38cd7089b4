import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { describe, type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type Emulator, startEmulator } from '../../lib/emulator/index.js'

const program = fileURLToPath(new URL('failure-child.ts', import.meta.url))

const startService = async (context: TestContext): Promise<Emulator> => {
  const emulator = await startEmulator({
    projects: ['p'],
    faults: [
      { action: 'putBlock', table: 'blocks', times: 100, fault: { status: 400, code: 'InvalidBlockID' } },
      { action: 'commitUpload', table: 'commits', times: 100, fault: { status: 403, code: 'NoPermission' } },
    ],
  })
  context.after(() => emulator.close())
  for (const name of ['t', 'blocks', 'commits'])
    await emulator.createTable({ name, columns: { id: 'bigint', name: 'string' } })
  return emulator
}

interface Ended {
  readonly code: number
  readonly told: string[]
}

const run = (emulator: Emulator, ...args: string[]): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const env = { ...process.env, NODE_TEST_CONTEXT: '' }
    const command = ['--import', 'tsx', program, emulator.endpoint, ...args]
    execFile(process.execPath, command, { env, timeout: 60_000 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : error.code
      if (typeof code === 'number') resolve({ code, told: stdout.trimEnd().split('\n') })
      else reject(new Error(`The child ended with ${error?.signal}: ${stderr}`))
    })
  })

/** Who is told of a failure. `process`: nobody heard it, and Node ends the process. */
const failing = {
  pipeline: 'pipeline',
  'pipeline, committed': 'pipeline',
  finished: 'finished',
  event: 'event',
  'event, committed before': 'event',
  'event, committed after': 'event',
  'committed caught': 'committed',
  'committed uncaught': 'process',
  'pipe, committed caught': 'committed',
  'pipe, committed uncaught': 'process',
  pipe: 'process',
  'writeBatch caught': 'writeBatch',
  'writeBatch uncaught': 'process',
  'event, writeBatch uncaught': 'event',
  'writeAll caught': 'writeAll',
  'writeAll uncaught': 'process',
  none: 'process',
}

/** The writes were over before the commit failed. */
const committing = { 'writeBatch caught': 'process', 'writeAll caught': 'process' }

/** The caller knows: promises settle, but need not be handled. */
const destroying = Object.fromEntries(
  Object.entries(failing).map(([teller, told]) => [teller, /^(event|process)/.test(told) ? 'nobody' : told]),
)

const expected: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'bad row': { ...failing },
  'refused block': { ...failing },
  'refused commit': { ...failing, ...committing },
  abort: { ...failing },
  'destroy(err)': { ...failing },
  'destroy()': destroying,
}

describe('a failed upload is told exactly once', { concurrency: 2 }, () => {
  for (const [failure, told] of Object.entries(expected))
    test(failure, async context => {
      const ended = await run(await startService(context), failure, 'watch')
      assert.deepEqual(
        ended.told,
        Object.entries(told).map(([teller, who]) => `${teller}: ${who}`),
      )
      assert.equal(ended.code, 0)
    })

  /* The exit code of a process of its own, where nothing watches. */
  const endings: readonly (readonly [failure: string, teller: string])[] = [
    ['refused commit', 'none'],
    ['refused commit', 'committed uncaught'],
    ['refused commit', 'pipe, committed caught'],
    ['bad row', 'writeBatch uncaught'],
    ['bad row', 'event, committed after'],
    ['destroy()', 'committed uncaught'],
    ['destroy(err)', 'none'],
  ]
  for (const [failure, teller] of endings)
    test(`the process after ${failure} with ${teller}`, async context => {
      const ended = await run(await startService(context), failure, 'exit', teller)
      const ends = expected[failure]![teller] === 'process'
      assert.equal(ended.code, ends ? 1 : 0)
      assert.deepEqual(ended.told, [`${teller}: ${ends ? 'nobody' : expected[failure]![teller]}`])
    })
})
