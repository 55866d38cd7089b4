import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { formatFileType } from '../../../../lib/cli/formats/file-values/file-type.js'
import { openParquetFile } from '../../../../lib/cli/formats/parquet/file.js'
import { CliError } from '../../../../lib/cli/usage-error.js'
import { accessTo, readPhysical } from '../physical-values.js'

/* What the values are is said by pyarrow: golden/make_parquet.py writes the files and what pyarrow reads from them. */

const golden = new URL('../golden/', import.meta.url)
const files = readdirSync(golden).filter(name => name.endsWith('.parquet'))

describe('Parquet files of pyarrow, DuckDB and older programs', () => {
  for (const file of files)
    test(`${file} holds what pyarrow reads from it`, async () => {
      const expected = readFileSync(new URL(file.replace('.parquet', '.jsonl'), golden), 'utf8')
        .trimEnd()
        .split('\n')
        .map(line => JSON.parse(line) as { name: string; type: string; values: unknown[] | null })
      const found = await readPhysical(new URL(file, golden))
      assert.deepEqual(
        found.map(({ name, values }) => ({ name, values: values ?? null })),
        expected.map(({ name, values }) => ({ name, values })),
      )
    })

  test('all codecs, encodings and forms are among them', () => assert.ok(files.length >= 15, files.join()))

  test('columns that no table can hold have the name of their type', async () => {
    const columns = await readPhysical(new URL('duckdb.parquet', golden))
    const unread = columns.filter(column => column.values === undefined)
    assert.deepEqual(
      unread.map(({ name, type }) => `${name}: ${formatFileType(type)}`),
      [
        'time: TIME(MICROS) of INT64',
        'interval: INTERVAL of FIXED_LEN_BYTE_ARRAY',
        'variant: VARIANT',
        'times: list<struct<a: TIME(MICROS) of INT64, b: int32>>',
      ],
    )
  })

  test('columns that are not wanted are not read', async () => {
    const columns = await readPhysical(new URL('codec-none.parquet', golden), name => name === 'i')
    assert.deepEqual(
      columns.map(column => column.values),
      [['1', null, '3'], undefined, undefined],
    )
  })
})

test('3 million rows of Polars, in pages of many blocks, are those that pyarrow reads', async () => {
  const file = new URL('../../../../node_modules/vega-datasets/data/flights-3m.parquet', import.meta.url)
  /*
   * By pyarrow 26, the date as its microseconds:
   * values = pyarrow.parquet.read_table(file)[name].cast('int64').to_pylist()
   * sum(values), hashlib.sha256(''.join(f'{v}\n' for v in values).encode()).hexdigest()[:16]
   */
  const expected = {
    date: { rows: 3_000_000, sum: 2_958_522_682_120_320_000_000n, hash: '371afaefa86d44a6' },
    distance: { rows: 3_000_000, sum: 2_194_861_208n, hash: '4b17ce4df2544dc7' },
  }
  const reader = await openParquetFile(accessTo(readFileSync(file)), 'a file')
  for (const [name, { rows, sum, hash }] of Object.entries(expected)) {
    const index = reader.fields.findIndex(field => field.name === name)
    const [sha, found] = [createHash('sha256'), { rows: 0, sum: 0n }]
    for await (const { rowCount, columns } of reader.batches(new Set([index]))) {
      const values = Array.from({ length: rowCount }, (_, row) => columns[index]!.at(row) as bigint | number)
      found.rows += rowCount
      for (const value of values) found.sum += BigInt(value)
      sha.update(`${values.join('\n')}\n`)
    }
    assert.deepEqual({ ...found, hash: sha.digest('hex').slice(0, 16) }, { rows, sum, hash }, name)
  }
})

describe('a damaged Parquet file', () => {
  const bytesOf = (file: string): Buffer => readFileSync(new URL(file, golden))
  const isRefused = (bytes: Uint8Array, message: RegExp): Promise<void> =>
    assert.rejects(readPhysical(bytes), error => {
      assert.ok(error instanceof CliError)
      assert.match(error.message, message)
      return true
    })

  test('is found by the checksums of its pages', async () => {
    const bytes = bytesOf('codec-none.parquet')
    // A value of the first page, right before the header of the next column's.
    const at = bytes.indexOf(Buffer.from([1, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0]))
    assert.ok(at > 0)
    bytes[at] = 2
    await isRefused(bytes, /^a file \(column 'i', from row 0 on\) cannot be read as Parquet: .*checksum/)
  })

  for (const file of ['nested-small-pages.parquet', 'old-lists.parquet'])
    test(`${file} with a byte changed anywhere ends, with an error or without`, async () => {
      const whole = bytesOf(file)
      for (let at = 4; at < whole.length - 8; at += 29) {
        const bytes = Buffer.from(whole)
        bytes[at] = bytes[at]! ^ 0x15
        await readPhysical(bytes).catch(error => assert.ok(error instanceof Error))
      }
    })

  test('that is cut is refused', async () => {
    const bytes = bytesOf('codec-snappy.parquet')
    for (const length of [0, 3, 8, bytes.length - 1])
      await assert.rejects(readPhysical(bytes.subarray(0, length)))
  })
})

