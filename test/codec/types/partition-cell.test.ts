import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CodecOptions, defaultCodecOptions } from '../../../lib/codec/cell-codec.js'
import { partitionCell } from '../../../lib/codec/types/partition-cell.js'
import { parseDataType } from '../../../lib/schema/parse-data-type.js'

const cell = (type: string, text: string, options: Partial<CodecOptions> = {}): unknown =>
  partitionCell({ name: 'pt', type: parseDataType(type), nullable: true }, text, {
    ...defaultCodecOptions,
    ...options,
  })()

test('a partition column has the value that its text stands for', () => {
  assert.equal(cell('string', '007'), '007')
  assert.deepEqual(cell('string', 'é', { string: 'buffer' }), Buffer.from('c3a9', 'hex'))
  assert.equal(cell('int', '+007'), 7)
  assert.equal(cell('bigint', '-9223372036854775808'), -(2n ** 63n))
  assert.equal(cell('bigint', '+05', { bigint: 'string' }), '5')
  assert.equal(cell('bigint', '5', { bigint: 'number' }), 5)
  assert.equal(cell('date', '2024-02-29'), '2024-02-29')
})

test('bytes are made for each row, so that one may be changed', () => {
  const column = { name: 'pt', type: { kind: 'string' }, nullable: true } as const
  const make = partitionCell(column, 'a', { ...defaultCodecOptions, string: 'buffer' })
  assert.notEqual(make(), make())
})

test('a number that is none, or not exact, is refused by column', () => {
  for (const text of ['', 'x', '1.5', '1e3'])
    assert.throws(() => cell('bigint', text), { code: 'ODPS_UNEXPECTED_ANSWER', message: /'pt'/ })
  assert.throws(() => cell('bigint', '9007199254740992', { bigint: 'number' }), {
    code: 'ODPS_UNSAFE_INTEGER',
    column: 'pt',
  })
})
