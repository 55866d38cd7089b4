import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { anyOf, checkOptions, instanceOf, integer, listOf, objectOf, oneOf } from '../lib/check-options.js'
import { TunnelOptionError } from '../lib/errors.js'

const spec = {
  table: 'string',
  concurrency: integer(1, 64),
  start: integer(0),
  compression: oneOf('raw', 'snappy'),
  signal: instanceOf(AbortSignal),
  columns: listOf('string'),
  partitionSpec: anyOf('string', 'object'),
  retry: objectOf({ attempts: integer(0, 20), minDelayMs: integer(0) }),
  onRowError: anyOf(oneOf('fail'), 'function'),
  tunnel: 'any',
} as const

const check = (options: unknown): void => checkOptions('createUploadStream', options, spec)

const refused = (options: unknown, code: string, message: RegExp): void => {
  assert.throws(
    () => check(options),
    (error: unknown) => {
      assert.ok(error instanceof TunnelOptionError)
      assert.equal(error.code, code)
      assert.match(error.message, message)
      assert.match(error.message, /^createUploadStream: /)
      return true
    },
  )
}

describe('checkOptions', () => {
  test('accepts what fits, absent and undefined values, and an absent object', () => {
    check(undefined)
    check({})
    check({ table: undefined, concurrency: undefined, retry: undefined })
    check({
      table: 't',
      concurrency: 64,
      start: 0,
      compression: 'raw',
      signal: new AbortController().signal,
      columns: [],
      partitionSpec: { a: 1 },
      retry: { attempts: 3, minDelayMs: undefined },
      onRowError: () => {},
      tunnel: null,
    })
  })

  test('names the nearest known key', () => {
    refused({ concurency: 1 }, 'ODPS_UNKNOWN_OPTION', /unknown option concurency; did you mean concurrency\?/)
    refused({ Table: 't' }, 'ODPS_UNKNOWN_OPTION', /did you mean table\?/)
    // What other clients say is nearer to other options.
    const others = {
      ...spec,
      partitionBy: 'function',
      partitions: 'any',
      blockIds: 'any',
      blockBytes: integer(1),
    } as const
    for (const [said, meant] of [
      ['partition', 'partitionSpec'],
      ['block_size', 'blockBytes'],
      ['abortSignal', 'signal'],
    ] as const)
      assert.throws(
        () => checkOptions('createUploadStream', { [said]: 'a=1' }, others),
        (error: Error) => error.message.endsWith(`unknown option ${said}; did you mean ${meant}?`),
      )
    refused(
      { retry: { atempts: 1 } },
      'ODPS_UNKNOWN_OPTION',
      /retry: unknown option atempts; did you mean attempts\?/,
    )
  })

  test('tells all unknown keys at once, with their places, and before values that do not fit', () => {
    refused(
      { concurency: 1, retry: { atempts: 1, attempts: -1 }, table: 1, colums: [] },
      'ODPS_UNKNOWN_OPTION',
      /^createUploadStream: unknown options concurency \(did you mean concurrency\?\), retry\.atempts \(did you mean attempts\?\), colums \(did you mean columns\?\)$/,
    )
    refused(
      { zzzzzzzzzzzzzzz: 1, Table: 't', qqqqqqqqqqqqqqq: 2, retry: { xxxxxxxxxxxxxx: 1 } },
      'ODPS_UNKNOWN_OPTION',
      /^createUploadStream: unknown options zzzzzzzzzzzzzzz, Table \(did you mean table\?\), qqqqqqqqqqqqqqq, retry\.xxxxxxxxxxxxxx; known are columns, [^;]*tunnel; known in retry are attempts, minDelayMs$/,
    )
    const many = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`colums${i}`, 1]))
    refused(many, 'ODPS_UNKNOWN_OPTION', /colums9 \(did you mean columns\?\), and 2 more$/)
  })

  test('tells the unknown keys of all members of a list, and none of an alternative that does not fit', () => {
    const rule = objectOf({ name: 'string' }, value => ('name' in value ? undefined : 'an object with name'))
    const lists = {
      rules: anyOf(listOf(rule), 'object'),
      either: anyOf(listOf(rule), listOf('any')),
      none: anyOf(listOf(rule), 'function'),
    } as const
    assert.throws(() => checkOptions('f', { rules: [{ nam: 1 }, {}, { nme: 1 }] }, { rules: listOf(rule) }), {
      message: 'f: unknown options rules[0].nam (did you mean name?), rules[2].nme (did you mean name?)',
    })
    assert.throws(() => checkOptions('f', { rules: [{ nam: 1 }] }, lists), {
      message: 'f: rules[0]: unknown option nam; did you mean name?',
    })
    checkOptions('f', { either: [{ nam: 1 }, 1] }, lists)
    assert.throws(() => checkOptions('f', { none: [{ nam: 1 }, 1] }, lists), {
      message: 'f: none must be a list whose members are each an object or a function, got a list',
    })
  })

  test('lists all keys when none is near', () => {
    refused({ zzzzzzzzzzzzzzz: 1 }, 'ODPS_UNKNOWN_OPTION', /known are columns, compression, .*tunnel$/)
    refused({ zzzzzzzzzzzzzzz: undefined }, 'ODPS_UNKNOWN_OPTION', /known are/)
  })

  test('keys of Object.prototype are unknown keys', () => {
    for (const key of ['constructor', 'toString', '__proto__'])
      refused(JSON.parse(`{"${key}":1}`), 'ODPS_UNKNOWN_OPTION', /unknown option/)
  })

  const wrong: [unknown, RegExp][] = [
    [null, /options must be an object, got null/],
    [[], /options must be an object, got a list/],
    ['t', /options must be an object, got text/],
    [{ table: 1 }, /table must be text, got 1/],
    [{ table: null }, /table must be text, got null/],
    [{ concurrency: 0 }, /concurrency must be a whole number from 1 to 64, got 0/],
    [{ concurrency: 1.5 }, /got 1\.5/],
    [{ concurrency: '3' }, /got text/],
    [{ concurrency: Number.NaN }, /got NaN/],
    [{ start: -1 }, /start must be a whole number of at least 0, got -1/],
    [{ compression: 'gzip' }, /compression must be 'raw' or 'snappy', got other text/],
    [{ signal: {} }, /signal must be an instance of AbortSignal, got object/],
    [{ columns: 'a' }, /columns must be a list, got text/],
    [{ columns: ['a', 1] }, /columns must be a list whose members are each text/],
    [{ partitionSpec: 1 }, /partitionSpec must be text or an object, got 1/],
    [{ retry: { attempts: -1 } }, /retry: attempts must be a whole number from 0 to 20/],
    [{ onRowError: 'skip' }, /onRowError must be 'fail' or a function, got other text/],
  ]
  for (const [options, message] of wrong)
    test(`refuses ${JSON.stringify(options)}`, () => refused(options, 'ODPS_INVALID_OPTION', message))

  test('a class from elsewhere with the same name passes', () => {
    class AbortSignal {}
    check({ signal: new (class Own extends AbortSignal {})() })
  })

  test('never writes to the object and never shows text', () => {
    const secret = 'topsecretvalue'
    const options = Object.freeze({ concurrency: secret })
    refused(options, 'ODPS_INVALID_OPTION', /^((?!topsecret).)*$/)
    check(Object.freeze({ table: 'x', retry: Object.freeze({ attempts: 1 }) }))
  })

  test('only TunnelOptionError comes out, whatever goes in', () => {
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true }), options => {
        try {
          check(options)
        } catch (error) {
          if (!(error instanceof TunnelOptionError)) throw error
        }
      }),
    )
  })
})