/*
 * A file of pyarrow 26.0.1, of the columns a: [1, null, 3, -4, 5] int32 and b: int64, without checksums:
 * pq.write_table(table, path, compression='none', use_dictionary=False, store_schema=False, write_statistics=False)
 * With one of these bits changed, pyarrow raises an error or reads all five rows; none of them may go missing here.
 */
const plainFile =
  'UEFSMRUAFSwVLCwVChUAFQYVBhwAAAACAAAAAx0BAAAAAwAAAPz///8FAAAAFQAVTBVMLBUKFQAVBhUGHAAAAAIAAAADGwAQpdToAAAAAgAAAAAAAAAEAAAAAAAAAAUAAAAAAAAAFQQZPDUAGAZzY2hlbWEVBAAVAiUCGAFhABUEJQIYAWIAFgoZHBksJgAcFQIZJQYAGRgBYRUAFgoWUhZSJghJHBUAFQAVAgA8KQYZJgIIAAAAJgAcFQQZJQYAGRgBYhUAFgoWchZyJlpJHBUAFQAVAgA8KQYZJgIIAAAAFsQBFgomCBbEAQAoIHBhcnF1ZXQtY3BwLWFycm93IHZlcnNpb24gMjYuMC4xGSwcAAAcAAAAsQAAAFBBUjE='

describe('a bit of a Parquet file that is changed', () => {
  for (const [bit, what, message] of [
    [185, 'in the length of levels', /fewer values|levels/],
    [849, 'in the list of schema elements', /schema|metadata/],
    [933, 'in the count of columns', /schema/],
    [936, 'in the sign of the count of columns', /schema|metadata/],
    [1658, 'in the rows of a row group', /rows|metadata/],
    [1752, 'in the rows of the file', /rows|metadata/],
  ] as const)
    test(`${what} is noticed`, async () => {
      const bytes = Buffer.from(plainFile, 'base64')
      bytes[bit >> 3]! ^= 1 << (bit & 7)
      await assert.rejects(readPhysical(bytes), message)
    })
})

describe('a field of metadata that must be there', () => {
  // Fields of Thrift's compact form begin with the step of their id and their type: 5 is i32, 6 is i64.
  const [rowsOfGroup, rowsOfFile] = [
    Buffer.from([0x16, 0xc4, 0x01, 0x16, 0x0a]),
    Buffer.from([0x16, 0x0a, 0x19]),
  ]
  const chunk = Buffer.from([0x16, 0x0a, 0x16, 0x52, 0x16, 0x52, 0x26, 0x08])
  const find = (bytes: Buffer): number => Buffer.from(plainFile, 'base64').indexOf(bytes)
  for (const [at, byte, message] of [
    [6, 0x25, /a page has no uncompressed_page_size/],
    [8, 0x25, /a page has no compressed_page_size/],
    [8, 0x16, /a page has no compressed_page_size/],
    [11, 0x25, /a page has no num_values/],
    [find(rowsOfGroup) + 3, 0x15, /a row group has no num_rows/],
    [find(rowsOfFile), 0x15, /its footer has no num_rows/],
    [find(chunk), 0x15, /a column has no num_values/],
    [find(chunk) + 4, 0x15, /a column has no total_compressed_size/],
    [find(chunk) + 6, 0x36, /outside the file/],
  ] as const)
    test(`is missed: byte ${at} is 0x${byte.toString(16)}, ${message.source}`, async () => {
      const bytes = Buffer.from(plainFile, 'base64')
      assert.equal((bytes[at]! ^ byte) & ~0x33, 0, 'only the step or the size changes')
      bytes[at] = byte
      await assert.rejects(readPhysical(bytes), message)
    })
})

test('a column before the beginning of its file is refused', async () => {
  const bytes = Buffer.from(plainFile, 'base64')
  // Field 9 of the metadata of b, the place of its first page, as a zigzag varint: 45 becomes -1.
  const at = bytes.indexOf(Buffer.from([0x26, 0x5a])) + 1
  assert.ok(at > 0)
  bytes[at] = 0x01
  await assert.rejects(readPhysical(bytes), /outside the file/)
})
