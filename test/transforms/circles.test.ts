import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { defineSchema } from '../../lib/schema/define-schema.js'
import type { TableSchema } from '../../lib/schema/table-schema.js'
import { formatCsv } from '../../lib/transforms/format-csv.js'
import { formatNdjson, parseNdjson } from '../../lib/transforms/ndjson.js'
import { objectsToRows, rowsToObjects } from '../../lib/transforms/object-rows.js'
import { parseCsv } from '../../lib/transforms/parse-csv.js'
import { table } from '../codec/arbitrary-rows.js'
import { runChain, slices } from './run-chain.js'

/** What CSV has to take care of. */
const trickyText = fc.string({
  unit: fc.constantFrom('"', ',', ';', '\n', '\r', '\\', 'N', '-', ' ', '\ufeff', 'x', '\t', '|'),
  maxLength: 4,
})

const tables = table({ maxColumns: 8, maxRows: 12 })

/** Columns whose names a CSV header can carry without doubt. */
const numbered = (columns: TableSchema['columns']): TableSchema => ({
  columns: columns.map((column, i) => ({ ...column, name: `c${i}` })),
  partitionColumns: [],
})

describe('rows of any types come back', () => {
  test('through objects and JSON lines', () =>
    fc.assert(
      fc.asyncProperty(
        tables,
        fc.integer({ min: 1, max: 400 }),
        fc.nat(300),
        async (made, size, chunkBytes) => {
          const schema = { columns: made.columns, partitionColumns: [] }
          const printed = await runChain(made.rows, rowsToObjects(schema), formatNdjson({ chunkBytes }))
          const bytes = slices(Buffer.concat(printed as Buffer[]), size)
          assert.deepEqual(await runChain(bytes, parseNdjson(), objectsToRows(schema)), made.rows)
        },
      ),
      { numRuns: 300 },
    ))

  test('through JSON lines of arrays', () =>
    fc.assert(
      fc.asyncProperty(tables, async made => {
        const schema = { columns: made.columns, partitionColumns: [] }
        const rows = await runChain(made.rows, formatNdjson(), parseNdjson(), objectsToRows(schema))
        assert.deepEqual(rows, made.rows)
      }),
      { numRuns: 100 },
    ))

  test('through CSV, in any zone, under any text for NULL, with and without a header', () =>
    fc.assert(
      fc.asyncProperty(
        tables,
        fc.record({
          header: fc.boolean(),
          delimiter: fc.constantFrom(',', ';', '\t', '|'),
          nullText: fc.constantFrom('\\N', '', 'NULL', '-'),
          timeZone: fc.constantFrom('UTC', '+08:00'),
        }),
        fc.record({
          lineEnd: fc.constantFrom('\n', '\r\n'),
          byteOrderMark: fc.boolean(),
          chunkBytes: fc.nat(300),
        }),
        fc.integer({ min: 1, max: 400 }),
        async (made, common, more, size) => {
          const schema = numbered(made.columns)
          const printed = await runChain(made.rows, formatCsv(schema, { ...common, ...more }))
          const bytes = slices(Buffer.concat(printed as Buffer[]), size)
          assert.deepEqual(await runChain(bytes, parseCsv(schema, common)), made.rows)
        },
      ),
      { numRuns: 300 },
    ))

  test('of tricky text through CSV', () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 3 }).chain(columns =>
          fc.array(fc.array(fc.option(trickyText), { minLength: columns, maxLength: columns }), {
            minLength: 1,
          }),
        ),
        fc.record({ header: fc.boolean(), nullText: fc.constantFrom('\\N', '', '-') }),
        fc.constantFrom('\n', '\r\n'),
        fc.integer({ min: 1, max: 20 }),
        async (rows, common, lineEnd, size) => {
          const schema = defineSchema(rows[0]!.map((_, i) => [`c${i}`, 'string'] as const))
          const printed = await runChain(rows, formatCsv(schema, { ...common, lineEnd }))
          const bytes = slices(Buffer.concat(printed as Buffer[]), size)
          assert.deepEqual(await runChain(bytes, parseCsv(schema, common)), rows)
        },
      ),
      { numRuns: 1000 },
    ))
})
