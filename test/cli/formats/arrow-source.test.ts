import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { CliError } from '../../../lib/cli/usage-error.js'
import { cliBench } from '../support.js'
import { type ReadColumn, readBytes, readNote } from './arrow-values.js'

/*
 * Files that golden/arrow.py wrote with pyarrow 26, and what pyarrow reads from them. With ARROW_FILES=<folder>/ the files
 * are those that the same script wrote there with --seed.
 */

const golden = fileURLToPath(new URL('golden/', import.meta.url))
const folder = process.env['ARROW_FILES'] ?? golden

const expectedOf = async (name: string): Promise<ReadColumn[]> =>
  (await readNote(folder + name)).map(column => ({ name: column.name, values: [...column.values] }))

describe('the values of Arrow are those that pyarrow reads', () => {
  const names = readdirSync(folder).filter(name => /\.arrows?\.json$/.test(name))
  for (const name of names.map(each => each.slice(0, -'.json'.length)))
    test(name, async () => {
      assert.deepEqual(await readBytes(await readFile(folder + name), name), await expectedOf(name))
    })
})

describe('an Arrow file that is not whole', () => {
  for (const name of ['small.arrow', 'small.arrows', 'small-lz4.arrows']) {
    test(`${name} cut at any byte is refused`, async () => {
      const bytes = await readFile(golden + name)
      for (let length = 0; length < bytes.length; length++)
        await assert.rejects(readBytes(bytes.subarray(0, length), name), CliError, `cut at ${length}`)
    })

    test(`${name} with a byte changed is read or refused, and nothing else happens`, async () => {
      const bytes = await readFile(golden + name)
      for (let at = 0; at < bytes.length; at++)
        for (const bits of [0x01, 0xff]) {
          const changed = Buffer.from(bytes)
          changed[at]! ^= bits
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

  test('do not stop an upload of the others', async context => {
    const bench = await cliBench(context)
    await bench.ok(['upload', `${golden}unread.arrow`, 't', '--create', '--columns', 'id,name'])
    assert.deepEqual(await bench.rows('t'), [
      [1n, 'a'],
      [2n, null],
      [3n, 'c'],
    ])
  })
})
