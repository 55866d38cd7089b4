import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { decodeText } from '../../lib/cli/formats/encoding.js'
import { FieldObserver } from '../../lib/cli/formats/infer-type.js'
import { ArrayElementTexts } from '../../lib/cli/formats/json-splitter.js'
import { decimalOf, timestampOfNanos, unscaledOf } from '../../lib/cli/formats/typed-cells.js'
import { printDataType } from '../../lib/index.js'
import { MalformedRecord } from '../../lib/transforms/csv-splitter.js'

/** Cuts a text at random places. */
const pieces = (text: string, cuts: readonly number[]): string[] => {
  const at = [...new Set(cuts.map(cut => cut % (text.length + 1)))].sort((a, b) => a - b)
  return [0, ...at].map((from, i) => text.slice(from, at[i] ?? text.length))
}

describe('splitting a JSON array', () => {
  test('gives its elements, however the text is cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.object({ maxDepth: 2 }), { maxLength: 5 }),
        fc.array(fc.nat(), { maxLength: 6 }),
        fc.boolean(),
        (values, cuts, isWide) => {
          const text = JSON.stringify(values, undefined, isWide ? 1 : undefined)
          const splitter = new ArrayElementTexts()
          const texts = [...pieces(text, cuts).flatMap(piece => splitter.next(piece)), ...splitter.end()]
          assert.deepEqual(
            texts.map(each => JSON.parse(each as string)),
            JSON.parse(text),
          )
        },
      ),
      { numRuns: 500 },
    )
  })

  for (const [text, reason] of [
    ['{"a":1}', /no JSON array/],
    ['[{"a":1}', /not closed/],
    ['[1] 2', /follows the JSON array/],
  ] as const)
    test(`says what is wrong with ${text}`, () => {
      const splitter = new ArrayElementTexts()
      const found = [...splitter.next(text), ...splitter.end()].find(each => each instanceof MalformedRecord)
      assert.match((found as MalformedRecord).reason, reason)
    })
})

describe('inference', () => {
  for (const [values, type, why] of [
    [['1', '-20', null], 'bigint', /whole numbers/],
    [['00123', '4'], 'string', /leading zeros/],
    [['+1'], 'string', /text/],
    [['-0'], 'string', /minus zero/],
    [['1234567890123456789'], 'bigint', /64 bits/],
    [['12345678901234567890'], 'string', /beyond 64 bits/],
    [['1.5', '2'], 'double', /15 digits/],
    [['1.5', '1234567890123456'], 'decimal(17,1)', /DOUBLE would round/],
    [['0.1234567890123456789'], 'string', /more digits/],
    [['123456789.12345678'], 'decimal(17,8)', /DOUBLE would round/],
    [['1e5', '2'], 'double', /15 digits/],
    [['true', 'FALSE'], 'boolean', /true or false/],
    [['true', '1'], 'string', /mixed/],
    [['2001-02-28'], 'date', /dates/],
    [['2001-02-30'], 'string', /text/],
    [['2001-02-28 01:02:03', '2001-02-28T01:02:03.004Z'], 'datetime', /milliseconds/],
    [['2001-02-28T01:02:03.000004Z'], 'timestamp', /finer/],
    [['2001-02-28 01:02:03.000004'], 'timestamp_ntz', /without a zone/],
    [['2001-02-28', '5'], 'string', /mixed: dates and whole numbers/],
    [[null, null], 'string', /no values/],
    [[1, 2n ** 60n], 'bigint', /whole numbers/],
    [[true], 'boolean', /true or false/],
    [[{ a: 1 }, [1]], 'json', /nested/],
    [[{ a: 1 }, 'x'], 'string', /text/],
  ] as const)
    test(`${JSON.stringify(values, (_key, value) => (typeof value === 'bigint' ? String(value) : value))} is ${type}`, () => {
      const observer = new FieldObserver()
      for (const value of values) observer.add(value)
      const result = observer.result()
      assert.equal(printDataType(result.type), type)
      assert.match(result.why, why)
    })
})

describe('text', () => {
  const decode = async (chunks: readonly Uint8Array[], encoding?: string): Promise<string> => {
    let text = ''
    for await (const piece of decodeText(
      (async function* () {
        yield* chunks
      })(),
      encoding,
    ))
      text += piece
    return text
  }

  test('UTF-8 is decoded wherever it is cut', async () => {
    const bytes = Buffer.from('\ufeffa好😀é\n')
    for (let cut = 0; cut <= bytes.length; cut++)
      assert.equal(await decode([bytes.subarray(0, cut), bytes.subarray(cut)]), 'a好😀é\n')
    assert.equal(await decode([Buffer.from('a')]), 'a')
    assert.equal(await decode([]), '')
    await assert.rejects(decode([Buffer.from('好').subarray(0, 2)]), /not utf-8/)
  })

  test('GB18030 is decoded wherever it is cut', async () => {
    const iconv = (await import('iconv-lite')).default
    const bytes = iconv.encode('id,你好😀\n', 'gb18030')
    for (let cut = 0; cut <= bytes.length; cut++)
      assert.equal(await decode([bytes.subarray(0, cut), bytes.subarray(cut)], 'gb18030'), 'id,你好😀\n')
  })

  test('decimals and nanoseconds keep every digit', () => {
    fc.assert(
      fc.property(
        fc.bigInt(-(10n ** 38n), 10n ** 38n),
        fc.integer({ min: 0, max: 18 }),
        (unscaled, scale) => {
          assert.equal(unscaledOf(decimalOf(unscaled, scale), scale), unscaled)
        },
      ),
    )
    assert.deepEqual({ ...timestampOfNanos(-1n) }, { seconds: -1n, nanos: 999_999_999 })
  })
})
