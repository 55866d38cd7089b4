import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { openJson } from '../../../../lib/cli/formats/json/source.js'
import { createRecordEncoder, type EncodeOptions } from '../../../../lib/codec/rows/record-encoder.js'
import { TunnelValueError } from '../../../../lib/errors.js'
import type { Column } from '../../../../lib/schema/table-schema.js'
import { columns } from '../../../codec/hand-made-stream.js'

/* Lines of JSON read in WebAssembly against the same lines read one by one, which other tests hold to what JSON is. */

interface Case {
  readonly columns: readonly Column[]
  readonly strict: boolean
  readonly timeZone: string
  readonly encode: EncodeOptions
}

const cut = async function* (file: Buffer, pieces: readonly number[]): AsyncGenerator<Buffer> {
  let at = 0
  for (let i = 0; at < file.length; i++) {
    const size = pieces.length === 0 ? file.length : pieces[i % pieces.length]!
    yield file.subarray(at, at + size)
    at += size
  }
}

const read = async (
  file: Buffer,
  { columns: table, strict, timeZone, encode }: Case,
  isQuick: boolean,
  pieces: readonly number[],
  /** Whether the first thousand lines tell which fields there are; else they're known before. */
  isHeld = false,
) => {
  const encoder = createRecordEncoder(table, { ...encode, json: 'text' })
  const refused: { readonly record: number }[] = []
  let quick = 0
  let rowIndex = 0
  const fields = isHeld ? undefined : table.map(({ name }) => ({ name }))
  const source = await openJson(cut(file, pieces), 'ndjson', { encoding: 'utf-8', timeZone }, { fields })
  const fieldOf = table.map(({ name }) => source.fields.findIndex(field => field.name === name))
  const plan = { columns: table, fieldOf, strict, records: isQuick ? encode : undefined }
  for await (const batch of source.rows(plan)) {
    refused.push(...batch.bad)
    if (batch.records !== undefined) {
      encoder.append(batch.records)
      quick += batch.records.rows
      rowIndex += batch.records.rows
    }
    for (const [i, row] of batch.rows.entries())
      try {
        encoder.write(row, rowIndex++)
      } catch (error) {
        assert.ok(error instanceof TunnelValueError, String(error))
        refused.push({ ...batch.originOf(i), ...{ message: error.message } })
      }
  }
  refused.sort((a, b) => a.record - b.record)
  return { outcome: { bytes: encoder.finish().toString('hex'), refused }, quick }
}

const same = async (file: Buffer, given: Case, pieces: readonly number[] = []): Promise<number> => {
  const { outcome } = await read(file, given, false, [])
  const found = await read(file, given, true, pieces)
  assert.deepEqual(found.outcome, outcome)
  const held = await read(file, given, false, [], true)
  const { outcome: heldOutcome } = await read(file, given, true, pieces, true)
  assert.deepEqual(heldOutcome, held.outcome)
  return found.quick
}

const plain = (types: string): Case => ({
  columns: columns(types),
  strict: true,
  timeZone: 'UTC',
  encode: {},
})

const iso = fc
  .date({ min: new Date('1600-01-01'), max: new Date('9999-12-30'), noInvalidDate: true })
  .map(each => each.toISOString())
const text = fc
  .oneof(
    fc.string({ unit: 'grapheme', maxLength: 30, size: 'max' }),
    fc.constantFrom('', 'two\nlines', 'a"b', 'back\\slash', '\u0001', 'x'.repeat(3000), '}', ',', '{"a":1}'),
  )
  .map(each => JSON.stringify(each))
const usual: Readonly<Record<string, fc.Arbitrary<string>>> = {
  bigint: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
  tinyint: fc.integer({ min: -130, max: 130 }).map(String),
  double: fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  float: fc.float({ noNaN: true, noDefaultInfinity: true }).map(String),
  'decimal(9,2)': fc.integer({ min: -9_999_999, max: 9_999_999 }).map(each => (each / 100).toFixed(2)),
  boolean: fc.constantFrom('true', 'false', '1', '0'),
  ...{ string: text, 'varchar(9)': text },
  binary: fc.uint8Array({ maxLength: 9 }).map(each => `"${Buffer.from(each).toString('base64')}"`),
  ...{ datetime: iso.map(each => `"${each}"`), date: iso.map(each => `"${each.slice(0, 10)}"`) },
  timestamp: iso.map(each => `"${each.slice(0, 19)}.123456789Z"`),
  timestamp_ntz: iso.map(each => `"${each.slice(0, 19)}"`),
}
const types = Object.keys(usual)
/** Whatever JSON has, and some of what it hasn't. */
const odd = fc.constantFrom(
  ...[
    'null',
    'true',
    'TRUE',
    'falsE',
    '007',
    '-01',
    '0.0',
    '-0',
    '1e3',
    '1.0',
    '12.',
    '.5',
    '+1',
    '1x',
    '"1"',
    '" 1"',
  ],
  ...[
    '"007"',
    '"NaN"',
    'NaN',
    '[1,2]',
    '{"a":1}',
    '{}',
    '"\\u0041"',
    '"true"',
    '"0"',
    'nul',
    '""',
    '" "',
    '-',
    '',
  ],
  ...[
    '1700000000000',
    '"2024-02-30"',
    '"2024-02-29"',
    '"2024-02-29 01:02:03"',
    '1 ',
    ' 1',
    '"YQ="',
    '123456789012345678901',
  ],
)

