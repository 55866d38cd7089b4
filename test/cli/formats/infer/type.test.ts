import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { JsonObserver, TextObserver } from '../../../../lib/cli/formats/infer/type.js'
import { formatDataType } from '../../../../lib/index.js'
import { JsonArray, parseJsonTree } from '../../../../lib/values/json-tree.js'

const inferText = (values: readonly (string | null)[], timeZone = 'UTC'): [type: string, why: string] => {
  const observer = new TextObserver(timeZone)
  for (const value of values) observer.add(value)
  const { type, why } = observer.result()
  return [formatDataType(type), why]
}

const inferJson = (values: string): [type: string, why: string] => {
  const observer = new JsonObserver('UTC')
  const tree = parseJsonTree(values)
  assert.ok(tree instanceof JsonArray)
  for (const value of tree.values) observer.add(value)
  const { type, why } = observer.result()
  return [formatDataType(type), why]
}

describe('the type of a column of text', () => {
  for (const [values, type, why] of [
    // BIGINT: whole numbers in plain digits, within range.
    [['1', '-20', null, '0'], 'bigint', /4|3 values, 1 NULL: whole numbers/],
    [['1234567890123456789'], 'bigint', /64 bits/],
    [['9223372036854775807', '-9223372036854775807'], 'bigint', /64 bits/],
    [['00123', '4'], 'string', /leading zeros/],
    [['4', '00123'], 'string', /leading zeros/],
    [['+1'], 'string', /spell/],
    [['1', 'x'], 'string', /mixed: numbers and text/],
    // DOUBLE: the shortest digits of a double.
    [['-0'], 'double', /shortest form/],
    [['0.1', '-2.25', '3'], 'double', /shortest form/],
    [['1e-7', '1e+21', '5e-324', '1.7976931348623157e+308'], 'double', /shortest form/],
    [['0.30000000000000004'], 'double', /shortest form/],
    [['1.5', 'NaN', '-Infinity'], 'double', /shortest form/],
    [['NaN'], 'string', /text/],
    [['12e5'], 'string', /spell/],
    [['1E400'], 'string', /spell/],
    [['1e400'], 'string', /spell/],
    [['1e-07'], 'string', /spell/],
    [['0.1', '9007199254740993'], 'string', /spell/],
    [['.5'], 'string', /spell/],
    [['5.'], 'string', /spell/],
    [['0x10'], 'string', /text/],
    [['1_000'], 'string', /text/],
    [['1,5'], 'string', /text/],
    [['١'], 'string', /text/],
    // DECIMAL: plain digits, all with as many behind the point.
    [['5.50', '2.00', '10.25'], 'decimal(4,2)', /2 after the point/],
    [['0.10'], 'decimal(3,2)', /./],
    [['-0.50'], 'decimal(3,2)', /./],
    [['0.00', '-0.00'], 'string', /spell/],
    [['2.1', '2.10'], 'string', /spell/],
    [['1.10', '1.1'], 'string', /spell/],
    [['1.50', '2'], 'string', /spell/],
    [['9223372036854775808'], 'decimal(19,0)', /whole numbers of up to 19/],
    [['12345678901234567890', '1'], 'decimal(20,0)', /whole/],
    [['12345678901234567.89', '1.10'], 'decimal(19,2)', /./],
    [['9'.repeat(38)], 'decimal(38,0)', /./],
    [['9'.repeat(39)], 'string', /spell/],
    [[`${'9'.repeat(20)}.${'1'.repeat(18)}`], 'decimal(38,18)', /./],
    [[`${'9'.repeat(21)}.${'1'.repeat(18)}`], 'string', /spell/],
    [[`0.${'1'.repeat(19)}`], 'string', /spell/],
    // BOOLEAN: one spelling.
    [['true', 'false'], 'boolean', /true or false/],
    [['True', 'False'], 'boolean', /true or false/],
    [['TRUE'], 'boolean', /true or false/],
    [['true', 'FALSE'], 'string', /more than one spelling/],
    [['true', '1'], 'string', /mixed: true or false and numbers/],
    // Dates and times: one spelling.
    [['2001-02-28'], 'date', /dates/],
    [['2001-02-30'], 'string', /text/],
    [['2001-02-28', '5'], 'string', /mixed: dates and numbers/],
    [['2001-02-28', '2001-02-28 00:00:00'], 'string', /mixed: dates and times/],
    [['2001-02-28T01:02:03Z', '2001-02-28T01:02:04Z'], 'datetime', /milliseconds$/],
    [['2001-02-28T01:02:03.004Z'], 'datetime', /milliseconds$/],
    [['2001-02-28 01:02:03'], 'datetime', /are read in UTC/],
    [['2001-02-28 01:02:03', '2001-02-28T01:02:04'], 'string', /more than one spelling/],
    [['2001-02-28 01:02', '2001-02-28 01:02:00'], 'string', /more than one spelling/],
    [['2001-02-28T01:02:03Z', '2001-02-28T01:02:03+00:00'], 'string', /more than one spelling/],
    [['2001-02-28T01:02:03+01:00', '2001-07-28T01:02:03+02:00'], 'string', /more than one spelling/],
    [['2001-02-28T01:02:03.5Z', '2001-02-28T01:02:03.50Z'], 'string', /more than one spelling/],
    [['2001-02-28T01:02:03Z', '2001-02-28T01:02:03.123456Z'], 'timestamp', /finer/],
    [['2001-02-28T01:02:03Z', '2001-02-28T01:02:03.000000Z'], 'string', /more than one spelling/],
    [['2001-02-28T01:02:03.000004Z'], 'timestamp', /finer/],
    [['2001-02-28 01:02:03.000004'], 'timestamp_ntz', /without a zone/],
    [['2001-02-28 01:02:03 Mars'], 'string', /text/],
    [['9999-12-31T23:59:59-08:00'], 'string', /beyond their type/],
    [['0000-01-01T00:00:00+08:00'], 'string', /beyond their type/],
    [[null, null], 'string', /no values, 2 NULL/],
    [[''], 'string', /text/],
    [[' 5'], 'string', /text/],
  ] as const)
    test(`${JSON.stringify(values)} is ${type}`, () => {
      const [found, told] = inferText(values)
      assert.equal(found, type)
      assert.match(told, why)
    })

  test('a time that the clocks of its zone skip, or that is another there, is text', () => {
    const skipped = ['2024-03-10 02:30:00', '2024-03-10 03:30:00']
    assert.equal(inferText(skipped)[0], 'datetime')
    assert.equal(inferText(skipped, 'America/New_York')[0], 'string')
    assert.equal(inferText(skipped.slice(1), 'America/New_York')[0], 'datetime')
  })

  /** What people have in files. */
  const usual: Readonly<Record<string, readonly string[]>> = {
    prices: ['19.99', '5.00', '1250.50', '0.99'],
    ids: ['1', '2', '1000000', '2147483648'],
    'long ids': ['1541815603606036480', '1541815603606036481'],
    'ISO dates': ['2024-01-31', '2024-02-29'],
    'ISO times': ['2024-01-31T10:00:00Z', '2024-01-31T10:00:01Z'],
    'times of JavaScript': ['2024-01-31T10:00:00.000Z', '2024-01-31T10:00:00.123Z'],
    'times of PostgreSQL': ['2024-01-31 10:00:00+00', '2024-01-31 10:00:00.123456+00'],
    'times of Python': ['2024-01-31T10:00:00', '2024-01-31T10:00:00.123456'],
    'times of MySQL': ['2024-01-31 10:00:00', '2024-02-01 00:00:00'],
    flags: ['true', 'false', 'true'],
    'flags of Python': ['True', 'False'],
    'flags in digits': ['0', '1', '1'],
    'sensor doubles': ['23.456', '-0.25', '1e-7', '1013.25', '0'],
    coordinates: ['52.520008', '13.404954', '-0.1277583'],
    percentages: ['12.5', '99.9', '0.1'],
  }
  for (const [name, values] of Object.entries(usual))
    test(`${name} are no STRING`, () => {
      assert.notEqual(inferText(values)[0], 'string')
    })
})

