import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CellNotes } from '../../../lib/cli/formats/cell-notes.js'

test('cells are counted by column and kind, with one line for each', () => {
  const notes = new CellNotes()
  assert.deepEqual(notes.lines(), [])
  const [a, b] = [notes.counter('a'), notes.counter('b')]
  for (let i = 0; i < 1000; i++) a('fraction')
  a('empty')
  b('fraction')
  assert.deepEqual(
    notes.lines().map(line => line.slice(0, line.indexOf(':'))),
    ["column 'a', 1,000 values", "column 'a', 1 value", "column 'b', 1 value"],
  )
})

test('a file that is read again counts once', () => {
  const notes = new CellNotes()
  for (const count of [3, 5]) notes.setBytes('f', new Map([['c', count]]))
  notes.setBytes('g', new Map([['c', 2]]))
  assert.deepEqual(
    notes.lines().map(line => line.slice(0, line.indexOf(':'))),
    ["column 'c', 7 values"],
  )
})

test('they are no option', () => assert.equal(JSON.stringify({ notes: new CellNotes() }), '{}'))
