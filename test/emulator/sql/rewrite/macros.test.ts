import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { macros } from '../../../../lib/emulator/sql/rewrite/macros.js'

const folder = fileURLToPath(new URL('../../../../lib/emulator/sql/rewrite/', import.meta.url))

/** All names of macros in the source: where they are called, and where they are made. */
const namesInSource = (): Map<string, number> => {
  const counts = new Map<string, number>()
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts')) continue
    for (const [name] of readFileSync(join(folder, file), 'utf8').matchAll(/\bmc_[a-z0-9_]*[a-z0-9]\b(?!_)/g))
      counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return counts
}

test('every macro that is called is made, once', () => {
  const made = macros.map(macro => /^CREATE OR REPLACE MACRO (\w+)\(/.exec(macro)?.[1])
  assert.deepEqual(made.length, new Set(made).size)
  const called = [...namesInSource().keys()]
  assert.ok(called.length > 20, 'the pattern finds names')
  assert.deepEqual(
    called.filter(name => !made.includes(name)),
    [],
  )
})
