import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { OptionDefinition } from '../../lib/cli/option-definition.js'
import { OptionValues } from '../../lib/cli/option-values.js'
import { UsageError } from '../../lib/cli/usage-error.js'

const option = (type: OptionDefinition['type'], more: Partial<OptionDefinition> = {}): OptionDefinition => ({
  ...{ name: 'o', type, help: '' },
  ...more,
})

const read = (definition: OptionDefinition, text: string): unknown => {
  const values = new OptionValues()
  values.set(definition, text)
  return values.number('o') ?? values.text('o')
}

describe('values of options', () => {
  test('sizes: units of 1024, a bare number is MiB', () => {
    for (const [text, bytes] of [
      ['32M', 33_554_432],
      ['32', 33_554_432],
      ['512k', 524_288],
      ['1.5GiB', 1_610_612_736],
      ['2 MB', 2_097_152],
    ] as const)
      assert.equal(read(option('bytes'), text), bytes)
    for (const text of ['', '0', 'M', '-1M', '1T', '1e3', 'big'])
      assert.throws(() => read(option('bytes'), text), UsageError, text)
    assert.throws(() => read(option('bytes', { max: 2 ** 20 }), '2M'), /up to 1M/)
  })

  test('times: a bare number is seconds', () => {
    for (const [text, ms] of [
      ['90', 90_000],
      ['90s', 90_000],
      ['250ms', 250],
      ['30m', 1_800_000],
      ['2H', 7_200_000],
    ] as const)
      assert.equal(read(option('duration'), text), ms)
    for (const text of ['', '0', '1.5s', '-1s', '1d'])
      assert.throws(() => read(option('duration'), text), UsageError)
  })

  test('whole numbers within their range, in digits only', () => {
    const small = option('integer', { min: 1, max: 64 })
    assert.equal(read(small, '64'), 64)
    for (const text of ['0', '65', '1e1', '+1', ' 1', '0x1', ''])
      assert.throws(() => read(small, text), /--o must be a whole number from 1 to 64/)
    assert.throws(() => read(option('integer', { min: 1 }), '0'), /of at least 1/)
  })

  test('flags, choices and text', () => {
    assert.equal(read(option('flag'), 'TRUE'), true)
    assert.throws(() => read(option('flag'), 'yes'), /--o must be true or false, not 'yes'/)
    assert.throws(() => read(option('text', { choices: ['a', 'b'] }), 'c'), /one of a, b/)
    assert.throws(() => read(option('text'), '  '), /--o needs a value/)
    assert.equal(read(option('text', { mayBeBlank: true }), ' '), ' ')
  })

  test('twice the same is the same, and another is a contradiction; a list grows', () => {
    const values = new OptionValues()
    for (let i = 0; i < 2; i++) values.set(option('flag'), i === 0 ? 'true' : 'True')
    assert.throws(() => values.set(option('flag'), 'false'), /--o is given twice: 'true' and 'false'/i)
    const list = option('list', { name: 'l' })
    for (const text of ['a', 'b']) values.set(list, text)
    assert.deepEqual(values.list('l'), ['a', 'b'])
  })

  test('a default holds only where nothing was given, but is checked', () => {
    const values = new OptionValues()
    values.set(option('integer'), '1')
    values.setDefault(option('integer'), '2')
    values.setDefault(option('integer', { name: 'other' }), '3')
    values.setDefault(option('list', { name: 'l' }), 'a')
    assert.deepEqual([values.number('o'), values.number('other'), values.list('l')], [1, 3, ['a']])
    assert.throws(() => values.setDefault(option('integer'), 'x'), UsageError)
    assert.deepEqual(
      [values.has('none'), values.flag('none'), values.choice('none')],
      [false, false, undefined],
    )
  })
})
