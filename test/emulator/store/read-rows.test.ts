import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { withRows } from '../download-calls.js'

describe('char', () => {
  test('is padded to its length in characters when it is read, not when it is stored', () =>
    withRows(
      [Buffer.from('0a02636880c0ff7fa1a3f9bb0ef0ffff7f02f8ffff7f9ab2e7f207', 'hex')],
      async calls => {
        const { body } = await calls.download()
        assert.deepEqual(body.subarray(0, 7), Buffer.from('\n\x05ch   '))
      },
      { c: 'char(5)' },
    ))
})