describe('the type of a column of JSON', () => {
  for (const [values, type, why] of [
    ['[1, 1152921504606846976, null]', 'bigint', /2 values, 1 NULL: whole numbers/],
    ['[0.1, 2]', 'double', /shortest/],
    ['[0.1, "NaN", "-Infinity"]', 'double', /shortest/],
    ['[5.50, 2.00]', 'decimal(3,2)', /after the point/],
    ['[12345678901234567890]', 'decimal(20,0)', /whole/],
    ['[1.0, 2.5, 3.25]', 'json', /spell/],
    ['[1E400]', 'json', /spell/],
    ['[1, "NaN", 1.50]', 'json', /spell/],
    ['[true, false]', 'boolean', /true or false/],
    ['[true, "false"]', 'json', /mixed/],
    ['[1, "x"]', 'json', /mixed/],
    ['[1, true]', 'json', /mixed/],
    ['["1", "2"]', 'string', /text|spelling/],
    ['["5.50"]', 'string', /./],
    ['["true"]', 'string', /./],
    ['["NaN"]', 'string', /./],
    ['["NaN", "x"]', 'string', /./],
    ['["2001-02-28"]', 'date', /dates/],
    ['["2001-02-28T01:02:03Z", null]', 'datetime', /times/],
    ['["2001-02-28", "x"]', 'string', /mixed/],
    ['["\\ud800"]', 'json', /not UTF-8/],
    ['[{"a": 1}, [1]]', 'json', /nested/],
    ['[{"a": 1}, "x"]', 'json', /nested/],
    ['[null, null]', 'string', /no values/],
  ] as const)
    test(`${values} is ${type}`, () => {
      const [found, told] = inferJson(values)
      assert.equal(found, type)
      assert.match(told, why)
    })
})
