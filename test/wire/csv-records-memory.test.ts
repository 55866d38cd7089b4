import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { doubleKinds, proveDoubles } from './double-texts.js'

describe('doubles of CSV in WebAssembly', () => {
  for (const kind of Object.keys(doubleKinds))
    test(`are those of Number: ${kind}`, () => {
      const { left, values, wrong } = proveDoubles(kind, 20_000, 1)
      assert.deepEqual(wrong, [])
      // What has 18 digits often lies so near to the middle of two that more digits would be needed.
      const most = kind.startsWith('any') || kind === '19 digits and an exponent' ? 0.1 : 0.05
      assert.ok(left <= most * values, `${left} of ${values} were left to Number`)
    })
})
