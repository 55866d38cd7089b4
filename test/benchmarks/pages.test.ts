import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { describe, test } from 'node:test'
import { pagesOf } from '../../benchmarks/pages.js'
import { readResults } from '../../benchmarks/results.js'

describe('pages of benchmark results', () => {
  const results = readResults()

  for (const [path, text] of pagesOf(results))
    test(`${basename(path)} shows what latest.json has (npm run bench -- --write renews it)`, () => {
      assert.equal(readFileSync(path, 'utf8'), text)
    })

  test('every figure names a run that is described', () => {
    const { runs, ...parts } = results
    const figures = Object.values(parts).flat()
    assert.ok(figures.length > 0)
    for (const { run } of figures) assert.ok(run in runs, run)
  })
})
