import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const setUp = new URL('../set-up.mjs', import.meta.url).href
const root = fileURLToPath(new URL('../../', import.meta.url))

const run = async (args: readonly string[], more: object = {}): Promise<[code: number, output: string]> => {
  const { NODE_TEST_CONTEXT: _context, ...environment } = process.env
  const child = spawn(process.execPath, ['--import', setUp, ...args], {
    cwd: root,
    env: { ...environment, ...more },
  })
  let output = ''
  child.stdout.on('data', chunk => {
    output += chunk
  })
  child.stderr.on('data', chunk => {
    output += chunk
  })
  const [code] = await once(child, 'close')
  return [code, output]
}

describe('what is loaded before every test file', () => {
  test('lets lists and texts be as long as maxLength says', async () => {
    const script = `import fc from 'fast-check'
      const longest = arbitrary => Math.max(...fc.sample(arbitrary, { numRuns: 100, seed: 1 }).map(({ length }) => length))
      const most = { maxLength: 300 }
      console.log(JSON.stringify([longest(fc.array(fc.nat(), most)), longest(fc.string(most)), longest(fc.array(fc.nat()))]))`
    const [, output] = await run(['--input-type=module', '-e', script])
    const [list, text, free] = JSON.parse(output) as [number, number, number]
    assert.ok(list > 250 && text > 250, output)
    assert.ok(free > 50, output)
  })

  test('ends a test that hangs, and not a file of many tests', async context => {
    const folder = await mkdtemp(join(tmpdir(), 'odps-tunnel-set-up-'))
    context.after(() => rm(folder, { recursive: true, force: true }))
    const file = join(folder, 'x.test.mjs')
    const wait =
      "import { test } from 'node:test'; import { setTimeout as wait } from 'node:timers/promises';"
    await writeFile(file, `${wait} for (const i of [1, 2, 3, 4, 5, 6]) test('t' + i, () => wait(400))`)
    assert.equal((await run(['--test', file], { TEST_LIMIT_MS: '2000' }))[0], 0)
    await writeFile(file, `${wait} test('quick', () => {}); test('hangs', () => wait(1e6))`)
    const [code, output] = await run(['--test', file], { TEST_LIMIT_MS: '500' })
    assert.equal(code, 1)
    assert.match(output, /The test 'hangs' has taken more than 0\.5 s/)
  })
})
