import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const bundled = fileURLToPath(new URL('bundled.mjs', import.meta.url))
const run = promisify(execFile)

/** A few files, so that the test runner can play them side by side. */
export const simulationTests = (from: number, count: number): void => {
  test(`the simulated scenarios of seeds ${from} to ${from + count - 1} lose nothing and leak nothing`, {
    timeout: 600_000,
  }, async t => {
    const args = [bundled, 'main', '--from', String(from), '--count', String(count)]
    // It exits with 1, which rejects with all that it said, when one breaks a rule.
    const { stdout } = await run(process.execPath, args)
    t.diagnostic(stdout)
    assert.equal(Number.parseInt(stdout, 10), count)
  })
}
