import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { one } from './parsed.js'

describe('the other statements', () => {
  test('SELECT', () => {
    const select = { kind: 'select', name: ['t'], what: '*', where: [], limit: undefined }
    assert.deepEqual(one('select * from t'), select)
    assert.deepEqual(one("SELECT * FROM t WHERE (a='1') AND b==2 LIMIT 3;"), {
      ...select,
      where: [
        { name: 'a', value: '1' },
        { name: 'b', value: '2' },
      ],
      limit: 3,
    })
    assert.deepEqual(one('select count(*) from t'), { ...select, what: { countAs: '_c0' } })
    assert.deepEqual(one('select COUNT(1) as n from t'), { ...select, what: { countAs: 'n' } })
    assert.deepEqual(one('select a, `B` as c, count from t'), {
      ...select,
      what: [
        { column: 'a', alias: 'a' },
        { column: 'b', alias: 'c' },
        { column: 'count', alias: 'count' },
      ],
    })
  })
})
