import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { after, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { openArrowReader } from '../../../lib/cli/formats/arrow-source.js'
import { CliError } from '../../../lib/cli/usage-error.js'
import { cliBench } from '../support.js'
import { noted, readNote } from './arrow-values.js'

/*
 * Files that golden/arrow.py wrote with pyarrow 26, and what pyarrow reads from them. With ARROW_FILES=<folder>/ the files
 * are those that the same script wrote there with --seed.
 */

const golden = fileURLToPath(new URL('golden/', import.meta.url))
const folder = process.env['ARROW_FILES'] ?? golden

interface ReadColumn {
  readonly name: string
  readonly values: unknown[]
}

const temporary = await mkdtemp(join(tmpdir(), 'odps-tunnel-arrow-'))
after(() => rm(temporary, { recursive: true }))

/** Everything in a file; a stream comes in chunks of 1 000 bytes. */
const readBytes = async (bytes: Uint8Array, name: string): Promise<ReadColumn[]> => {
  const isFile = name.endsWith('.arrow')
  const path = join(temporary, name)
  if (isFile) await writeFile(path, bytes)
  const chunks = Array.from({ length: Math.ceil(bytes.length / 1000) }, (_, i) =>
    bytes.subarray(i * 1000, (i + 1) * 1000),
  )
  const reader = await openArrowReader(
    {
      path,
      size: isFile ? bytes.length : undefined,
      isReadOnce: !isFile,
      identity: path,
      bytesRead: () => 0,
      open: () => Readable.from(chunks),
      checkUnchanged: async () => {},
      destroy: () => {},
    },
    { name: isFile ? 'arrow' : 'arrow-stream', compression: 'none' },
  )
  try {
    const columns = reader.fields.map(({ name }) => ({ name, values: [] as unknown[] }))
    for await (const batch of reader.batches(new Set(reader.fields.keys())))
      for (const [i, { type }] of reader.fields.entries())
        for (let row = 0; row < batch.rowCount; row++)
          columns[i]!.values.push(noted(type, batch.columns[i]!.at(row)))
    return columns
  } finally {
    await reader.close()
  }
}

const expectedOf = async (name: string): Promise<ReadColumn[]> =>
  (await readNote(folder + name)).map(column => ({ name: column.name, values: [...column.values] }))

describe('the values of Arrow are those that pyarrow reads', () => {
  const names = readdirSync(folder).filter(name => name.endsWith('.json'))
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
