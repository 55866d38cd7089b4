import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { TunnelValueError } from '../../../lib/errors.js'
import { FieldRows, type RowRules } from '../../../lib/text/csv/field-rows.js'
import { cellForm } from '../../../lib/text/csv/quick-cells.js'
import { blankLine, MalformedRecord, quotedNull } from '../../../lib/text/csv/record.js'

const digits = (text: string): number => {
  if (/^\d+$/.test(text)) return Number(text)
  throw new TunnelValueError('ODPS_INVALID_VALUE', `${text} is no number`)
}

const rows = (given: Partial<RowRules> = {}): FieldRows =>
  new FieldRows({
    fields: [
      { cell: 1, form: cellForm.other, parse: digits },
      { cell: -1, form: cellForm.other, parse: digits },
      { cell: 0, form: cellForm.text, parse: text => text },
    ],
    ...{ cells: 3, nullText: '\\N', strictLength: true, notText: 'no text' },
    ...given,
  })

describe('a row of fields', () => {
  test('has each field in its cell, NULL for what is not there or is NULL', () => {
    assert.deepEqual(rows().make(['7', 'whatever', 'a']), ['a', 7, null])
    assert.deepEqual(rows().make(['\\N', '', '\\N']), [null, null, null])
    assert.deepEqual(rows({ strictLength: false }).make(['7']), [null, 7, null])
    assert.deepEqual(rows({ strictLength: false }).make(['7', '', 'a', 'more']), ['a', 7, null])
  })

  test('text in quotes that reads like NULL is that text', () =>
    assert.deepEqual(rows().make(['7', '', quotedNull]), ['\\N', 7, null]))

  test('a blank line is none', () => assert.equal(rows().make(blankLine), undefined))

  test('says what is wrong, and in which cell', () => {
    assert.deepEqual(rows().make(['7']), { code: 'ODPS_ROW_LENGTH', reason: 'has 1 field, not 3' })
    assert.deepEqual(rows().make(['x', '', 'a']), {
      ...{ cell: 1, code: 'ODPS_INVALID_VALUE', reason: 'x is no number', isEmpty: false },
    })
    assert.equal(Reflect.get(rows().make(['', '', 'a']) as object, 'isEmpty'), true)
    assert.equal(Reflect.get(rows({ nullText: '' }).make(['x', '', 'a']) as object, 'isEmpty'), false)
    assert.deepEqual(rows().make(['7', '', Buffer.of(0xff)]), {
      ...{ cell: 0, code: 'ODPS_INVALID_VALUE', reason: 'no text' },
    })
    const broken = new MalformedRecord('why', 'text', { hidesOthers: true })
    assert.deepEqual(rows().make(broken), {
      ...{ code: 'ODPS_INVALID_ROW', reason: 'why', isText: true, hidesOthers: true },
    })
  })

  test('bytes that are not UTF-8 are for those who take bytes', () => {
    const parseBytes = (bytes: Buffer): Buffer => bytes
    const fields = [{ cell: 0, form: cellForm.text, parse: String, parseBytes }]
    assert.deepEqual(rows({ fields, cells: 1 }).make([Buffer.of(0xff)]), [Buffer.of(0xff)])
  })

  test('what is no fault of the file is thrown', () => {
    const parse = (): never => {
      throw new RangeError('a bug')
    }
    const fields = [{ cell: 0, form: cellForm.text, parse }]
    assert.throws(() => rows({ fields, cells: 1 }).make(['a']), RangeError)
  })
})
