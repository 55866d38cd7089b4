import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { formatNdjson, type ParseNdjsonOptions, parseNdjson } from '../../lib/transforms/ndjson.js'
import { IntervalDayTime } from '../../lib/values/interval-day-time.js'
import { IntervalYearMonth } from '../../lib/values/interval-year-month.js'
import { JsonText } from '../../lib/values/json-text.js'
import { JsonNumber } from '../../lib/values/json-tree.js'
import { Timestamp } from '../../lib/values/timestamp.js'
import { runChain, runToText, slices } from './run-chain.js'

const parse = (text: string | Buffer, options: ParseNdjsonOptions = {}, size = 5): Promise<unknown[]> =>
  runChain(slices(text, size), parseNdjson(options))

describe('parseNdjson', () => {
  test('reads objects and arrays, a line each, in chunks of any size', async () => {
    const text = '\ufeff{"a":1,"b":"中😀"}\r\n\n  \n[1,null]\n{"c":{"d":[true]}}'
    const rows = [{ a: 1, b: '中😀' }, [1, null], { c: { d: [true] } }]
    for (let size = 1; size <= 60; size++) assert.deepEqual(await parse(text, {}, size), rows)
    const units = Array.from({ length: text.length }, (_, i) => text.charAt(i))
    assert.deepEqual(await runChain(units, parseNdjson()), rows)
  })

  test('reads whole numbers beyond 2^53 as bigint, others whose digits a number lacks as JsonNumber', async () => {
    const line =
      '{"a":9007199254740993,"b":-9223372036854775808,"c":9007199254740991,"d":1e30,"e":0.12345678901234567,"f":-0,' +
      '"g":[12345678901234567890],"h":"9007199254740993","__proto__":1}'
    const [row] = (await parse(line)) as [Record<string, unknown>]
    assert.deepEqual(Object.entries(row), [
      ['a', 9007199254740993n],
      ['b', -9223372036854775808n],
      ['c', 9007199254740991],
      ['d', 1e30],
      ['e', new JsonNumber('0.12345678901234567')],
      ['f', -0],
      ['g', [12345678901234567890n]],
      ['h', '9007199254740993'],
      ['__proto__', 1],
    ])
  })

  test('keys that end in an escape stay what they are, also where JSON.parse confuses them', async () => {
    const rows = ['\\\\', '\\n', 'x\\\\', 'x\\n', '\\"', '\\u0041', 'x\\\\\\"'].map(
      key => `{"a":null,"${key}":1}`,
    )
    const keys = (await parse(rows.join('\n'))).map(row => Object.keys(row as object)[1])
    assert.deepEqual(keys, ['\\', '\n', 'x\\', 'x\n', '"', 'A', 'x\\"'])
  })

  test('a line that is no row tells its number, but not its text', async () => {
    for (const [text, message] of [
      [
        '{"a":1}\n\n{"secret":}\n',
        /^parseNdjson: line 3: the text isn't JSON: it has U\+007D where it is not allowed, at position 10$/,
      ],
      ['{"a":1}\n"secret"\n', /^parseNdjson: line 2 is neither/],
      ['{"a":1}\nnull\n', /^parseNdjson: line 2 is neither/],
      ['{"a":1}\n9007199254740993\n', /^parseNdjson: line 2 is neither/],
      [
        '{"a":1}\n{"a":9007199254740993',
        /^parseNdjson: line 2: the text isn't JSON: it ends too soon, at position 21$/,
      ],
    ] as const)
      await assert.rejects(parse(text), { code: 'ODPS_INVALID_ROW', message, rowIndex: 1 })
  })

  test('a line that does not end is stopped, a long one that is allowed is not', async () => {
    const endless = function* () {
      yield '{"a":1}\n{"a":"'
      for (;;) yield Buffer.alloc(10_000, 'x')
    }
    await assert.rejects(runChain(endless(), parseNdjson({ maxLineBytes: 100_000 })), {
      code: 'ODPS_FIELD_TOO_LONG',
      message: /line 2 is longer than 100000 bytes/,
    })
    const line = JSON.stringify({ a: 'x'.repeat(1000) })
    for (const size of [100, 5000]) {
      assert.equal((await parse(`${line}\n${line}\n`, { maxLineBytes: line.length }, size)).length, 2)
      for (const text of [`${line}\n{}\n`, line])
        await assert.rejects(parse(text, { maxLineBytes: line.length - 1 }, size), {
          code: 'ODPS_FIELD_TOO_LONG',
        })
    }
  })

  test('input that is not UTF-8 is refused', async () => {
    for (const size of [1, 3, 100]) {
      await assert.rejects(parse(Buffer.from('{"a":"caf\xe9"}\n', 'latin1'), {}, size), /not UTF-8/)
      await assert.rejects(parse(Buffer.from('{"a":"中"}').subarray(0, 8), {}, size), /not UTF-8/)
    }
    await assert.rejects(runChain(['{"a":"\ud83d', 'x"}'], parseNdjson()), /not UTF-8/)
    await assert.rejects(runChain(['{"a":"\ud83d'], parseNdjson()), /not UTF-8/)
    await assert.rejects(runChain([7], parseNdjson()), { code: 'ODPS_INVALID_ROW' })
  })

  test('options are checked at once', () => {
    assert.throws(() => parseNdjson({ maxLineBytes: 0 }), { code: 'ODPS_INVALID_OPTION' })
    assert.throws(() => parseNdjson({ maxLine: 1 } as ParseNdjsonOptions), { code: 'ODPS_UNKNOWN_OPTION' })
  })
})

