import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ColumnChunk } from 'hyparquet'
import { shredderOf } from '../../../../lib/cli/formats/parquet/shredder.js'
import { TimeUnits } from '../../../../lib/cli/formats/parquet/times.js'
import { Timestamp } from '../../../../lib/index.js'

/* Which unit a column has, group by group; writer.test.ts tries what is written then. */

const onMisfit = (row: number, error: Error): never => {
  throw new Error(`row ${row}: ${error.message}`)
}

const columnOf = (memory = { left: 100 }) => {
  const place = { path: [{ name: 'schema', num_children: 1 }], definition: 0, repetition: 0 }
  const shredder = shredderOf('c', { kind: 'timestamp' }, { ...place, memory: { bytes: 0 } })
  const leaf = shredder.leaves[0]!
  const units = new TimeUnits(leaf, memory)
  const chunk = {} as ColumnChunk
  return {
    units,
    /** Writes a row group; what was written takes 60 bytes. */
    write: (...cells: readonly (Timestamp | null)[]): unknown[] => {
      for (const cell of cells) shredder.add(cell, 0)
      const values = units.take(onMisfit)
      leaf.clear()
      units.keep(0, chunk, new Uint8Array(60))
      return values
    },
  }
}

const micros = new Timestamp(0n, 1000)
const fine = new Timestamp(0n, 1)
const far = new Timestamp(253_402_300_799n, 0)

describe('the unit of times', () => {
  test('is microseconds until nanoseconds come; then what was written before is outdated', () => {
    const { units, write } = columnOf()
    assert.deepEqual(write(null), [null])
    assert.deepEqual(write(micros), [1n])
    assert.equal(units.outdated.length, 0)
    assert.deepEqual(write(null, fine), [null, 1n])
    assert.equal(units.outdated.length, 1)
    assert.deepEqual(write(micros), [1000n])
    assert.equal(units.outdated.length, 1)
    assert.throws(() => write(far), /row 0: .*no unit/)
  })

  test('is settled when what was written takes too much memory, and nothing is kept then', () => {
    const memory = { left: 100 }
    const { write } = columnOf(memory)
    write(micros)
    assert.equal(memory.left, 40)
    write(micros)
    assert.equal(memory.left, 100)
    assert.throws(() => write(micros, fine), /row 1: nanoseconds appear after/)
  })

  test('is settled by a time that nanoseconds do not reach', () => {
    const memory = { left: 100 }
    const { write } = columnOf(memory)
    write(micros)
    write(far)
    assert.equal(memory.left, 100)
    assert.throws(() => write(fine), /row 0: .*no unit/)
  })
})
