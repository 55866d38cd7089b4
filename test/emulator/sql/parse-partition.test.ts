import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { one } from './parsed.js'

describe('the other statements', () => {
  test('ADD and DROP PARTITION as the clients write them', () => {
    const x = [{ name: 'ds', value: 'x' }]
    const y = [{ name: 'ds', value: 'y' }]
    const add = { kind: 'addPartitions', name: ['p', 't'], ifNotExists: true }
    assert.deepEqual(one("ALTER TABLE p.`t` ADD IF NOT EXISTS  PARTITION (ds='x');"), { ...add, specs: [x] })
    assert.deepEqual(
      one('alter table p.t add if not exists\nPARTITION (ds=\'x\')\nPARTITION (`DS`="y")\n;'),
      {
        ...add,
        specs: [x, y],
      },
    )
    assert.deepEqual(one("alter table p.t drop partition(ds='x'), partition(ds='y')"), {
      kind: 'dropPartitions',
      name: ['p', 't'],
      ifExists: false,
      specs: [x, y],
    })
    assert.deepEqual(one('alter table t drop if exists partition (a=1, b=-2)'), {
      kind: 'dropPartitions',
      name: ['t'],
      ifExists: true,
      specs: [
        [
          { name: 'a', value: '1' },
          { name: 'b', value: '-2' },
        ],
      ],
    })
  })
})
