import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parseDataType } from '../../lib/schema/parse-data-type.js'
import type { Column } from '../../lib/schema/table-schema.js'
import { followSchema, Widening } from '../../lib/streaming-upload/schema-change.js'
import type { StreamSession } from '../../lib/streaming-upload/stream-session.js'

/** Columns as `name type`, with `!` for NOT NULL. */
const sessionOf = (...columns: string[]): StreamSession => ({
  ...{ sessionId: 's', schemaVersion: '1', slots: [], dateTransform: false },
  schema: {
    columns: columns.map((text): Column => {
      const [name = '', type = ''] = text.replace('!', '').split(' ')
      return { name, type: parseDataType(type), nullable: !text.endsWith('!') }
    }),
    partitionColumns: [],
  },
})

const before = sessionOf('id bigint', 'name string')

describe('columns that change under a streaming upload', () => {
  const cases: [string, string[], RegExp | undefined, RegExp | undefined][] = [
    ['the same', ['ID bigint', 'name string'], undefined, undefined],
    ['one added', ['id bigint', 'name string', 'more int'], /'more' was added/, undefined],
    ['one added as NOT NULL', ['id bigint', 'name string', 'more int!'], /added as NOT/, /added as NOT NULL/],
    ['another type', ['id int', 'name string'], /'id' is int, not bigint/, /'id' is int/],
    ['NOT NULL now', ['id bigint', 'name string!'], /'name' is NOT NULL now/, /'name' is NOT NULL/],
    [
      'one in front',
      ['more int', 'id bigint', 'name string'],
      /'more' is where/,
      /'more' is where column 'id'/,
    ],
    ['one gone', ['id bigint'], /'name' is gone/, /'name' is gone/],
  ]
  for (const [name, after, whenFailing, whenReloading] of cases)
    test(name, () => {
      for (const [mode, message] of [
        ['fail', whenFailing],
        ['reload', whenReloading],
      ] as const) {
        const follow = (): void => followSchema(before, sessionOf(...after), mode, 'p.t')
        if (message === undefined) follow()
        else assert.throws(follow, { code: 'ODPS_SCHEMA_CHANGED', message })
      }
    })

  test('a column that may be NULL again is no harm', () => {
    followSchema(sessionOf('id bigint!'), sessionOf('id bigint'), 'fail', 'p.t')
  })

  test('lists of cells become as long as the columns, from each length that once was right; others stay', () => {
    const widening = new Widening(1)
    const row = [1]
    assert.equal(widening.rowOf(row), row)
    widening.widen(2)
    widening.widen(4)
    assert.deepEqual(widening.rowOf([1]), [1, null, null, null])
    assert.deepEqual(widening.rowOf([1, 2]), [1, 2, null, null])
    const odd = [1, 2, 3]
    assert.equal(widening.rowOf(odd), odd)
    const object = { a: 1 }
    assert.equal(widening.rowOf(object), object)
  })

  test('cells of partition columns stay behind those of the columns', () => {
    const widening = new Widening(1, 2)
    widening.widen(3)
    assert.deepEqual(widening.rowOf([1, 'x', 'y']), [1, null, null, 'x', 'y'])
    const whole = [1, 2, 3, 'x', 'y']
    assert.equal(widening.rowOf(whole), whole)
    const short = [1]
    assert.equal(widening.rowOf(short), short)
  })
})
