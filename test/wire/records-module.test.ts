import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

test('the inlined WebAssembly is what its source compiles to', () => {
  const build = fileURLToPath(new URL('../../lib/wire/assembly/build.mjs', import.meta.url))
  const { status, stderr } = spawnSync(process.execPath, [build, '--check'], { encoding: 'utf8' })
  assert.equal(status, 0, stderr)
})
