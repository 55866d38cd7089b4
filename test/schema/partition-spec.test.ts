import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import {
  formatPartitionSpec,
  formatQuotedPartitionSpec,
  orderPartitionSpec,
  type PartitionSpecInput,
  parsePartitionSpec,
} from '../../lib/schema/partition-spec.js'
import { parseTableSchema } from '../../lib/schema/table-schema.js'

const printed = (input: PartitionSpecInput): string => formatPartitionSpec(parsePartitionSpec(input))
const refused = (input: unknown, message: RegExp): void =>
  assert.throws(() => parsePartitionSpec(input as PartitionSpecInput), {
    name: 'TunnelOptionError',
    code: 'ODPS_INVALID_PARTITION_SPEC',
    message,
  })

describe('a partition spec', () => {
  test('is text, with or without quotes and blanks, or an object', () => {
    for (const input of ['a=1,b=x y', ` a = '1' ,b="x y"`, { a: 1, b: 'x y' }, { a: 1n, b: 'x y' }])
      assert.equal(printed(input), 'a=1,b=x y')
  })

  for (const name of ['分区', 'a-b', '2024', 'a b', 'p.q', 'año', '__proto__', 'a:b'])
    test(`may name the column ${name}, also in back quotes`, () => {
      assert.deepEqual(parsePartitionSpec(`${name}=1`), [{ name, value: '1' }])
      assert.deepEqual(parsePartitionSpec(` \`${name}\` = '1' `), [{ name, value: '1' }])
      assert.deepEqual(parsePartitionSpec({ [name]: 1 }), [{ name, value: '1' }])
      assert.equal(printed(`\`${name}\`=1`), `${name}=1`)
    })

  test('is printed with quotes for the service', () => {
    assert.equal(formatQuotedPartitionSpec(parsePartitionSpec('a=1,b=x')), "a='1',b='x'")
  })

  test('keeps any value that needs no quoting', () =>
    fc.assert(
      fc.property(
        fc.string({ minLength: 1 }).filter(value => value.trim() === value && !/[,='"/\p{Cc}]/u.test(value)),
        value => assert.deepEqual(parsePartitionSpec({ p: value }), parsePartitionSpec(`p=${value}`)),
      ),
    ))

  test('keeps blanks within a value, and refuses them at its ends, where the printed form would lose them', () => {
    assert.deepEqual(parsePartitionSpec("a='x y'"), [{ name: 'a', value: 'x y' }])
    refused("a=' x'", /'a' begins or ends with a blank/)
    refused({ a: 'x ' }, /'a' begins or ends with a blank/)
  })

  test('refuses what is no spec, and says why', () => {
    refused('', /no '='/)
    refused('a', /'a' has no '='/)
    refused('a=1,', /no '='/)
    refused({}, /empty/)
    refused(null, /got null/)
    refused(['a=1'], /got object/)
    refused(7, /got number/)
    refused('a=', /'a' is empty/)
    refused("a=''", /'a' is empty/)
    refused('=1', /'' is not a column name/)
    refused("'a'=1", /''a'' is not a column name/)
    refused({ 'a/b': '1' }, /'a\/b' is not a column name/)
    refused({ ' a': '1' }, /' a' is not a column name/)
    refused({ 'a\n': '1' }, /is not a column name/)
    refused('a`b=1', /is not a column name/)
    refused('a=1,A=2', /'A' appears twice/)
    refused({ a: 1.5 }, /neither text nor a whole number/)
    refused({ a: null }, /neither text nor a whole number/)
    refused({ a: 2 ** 53 }, /neither text nor a whole number/)
  })

  test('refuses values that the service cannot take', () => {
    for (const value of ['x,y', 'x=y', "it's", 'say "x"', 'x/y', 'x\ny', '\0'])
      refused({ a: value }, /'a' contains/)
    refused('a=b=c', /'a' contains =/)
    refused(`a='x"`, /'a' contains/)
  })
})

describe('a partition spec for a table', () => {
  const keys = ['Year', 'month'].map(name => ({ name, type: 'string' }))
  const schema = parseTableSchema({ columns: [], partitionKeys: keys })
  const ordered = (input: PartitionSpecInput) => orderPartitionSpec(parsePartitionSpec(input), schema)

  test('comes in the order and spelling of its partition columns', () => {
    assert.deepEqual(ordered({ MONTH: '01', year: 2001 }), [
      { name: 'Year', value: '2001' },
      { name: 'month', value: '01' },
    ])
  })

  test('needs every column, and no other', () => {
    assert.throws(() => ordered('year=2001'), {
      message: /'month' is missing; specify all of Year, month/,
    })
    assert.throws(() => ordered('year=1,month=2,day=3'), { message: /'day' is not a partition column/ })
    const flat = parseTableSchema({ columns: [] })
    assert.throws(() => orderPartitionSpec(parsePartitionSpec('a=1'), flat), { message: /not partitioned/ })
  })
})
