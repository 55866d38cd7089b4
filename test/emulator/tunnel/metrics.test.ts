import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { withRows } from '../download-calls.js'
import { twoRows } from '../emulator-client.js'

describe('metrics', () => {
  for (const [version, has] of [
    ['6', true],
    ['7', true],
    ['5', false],
    ['', false],
  ] as const)
    test(`version '${version}': ${has ? 'in the trailer' : 'none'}`, () =>
      withRows([twoRows], async calls => {
        const { body } = await calls.download('', version === '' ? {} : { 'x-odps-tunnel-version': version })
        const count = Buffer.from('f0ffff7f040a', 'hex')
        const at = body.indexOf(count)
        assert.equal(at >= 0, has)
        if (!has) return
        const length = body[at + count.length]!
        const text = body.subarray(at + count.length + 1, at + count.length + 1 + length).toString()
        const metrics = JSON.parse(text)
        assert.ok(metrics.ServerTotalCost > metrics.ServerIOCost + metrics.PanguIOCost)
        assert.ok(body.subarray(at + count.length + 1 + length).indexOf(Buffer.from('80f0ff7f', 'hex')) === 0)
      }))
})
