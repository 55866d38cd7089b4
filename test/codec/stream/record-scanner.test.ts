import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createRecordScanner, type ScannedRecord } from '../../../lib/codec/stream/record-scanner.js'
import { columnsOf, streamOf } from '../golden-vectors.js'
import { chunksOf, small } from './cut-vectors.js'

describe('starvation, scanner', () => {
  for (const vector of small)
    test(`${vector.name}: chunks of every size`, () => {
      const bytes = streamOf(vector)!
      const whole: ScannedRecord[] = []
      createRecordScanner(columnsOf(vector)).push(bytes, whole)
      for (let size = 1; size <= bytes.length; size++) {
        const scanner = createRecordScanner(columnsOf(vector))
        const records: ScannedRecord[] = []
        for (const chunk of chunksOf(bytes, size)) scanner.push(chunk, records)
        scanner.end()
        assert.deepEqual(records, whole)
      }
    })
})
