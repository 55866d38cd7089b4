import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { FileField } from '../../../lib/cli/formats/file-values/file-type.js'
import type { SourceBatch } from '../../../lib/cli/formats/row-source.js'
import { type ValueBatch, ValueSource } from '../../../lib/cli/formats/value-source.js'
import { parseDataType } from '../../../lib/index.js'

const utf8 = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text))

const fields: readonly FileField[] = [
  { name: 'id', type: { kind: 'decimal', precision: 5, scale: 1 } },
  { name: 'text', type: { kind: 'text' } },
  { name: 'map', type: { kind: 'map', key: { kind: 'text' }, value: { kind: 'date' } } },
  { name: 'time', type: { kind: 'unsupported', name: 'TIME' } },
  { name: 'unused', type: { kind: 'boolean' } },
]

const twice = [
  [utf8('k'), 0],
  [utf8('k'), null],
]
const batches: readonly ValueBatch[] = [
  {
    rowCount: 3,
    columns: [
      [10n, 15n, null],
      [utf8('1'), Uint8Array.of(0xff), null],
      [[[utf8('k'), 1]], twice, null],
      undefined,
      undefined,
    ],
  },
  { rowCount: 2, columns: [[20n, 30n], [utf8('x'), utf8('2')], [twice, []], undefined, undefined] },
]

const sourceOf = (): { source: ValueSource; wanted: number[] } => {
  const wanted: number[] = []
  const source = new ValueSource(
    {
      fields,
      batches: async function* (asked) {
        wanted.push(...asked)
        yield* batches
      },
      close: async () => {},
    },
    { timeZone: 'UTC' },
  )
  return { source, wanted }
}

const planOf = (types: Readonly<Record<string, string>>) => ({
  columns: Object.entries(types).map(([name, type]) => ({ name, type: parseDataType(type), nullable: true })),
  fieldOf: Object.keys(types).map(name => fields.findIndex(field => field.name === name)),
  strict: true,
})

describe('rows of a file with types', () => {
  test('are cells of the columns, and bad records with the first column that does not fit', async () => {
    const { source, wanted } = sourceOf()
    const found: SourceBatch[] = []
    const plan = planOf({ map: 'map<string,date>', missing: 'bigint', id: 'int', text: 'bigint' })
    for await (const batch of source.rows(plan)) found.push(batch)
    assert.deepEqual(wanted, [2, 0, 1])
    assert.deepEqual(
      found.map(batch => batch.rows),
      [
        [
          [new Map([[utf8('k'), '1970-01-02']]), null, 1n, '1'],
          [null, null, null, null],
        ],
        [[new Map(), null, 3n, '2']],
      ],
    )
    assert.deepEqual(
      found.flatMap(batch => batch.bad),
      [
        {
          record: 2,
          column: 'map',
          code: 'ODPS_INVALID_VALUE',
          reason: 'a MAP has a duplicate key; keep one of them in the record',
          fields: [
            '1.5',
            '(not UTF-8; in base64: /w==)',
            '[["k","1970-01-01"],["k",null]]',
            '(not read)',
            '(not read)',
          ],
        },
        {
          record: 4,
          column: 'map',
          code: 'ODPS_INVALID_VALUE',
          reason: 'a MAP has a duplicate key; keep one of them in the record',
          fields: ['2.0', 'x', '[["k","1970-01-01"],["k",null]]', '(not read)', '(not read)'],
        },
      ],
    )
    assert.deepEqual(found[0]!.originOf(1), {
      record: 3,
      fields: [null, null, null, '(not read)', '(not read)'],
    })
    assert.deepEqual(found[1]!.originOf(0), {
      record: 5,
      fields: ['3.0', '2', '{}', '(not read)', '(not read)'],
    })
  })

  test('say which columns none of their values fits', () => {
    const { source } = sourceOf()
    const refusals = source.fields.map(field => field.refuses?.(parseDataType('bigint')))
    assert.deepEqual(refusals.map(Boolean), [false, false, true, true, true])
    assert.match(refusals[3]!, /TIME .*BIGINT/)
  })
})