const drawn = fc
  .record({
    names: fc.array(fc.constantFrom(...types), { minLength: 1, maxLength: 6, size: 'max' }),
    seed: fc.array(fc.nat(), { minLength: 6, maxLength: 6 }),
    gap: fc.constantFrom('', ' '),
    weight: fc.constantFrom(2, 20, 100),
    isOrdered: fc.boolean(),
    lineEnd: fc.constantFrom('\n', '\n', '\r\n', ' \n'),
    nullable: fc.array(fc.constantFrom(true, true, true, false), { minLength: 6, maxLength: 6 }),
    strict: fc.boolean(),
    timeZone: fc.constantFrom('UTC', 'Asia/Shanghai', 'America/New_York'),
    maxFieldBytes: fc.constantFrom(undefined, 8),
    more: fc.constantFrom('', '\n\n', '{"c0":', '{}\n', '[1]\n', 'null\n', '\xff\n'),
  })
  .chain(all => {
    const cells = all.names.map(name =>
      fc.oneof(
        { weight: all.weight, arbitrary: usual[name]! },
        { weight: 1, arbitrary: fc.constant('null') },
        { weight: 1, arbitrary: odd },
      ),
    )
    const line = fc.record({
      cells: fc.tuple(...cells),
      /** How it differs from the others. */
      change: fc.oneof(
        { weight: 20, arbitrary: fc.constant('') },
        { weight: 1, arbitrary: fc.constantFrom('turned', 'short', 'more', 'twice', 'gap') },
      ),
    })
    return fc.array(line, { minLength: 1, maxLength: 40, size: 'max' }).map(lines => ({ ...all, lines }))
  })
  .map(({ names, seed, gap, isOrdered, lineEnd, nullable, lines, more, maxFieldBytes, ...given }) => {
    const places = names.map((_, i) => i)
    if (!isOrdered) places.sort((a, b) => (seed[a]! % 97) - (seed[b]! % 97))
    const texts = lines.map(({ cells, change }) => {
      const space = change === 'gap' ? '  ' : gap
      const members = places.map(i => `"c${i}":${space}${cells[i]}`)
      if (change === 'turned') members.reverse()
      if (change === 'short') members.pop()
      if (change === 'more') members.push('"other":1')
      if (change === 'twice') members.push(members[0]!)
      return `{${members.join(`,${space}`)}}`
    })
    const file = Buffer.concat([Buffer.from(texts.join(lineEnd) + lineEnd), Buffer.from(more, 'latin1')])
    const table = columns(names.map((name, i) => `c${i}:${name}`).join(' ')).map((column, i) => ({
      ...column,
      nullable: nullable[i]!,
    }))
    return {
      file,
      given: { ...given, columns: table, encode: { ...(maxFieldBytes !== undefined && { maxFieldBytes }) } },
    }
  })

