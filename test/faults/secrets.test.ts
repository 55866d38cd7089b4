import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { describe, test } from 'node:test'
import { inspect } from 'node:util'
import { chain } from 'stream-chain'
import { TunnelError } from '../../lib/errors.js'
import { JsonText, parseCsv, parseNdjson, Tunnel, type TunnelOptions } from '../../lib/index.js'
import { defineSchema } from '../../lib/schema/define-schema.js'
import { emulatedTable } from '../session/emulated-table.js'
import { assertNoSecrets, mark, plantedKey, plantedToken, showAll, textsIn } from './secrets.js'

const types = {
  c0: 'bigint',
  c1: 'tinyint',
  c2: 'double',
  c3: 'float',
  c4: 'decimal(10,2)',
  c5: 'varchar(5)',
  c6: 'char(5)',
  c7: 'boolean',
  c8: 'datetime',
  c9: 'date',
  c10: 'timestamp',
  c11: 'timestamp_ntz',
  c12: 'interval_day_time',
  c13: 'interval_year_month',
  c14: 'json',
  c15: 'array<bigint>',
  c16: 'map<string,bigint>',
  c17: 'struct<a:bigint>',
  c18: 'binary',
  c19: 'string',
} as const

const circular: Record<string, unknown> = { name: mark }
circular['self'] = circular

/** Values of a row that fit nowhere, or in few places. */
const values: readonly unknown[] = [
  `${mark}-row`,
  `12${mark}`,
  `2025-01-02T03:04:05${mark}Z`,
  `${mark}\ud800`,
  { key: `${mark}-row` },
  { a: `${mark}-row` },
  [`${mark}-row`],
  new Map([[mark, `${mark}-row`]]),
  Buffer.from(`${mark}-row`),
  Symbol(mark),
  new JsonText(`{${mark}`),
  { toString: () => `${mark}-row` },
  circular,
  () => mark,
]

const failureOf = async (work: () => unknown): Promise<unknown> => {
  try {
    await work()
    return undefined
  } catch (error) {
    return error
  }
}

const check = (what: string, error: unknown): void => {
  assert.ok(error === undefined || error instanceof TunnelError, `${what}: ${inspect(error)}`)
  assertNoSecrets(what, showAll(error))
}

// The names of columns, fields and headers are no values: messages name them.
describe('no row value is in an error', () => {
  test('of a row that does not fit', async context => {
    const { emulator, tunnel } = await emulatedTable(context)
    await emulator.createTable({ name: 'w', columns: types })
    let failed = 0
    for (const [i, name] of Object.keys(types).entries())
      for (const value of values) {
        const row = Array.from(Object.keys(types), (_, j) => (i === j ? value : null))
        const upload = tunnel.createUploadStream({ table: 'w', commit: false })
        const error = await failureOf(() => pipeline(Readable.from([row]), upload))
        check(`${name}: ${inspect(value)}`, error)
        if (error !== undefined) failed++
      }
    assert.ok(failed > 200, `${failed} were refused`)
    for (const row of [`${mark}`, { id: 1n, other: mark }, [mark, mark, mark]])
      check(
        'a row of another form',
        await failureOf(() =>
          pipeline(
            Readable.from([[row], [row]].flat()),
            tunnel.createUploadStream({ table: 't', commit: false }),
          ),
        ),
      )
  })

  test('of text that does not parse', async () => {
    const schema = defineSchema(types)
    const header = Object.keys(types).join()
    const lines = [
      `${header}\n${mark},${mark}\n`,
      `${header}\n"${mark}\n`,
      `${header}\n"${mark}"${mark}\n`,
      ...Object.keys(types).map(
        (_, i) => `${header}\n${Object.keys(types).map((__, j) => (i === j ? `${mark}-row` : '\\N'))}\n`,
      ),
    ]
    let failed = 0
    const jsonLines = [`{"a":${mark}}\n`, `{"a":"${mark}`, `[${mark}]\n`, `"${mark}"\n`]
    const inputs = [
      ...lines.map(line => [line, parseCsv(schema)] as const),
      ...jsonLines.map(line => [line, parseNdjson()] as const),
    ]
    for (const [line, stage] of inputs) {
      const error = await failureOf(async () => {
        const stream = chain([stage as (chunk: Buffer) => unknown])
        stream.resume()
        await pipeline(Readable.from([Buffer.from(line)]), stream)
      })
      check(line, error)
      if (error !== undefined) failed++
    }
    assert.ok(failed >= lines.length, `${failed} were refused`)
  })

  test('of a value that does not convert when it is read', async context => {
    const { emulator, tunnel } = await emulatedTable(context)
    await emulator.createTable({ name: 'j', columns: { big: 'bigint', text: 'string', json: 'json' } })
    const row = [9007199254740993n, `${mark}-row`, new JsonText('{"a":1}')]
    await pipeline(Readable.from([row]), tunnel.createUploadStream({ table: 'j' }))
    const parsers = {
      text: (value: never) => {
        throw new Error(`cannot take ${String(value).length} characters`)
      },
    }
    for (const options of [{ bigint: 'number' as const }, { parsers }]) {
      const stream = tunnel.createDownloadStream({ table: 'j', ...options })
      const error = await failureOf(async () => {
        for await (const _ of stream);
      })
      assert.ok(error instanceof TunnelError)
      check('reading', error)
      assert.ok(!showAll(error).some(text => text.includes('9007199254740993')))
    }
  })
})

