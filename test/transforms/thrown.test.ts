import assert from 'node:assert/strict'
import { type Duplex, Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { describe, test } from 'node:test'
import { chain } from 'stream-chain'
import { defineSchema } from '../../lib/schema/define-schema.js'
import { batch } from '../../lib/transforms/batch.js'
import { formatCsv } from '../../lib/transforms/format-csv.js'
import { formatNdjson } from '../../lib/transforms/ndjson.js'
import { objectsToRows, rowsToObjects } from '../../lib/transforms/object-rows.js'

const schema = defineSchema({ id: 'bigint', name: 'string' })

/** What people throw and callbacks take for success. */
const odd: readonly unknown[] = [null, undefined, 0, '', false]

const throwingObject = (thrown: unknown): object => ({
  id: 1n,
  get name() {
    throw thrown
  },
})

const throwingArray = (thrown: unknown): unknown[] =>
  Object.defineProperty([1n, 'a'], 1, {
    get: () => {
      throw thrown
    },
  })

describe("a row's getter fails a chain by whatever it throws", () => {
  const functions = {
    objectsToRows: () => [objectsToRows(schema), batch(10)],
    rowsToObjects: () => [rowsToObjects(schema), batch(10)],
    formatCsv: () => [formatCsv(schema)],
    formatNdjson: () => [formatNdjson()],
  }
  for (const [name, make] of Object.entries(functions))
    test(name, async () => {
      for (const thrown of odd) {
        const ofArrays = name === 'rowsToObjects'
        const good = ofArrays ? [1n, 'a'] : { id: 1n, name: 'a' }
        const bad = ofArrays ? throwingArray(thrown) : throwingObject(thrown)
        const out: unknown[] = []
        const run = pipeline(
          Readable.from([good, bad, good]),
          chain(make() as [(value: unknown) => unknown]) as Duplex,
          async (source: AsyncIterable<unknown>) => {
            for await (const value of source) out.push(value)
          },
        )
        await assert.rejects(run, Error, `${String(thrown)} lost a row`)
      }
    })
})
