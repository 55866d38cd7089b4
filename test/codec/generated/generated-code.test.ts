import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { mayGenerateCode } from '../../../lib/codec/generated/generated-code.js'

const run = (file: string, ...flags: string[]) => {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const path = fileURLToPath(new URL(file, import.meta.url))
  return spawnSync(process.execPath, [...flags, '--import', 'tsx', path], {
    env,
    encoding: 'utf8',
    timeout: 120_000,
  })
}

describe('code generation from strings', () => {
  test('is used where it is allowed', () => assert.equal(mayGenerateCode(), true))

  for (const file of ['vectors', 'rows/record-encoder', 'rows/record-decoder'])
    test(`disallowed: everything works the same (${file})`, () => {
      const { status, stdout } = run(`../${file}.test.ts`, '--disallow-code-generation-from-strings')
      assert.equal(status, 0, stdout.slice(-2000))
      assert.match(stdout, /^\S+ fail 0$/m)
      assert.doesNotMatch(stdout, /^\S+ pass 0$/m)
    })

  test('disallowed: it is not tried', () => {
    const { status, stdout, stderr } = run(
      'without-code-generation.ts',
      '--disallow-code-generation-from-strings',
    )
    assert.equal(status, 0, stderr)
    assert.equal(stdout, 'false [[1,"x"]]\n')
  })
})

test('rows that are kept do not make the engine put later ones among old objects', () => {
  const { status, stdout, stderr } = run('young-rows.ts', '--allow-natives-syntax', '--max-semi-space-size=1')
  assert.equal(status, 0, stderr)
  const shares = JSON.parse(stdout) as Record<string, number>
  assert.equal(Object.keys(shares).length, 9)
  // A collection of all objects may come between: then one that was just read is old.
  for (const [what, share] of Object.entries(shares)) assert.ok(share > 0.8, `${what}: ${share}`)
})
