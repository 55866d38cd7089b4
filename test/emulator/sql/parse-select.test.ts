import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Query, Select } from '../../../lib/emulator/sql/statement.js'
import { one } from './parsed.js'

const plain = (sql: string): Select | undefined => one<Query>(sql).plain

describe('SELECT', () => {
  test('plain reads', () => {
    const select = { name: ['t'], what: '*', where: [], limit: undefined }
    assert.deepEqual(plain('select * from t'), select)
    assert.deepEqual(plain("SELECT * FROM t WHERE (a='1') AND b==2 LIMIT 3;"), {
      ...select,
      where: [
        { name: 'a', value: '1' },
        { name: 'b', value: '2' },
      ],
      limit: 3,
    })
    assert.deepEqual(plain('select count(*) from t'), { ...select, what: { countAs: '_c0' } })
    assert.deepEqual(plain('select COUNT(1) as n from t'), { ...select, what: { countAs: 'n' } })
    assert.deepEqual(plain('select a, `B` as c, count from t'), {
      ...select,
      what: [
        { column: 'a', alias: 'a', position: '[1,8]' },
        { column: 'b', alias: 'c', position: '[1,11]' },
        { column: 'count', alias: 'count', position: '[1,21]' },
      ],
    })
  })
})
