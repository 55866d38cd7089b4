import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { CliError } from '../../../../lib/cli/usage-error.js'
import { Timestamp, Tunnel } from '../../../../lib/index.js'
import { cliBench } from '../../support.js'
import { type ReadColumn, readBytes, readNote, readStart } from './values.js'

/*
 * Files that golden/arrow.py wrote with pyarrow 26, and what pyarrow reads from them. With ARROW_FILES=<folder>/ the files
 * are those that the same script wrote there with --seed.
 */

const golden = fileURLToPath(new URL('../golden/', import.meta.url))
const folder = process.env['ARROW_FILES'] ?? golden

const expectedOf = async (name: string): Promise<ReadColumn[]> =>
  (await readNote(folder + name)).map(column => ({ name: column.name, values: [...column.values] }))

describe('the values of Arrow are those that pyarrow reads', () => {
  const names = readdirSync(folder).filter(name => /\.arrows?\.note$/.test(name))
  for (const name of names.map(each => each.slice(0, -'.note'.length)))
    test(name, async () => {
      assert.deepEqual(await readBytes(await readFile(folder + name), name), await expectedOf(name))
    })
})

describe('an Arrow file that is not whole', () => {
  for (const name of ['small.arrow', 'small.arrows', 'small-lz4.arrows']) {
    test(`${name} cut at any byte is refused`, async () => {
      const bytes = await readFile(golden + name)
      for (let length = 0; length < bytes.length; length++)
        await assert.rejects(
          name.endsWith('.arrow')
            ? readStart(golden + name, length)
            : readBytes(bytes.subarray(0, length), name),
          CliError,
          `cut at ${length}`,
        )
    })

    test(`${name} with a byte changed is read or refused, and nothing else happens`, async () => {
      const bytes = await readFile(golden + name)
      // A file is opened for each, which takes its time.
      for (let at = 0; at < bytes.length; at += name.endsWith('.arrow') ? 4 : 1) {
        const changed = Buffer.from(bytes)
        changed[at]! ^= 0xff
        await readBytes(changed, name).catch(error => {
          assert.ok(error instanceof CliError, `byte ${at}: ${error?.stack}`)
        })
      }
    })
  }

  test('is refused with bytes behind its end mark, as two streams in a row have', async () => {
    const bytes = await readFile(`${golden}small.arrows`)
    await assert.rejects(readBytes(Buffer.concat([bytes, bytes]), 'two.arrows'), /bytes follow its end mark/)
  })
})

describe('Arrow that goes by another name', () => {
  test('a stream with the ending of a file is read', async () => {
    const bytes = await readFile(`${golden}small.arrows`)
    assert.deepEqual(await readBytes(bytes, 'small.arrow'), await readBytes(bytes, 'small.arrows'))
  })

  test('files of apache-arrow, which have no schema at their head, are read', async () => {
    const { tableFromArrays, tableToIPC } = await import('apache-arrow')
    const table = tableFromArrays({ a: Int32Array.of(1, -2), s: ['x', 'x'] })
    assert.deepEqual(await readBytes(tableToIPC(table, 'file'), 'js.arrow'), [
      { name: 'a', values: ['1', '-2'] },
      { name: 's', values: ['78', '78'] },
    ])
    const none = await readBytes(tableToIPC(table.slice(0, 0), 'file'), 'js.arrow')
    assert.deepEqual(
      none.map(column => column.values),
      [[], []],
    )
  })

  test('a file given as a stream, and Feather of version 1, are refused by name', async () => {
    const bytes = await readFile(`${golden}small.arrow`)
    await assert.rejects(readBytes(bytes, 'x.arrows'), /is an Arrow file .*--format arrow/)
    await assert.rejects(readBytes(Buffer.from('FEA1\0\0\0\0'), 'x.arrow'), /Feather of version 1/)
  })
})

describe('columns of types that are not read', () => {
  test('are named before a table is made', async context => {
    const bench = await cliBench(context)
    const { code, stderr } = await bench.run(['upload', `${golden}unread.arrow`, 't', '--create'])
    assert.equal(code, 1)
    for (const named of [
      /'u' \(sparse union\)/,
      /'v' \(dense union\)/,
      /'w' \(interval\(month_day_nano\)\)/,
      /'t' \(time\(us\)\)/,
      /'l' \(\[\]: sparse union\)/,
    ])
      assert.match(stderr, named)
    assert.match(stderr, /--columns/)
    await assert.rejects(bench.rows('t'), /ODPS-?\w*|NoSuch|not exist/i)
  })

  for (const name of ['unread.arrow', 'unread-v4.arrow'])
    test(`of ${name} do not stop an upload of the others`, async context => {
      const bench = await cliBench(context)
      await bench.ok(['upload', golden + name, 't', '--create', '--columns', 'id,name'])
      assert.deepEqual(await bench.rows('t'), [
        [1n, 'a'],
        [2n, null],
        [3n, 'c'],
      ])
    })
})

describe('cells of Arrow in a table', () => {
  test('are what pyarrow was given, in dictionaries too', async context => {
    const bench = await cliBench(context)
    await bench.ok(['upload', `${golden}cells.arrow`, 't', '--create'])
    assert.deepEqual(await bench.rows('t'), [
      [
        ...['150.00', '12300', '2001-02-03', new Timestamp(981_173_106n, 789_123_456)],
        ...[new Timestamp(253_402_300_799n, 0), '\ufefftext', Buffer.from([0xff, 0]), '-1.50'],
        ...[
          Object.defineProperty({ a: 1 }, '__proto__', { value: 'p', enumerable: true }),
          '18446744073709551615',
        ],
        ...['123456789012345678901234567890123456789.5', '00112233-4455-6677-8899-aabbccddeeff', { a: 2.5 }],
      ],
      new Array(13).fill(null),
    ])
  })

  test('of text that is not UTF-8 arrive as their bytes', async context => {
    const bench = await cliBench(context)
    await bench.emulator.createTable({ name: 't', columns: { s: 'string' } })
    await bench.ok(['upload', `${golden}not-utf8.arrow`, 't'])
    await using tunnel = new Tunnel({
      endpoint: bench.emulator.endpoint,
      project: 'p',
      credentials: { accessKeyId: 'test-id', accessKeySecret: 'test-secret' },
    })
    const session = await tunnel.createDownloadSession({ table: 't' })
    assert.deepEqual(await session.download(0, 2, { string: 'buffer' }), [
      [Buffer.from([0x61, 0xff, 0xfe])],
      [Buffer.from('\ufeff')],
    ])
  })

  test('a map with a key twice is refused by record and column', async context => {
    const bench = await cliBench(context)
    await bench.emulator.createTable({ name: 't', columns: { m: 'map<string,bigint>' } })
    const { code, stderr } = await bench.run(['upload', `${golden}equal-keys.arrow`, 't'])
    assert.notEqual(code, 0)
    assert.match(stderr, /record 2.*'m'.*duplicate key/s)
    assert.deepEqual(await bench.rows('t'), [])
  })

  test('a date with a time of day is refused by record and column', async context => {
    const bench = await cliBench(context)
    await bench.emulator.createTable({ name: 't', columns: { d: 'date' } })
    const { code, stderr } = await bench.run(['upload', `${golden}date-time.arrow`, 't'])
    assert.notEqual(code, 0)
    assert.match(stderr, /record 2.*'d'.*time of day/s)
  })
})