describe('formatNdjson', () => {
  test('prints every kind of value', async () => {
    const row = {
      big: 9007199254740993n,
      numbers: [1, -0, 1.5, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
      text: 'a"\n\u2028\ud800',
      truth: true,
      nothing: null,
      missing: undefined,
      bytes: Buffer.from([0, 255]),
      view: new Uint8Array([1, 2]).subarray(1),
      date: new Date('2001-02-03T04:05:06.789Z'),
      at: new Timestamp(0, 1),
      day: new IntervalDayTime(-1, 0),
      month: new IntervalYearMonth(14),
      named: new Map<unknown, unknown>([
        ['a', 1n],
        ['__proto__', null],
      ]),
      keyed: new Map([[1n, 'x']]),
      vector: new Float32Array([0.5]),
      json: new JsonText('{ "a":\n 12345678901234567890 }'),
      nested: { list: [{ x: 1 }] },
    }
    assert.equal(
      await runToText([row], formatNdjson()),
      '{"big":9007199254740993,"numbers":[1,-0,1.5,"NaN","Infinity","-Infinity"],"text":"a\\"\\n\u2028\\ud800",' +
        '"truth":true,"nothing":null,"missing":null,"bytes":"AP8=","view":"Ag==","date":"2001-02-03T04:05:06.789Z",' +
        '"at":"1970-01-01T00:00:00.000000001","day":"-0 00:00:01.000000000","month":"1-2",' +
        '"named":{"a":1,"__proto__":null},"keyed":[[1,"x"]],"vector":[0.5],"json":{ "a":  12345678901234567890 },' +
        '"nested":{"list":[{"x":1}]}}\n',
    )
  })

  test('prints rows as they come: arrays, and one line each', async () => {
    assert.equal(await runToText([[1n, 'a'], { b: 1 }], formatNdjson()), '[1,"a"]\n{"b":1}\n')
    assert.equal(await runToText([], formatNdjson()), '')
  })

  test('gathers chunks of the size asked for', async () => {
    const rows = Array.from({ length: 1000 }, () => ['x'.repeat(95)])
    assert.equal((await runChain(rows, formatNdjson({ chunkBytes: 9_999 }))).length, 10)
    assert.equal((await runChain(rows, formatNdjson({ chunkBytes: 0 }))).length, 1000)
  })

  test('what has no JSON form is an error with its row', async () => {
    for (const value of [() => {}, Symbol('x'), new Date(Number.NaN)])
      await assert.rejects(runToText([[1], [value]], formatNdjson()), {
        code: 'ODPS_INVALID_VALUE',
        message: /^formatNdjson: row 1 cannot be written/,
        rowIndex: 1,
      })
    assert.throws(() => formatNdjson({ chunkBytes: -1 }), { code: 'ODPS_INVALID_OPTION' })
  })
})