describe('lines of JSON read as records', () => {
  test('are what the careful way makes of them: any types, values, keys and chunks', async () => {
    let quick = 0
    await fc.assert(
      fc.asyncProperty(
        drawn,
        fc.array(fc.integer({ min: 1, max: 600 }), { minLength: 1, maxLength: 4 }),
        async ({ file, given }, pieces) => {
          quick += await same(file, given, pieces)
        },
      ),
      { numRuns: Number(process.env['ODPS_TEST_RUNS'] ?? 300) },
    )
    assert.ok(quick > 500, `${quick} records were read in WebAssembly`)
  })

  test('nearly all in WebAssembly, as JSON.stringify and json.dumps write them, whatever the order of their keys', async () => {
    const given = plain('id:bigint name:string value:double at:datetime flag:boolean')
    const line = (i: number) => ({
      id: i,
      name: `名 ${i}`,
      value: i / 7,
      at: new Date(i * 1e6).toISOString(),
      flag: i % 2 === 0,
    })
    const lines = Array.from({ length: 5000 }, (_, i) => JSON.stringify(line(i)))
    const size = [65_536]
    // In one chunk, of which no more than tells the keys is read line by line.
    const whole = await same(Buffer.from(`${lines.join('\n')}\n`), given)
    assert.ok(whole > 4000, `${whole} of 5000`)
    const held = await read(Buffer.from(`${lines.join('\n')}\n`), given, true, [], true)
    assert.ok(held.quick > 4900, `of those that tell the keys, too: ${held.quick} of 5000`)
    const spaced = lines.map(each => each.replaceAll('":', '": ').replaceAll(',"', ', "'))
    const ofPython = await same(Buffer.from(spaced.join('\n')), given, size)
    assert.ok(ofPython > 4000, `${ofPython} of 5000`)
    const turned = Array.from({ length: 5000 }, (_, i) => {
      const { id, ...others } = line(i)
      return JSON.stringify({ ...others, id })
    })
    const ofOthers = await same(Buffer.from(`${turned.join('\n')}\n`), given, size)
    assert.ok(ofOthers > 4000, `${ofOthers} of 5000`)
  })

  test('have all keys of the first thousand, whatever hides them', async () => {
    const usual = '{"a":1,"b":"x"}\n'.repeat(3)
    const late = [
      ...['{"a":"},\\"no\\":{","b":1,"c":2}', '{"a":[{"no":1}],"b":{"no":2},"d":3}', '{"b":"","a":null}'],
      ...['{"a":1,"b":"\\",\\"no\\":\\"","\\u0065":1}', '{"a":"\\\\","f":2}', '{ "a" : 1 , "g" : 2 }'],
      ...['{"a":1,"b":"x","no":1,"no":1}', '{"a":1,"b":"x"},{"no":1}', '{"a":1,"b":oops}', '{"é中":1,"b":2}'],
    ]
    const file = Buffer.from(late.map(line => `${usual}${line}\n${line}\r\n`).join(''))
    const source = await openJson(cut(file, [7, 100]), 'ndjson', { encoding: 'utf-8', timeZone: 'UTC' })
    assert.deepEqual(
      source.fields.map(({ name }) => name),
      ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'é中'],
    )
    await source.close()
  })

  test('with keys of each length, and any character of them another one', async () => {
    for (let size = 1; size <= 36; size++) {
      const name = 'a_key_of_many_characters_in_lower_case'.slice(0, size)
      const given = plain(`id:bigint ${name}:double`)
      const line = (key: string, i: number) => `{"id":${i},"${key}":${i}.5}\n`
      const usual = Array.from({ length: 20 }, (_, i) => line(name, i))
      const others = Array.from(name, (_, at) => line(`${name.slice(0, at)}X${name.slice(at + 1)}`, at))
      await same(Buffer.from([...usual, ...others, ...usual].join('')), given, [1000])
      const quick = await same(Buffer.from(usual.join('')), given)
      assert.ok(quick >= 18, `${quick} with keys of ${size} characters`)
    }
  })

  test('numbers and words as JSON has them, and keys that no column wants', async () => {
    const values = [
      '0',
      '-0',
      '7',
      '00',
      '07',
      '-07',
      '0.5',
      '00.5',
      '-01.5',
      '1.',
      '.5',
      'true',
      'TRUE',
      'fals',
      '01',
      '"07"',
      '"TRUE"',
      'x',
    ]
    for (const type of [
      'bigint',
      'double',
      'float',
      'decimal(9,2)',
      'boolean',
      'string',
      'date',
      'datetime',
      'binary',
    ]) {
      const lines = values.map((value, i) => `{"id":${i},"v":${value}}\n{"id":1,"v":null}\n`)
      await same(Buffer.from(lines.join('')), plain(`id:bigint v:${type}`), [100])
    }
    const unread = ['"x"', '"a\\nb"', '1', 'nul', 'null', '"', '"\t"'].map(
      (value, i) => `{"no":${value},"v":1,"id":${i}}\n`,
    )
    const given = { ...plain('id:bigint v:bigint'), strict: false }
    await same(Buffer.from([...unread, ...unread].join('')), given, [60])
    const quick = await same(Buffer.from('{"no":"x","v":1,"id":2}\n'.repeat(3000)), given, [20_000])
    assert.ok(quick > 1000, `${quick} of 3000 with a key that no column wants`)
  })

  test('strings that end at something else than a quote', async () => {
    const usual = '{"v":"x","id":1}\n'.repeat(70)
    const lines = ['\\', '\t', '\u0000', 'x\\', '\r'].map(
      end => `${usual}{"v":"x${end},"id":2}\n${usual}{"v":"x","id":"2${end}}\n`,
    )
    await same(Buffer.from(lines.join('')), plain('v:string id:bigint'))
  })

  test('behind a line that is too long, and one that goes on for long', async () => {
    const given = plain('a:bigint')
    const long = Buffer.from(`{"a":1}\n{"b":"${' '.repeat(64 << 20)}"}\n{"a":2}\n`)
    const { outcome } = await read(long, given, true, [], true)
    assert.deepEqual(outcome.refused, [
      {
        code: 'ODPS_FIELD_TOO_LONG',
        reason: 'is longer than 67108864 bytes',
        record: 2,
        fields: ['(is longer than 67108864 bytes)'],
      },
    ])
    const goesOn = Buffer.from('{"a":1}\n'.repeat(1000) + `{"a":${' '.repeat(300_000)}2}`)
    await same(goesOn, given, [300_000, 1000])
  })

  test('cut at every byte', async () => {
    const given = plain('a:bigint b:string')
    const file = Buffer.from(
      '{"a":1,"b":"x"}\n{"a":2,"b":"中"}\r\n\n{"a":3,"b":"\\n"}\n{"a":4}\n{"b":"y","a":5}\n{"a":"x","b":""}\n{"a":6,"b":null}',
    )
    for (let at = 1; at < file.length; at++) await same(file, given, [at, file.length])
    await same(file, given, [1])
  })
})