describe('no credentials are in an error, or in the objects of the library', () => {
  const secretive: readonly TunnelOptions[] = [
    { credentials: { ...plantedKey(1), securityToken: plantedToken(1) } },
    { credentials: { bearerToken: plantedToken(1) } },
    { credentials: async () => ({ ...plantedKey(1), securityToken: plantedToken(1) }) },
  ]

  test('found wherever a message could hold one', () => {
    const hidden = Object.defineProperty(new Error('no'), 'hidden', { value: mark })
    const places: readonly unknown[] = [
      ...[mark, [mark], { [mark]: 1 }, { [Symbol(mark)]: 1 }, new Map([[1, { a: mark }]]), new Set([mark])],
      ...[Buffer.from(mark), new Error(mark), hidden, new Error('no', { cause: hidden })],
      ...[Object.assign(() => {}, { a: mark }), Object.create({}, { a: { get: () => '', set() {} } })],
    ]
    const found = places.map(place => textsIn({ host: 'h', place }).join('\n').includes(mark))
    // The last one holds none.
    assert.deepEqual(
      found,
      places.map((_, i) => i < places.length - 1),
    )
  })

  test('inspected', async () => {
    for (const options of secretive) {
      const tunnel = new Tunnel({ endpoint: 'http://127.0.0.1:9/api', project: 'p', ...options })
      const stream = tunnel.createUploadStream({ table: 't' }).on('error', () => {})
      const texts = [tunnel, stream].map(object => inspect(object, { depth: 12, showHidden: true }))
      assertNoSecrets('an object', texts)
      stream.destroy()
      await tunnel.close()
    }
  })

  test('refused', async () => {
    const connect = (options: object) => () =>
      new Tunnel({ endpoint: 'http://127.0.0.1:9/api', project: 'p', credentials: plantedKey(0), ...options })
    const wrong = [
      { endpoint: `http://user:${mark}@127.0.0.1/api` },
      { endpoint: `${mark}` },
      { endpoint: `http://127.0.0.1/api?${mark}` },
      { credentials: { accessKeyId: 'id', accessKeySecret: 'x', securityToken: `${mark}\r\n` } },
      { credentials: { bearerToken: `${mark} ${mark}` } },
      { credentials: { accessKeyId: `id\n${mark}`, accessKeySecret: `${mark}` } },
      { credentials: { accessKeyid: 'id', accessKeySecret: `${mark}` } },
      { credentials: `${mark}` },
    ]
    for (const options of wrong) {
      const error = await failureOf(connect(options))
      assert.ok(error instanceof TunnelError, inspect(options))
      check(inspect(options), error)
    }
  })

  test('given back by a source', async context => {
    for (const answer of [
      { accessKeyId: 'id', accessKeySecret: '', securityToken: mark },
      { bearerToken: `${mark}\n` },
    ]) {
      const { tunnel } = await emulatedTable(context, { credentials: async () => answer })
      const error = await failureOf(() => tunnel.createUploadSession({ table: 't' }))
      assert.ok(error instanceof TunnelError)
      check('a credentials function', error)
    }
  })
})
