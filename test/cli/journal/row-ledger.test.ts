import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { RowLedger } from '../../../lib/cli/journal/row-ledger.js'

describe('the ledger of rows', () => {
  test('counts rows for the partition they came from, when they are written', () => {
    const ledger = new RowLedger<string>()
    ledger.handOver('a', 3)
    ledger.handOver('a', 2)
    ledger.handOver('b', 4)
    assert.deepEqual(ledger.write(4), { part: 'a', rows: 4 })
    ledger.handOver('c', 1)
    assert.deepEqual(ledger.write(1), { part: 'a', rows: 5 })
    assert.deepEqual(ledger.write(2), { part: 'b', rows: 2 })
    assert.deepEqual(ledger.write(3), { part: 'c', rows: 1 })
  })

  test('passes partitions that end within one piece', () => {
    const ledger = new RowLedger<string>()
    for (const part of ['a', 'b', 'c']) ledger.handOver(part, 2)
    assert.deepEqual(ledger.write(5), { part: 'c', rows: 1 })
  })

  test('adds to the rows that a former run has written', () => {
    const ledger = new RowLedger<string>()
    ledger.handOver('a', 2, 7)
    ledger.handOver('a', 2, 7)
    ledger.handOver('b', 2)
    assert.deepEqual(ledger.write(1), { part: 'a', rows: 8 })
    assert.deepEqual(ledger.write(3), { part: 'a', rows: 11 })
    assert.deepEqual(ledger.write(1), { part: 'b', rows: 1 })
  })

  test('writes no row that nobody has handed over', () => {
    const ledger = new RowLedger<string>()
    ledger.handOver('a', 1)
    assert.throws(() => ledger.write(2), /1 rows were written that were never handed over/)
  })
})
