import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { fileEncoder, jsonEncoder, openText } from '../../../../lib/cli/formats/encoding/encoding.js'

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items
}

const bytesOf = async (chunks: readonly Uint8Array[], encoding?: string): Promise<Buffer> => {
  const pieces: Buffer[] = []
  for await (const piece of (await openText(each(chunks), encoding)).bytes) pieces.push(Buffer.from(piece))
  return Buffer.concat(pieces)
}

const decode = async (chunks: readonly Uint8Array[], encoding?: string): Promise<string> =>
  new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(await bytesOf(chunks, encoding))

const cuts = (bytes: Buffer): [Buffer, Buffer][] =>
  Array.from({ length: bytes.length + 1 }, (_, cut) => [bytes.subarray(0, cut), bytes.subarray(cut)])

describe('text on its way in', () => {
  test('that is refused is let go of', async () => {
    // A gzip file, and an encoding that nobody knows.
    for (const [bytes, encoding] of [
      [Buffer.from('1f8b080000000000', 'hex'), 'utf-8'],
      [Buffer.from('a,b\n1,2\n'), 'nope'],
    ] as const) {
      let isLetGo = false
      const chunks = (async function* () {
        try {
          yield bytes
          yield bytes
        } finally {
          isLetGo = true
        }
      })()
      await assert.rejects(openText(chunks, encoding))
      assert.ok(isLetGo, encoding)
    }
  })

  test('UTF-8 is decoded wherever it is cut', async () => {
    for (const pieces of cuts(Buffer.from('\ufeffa好😀é\n'))) assert.equal(await decode(pieces), 'a好😀é\n')
    assert.equal(await decode([Buffer.from('a')]), 'a')
    assert.equal(await decode([]), '')
    await assert.rejects(decode([Buffer.from('好').subarray(0, 2)]), {
      code: 'ERR_ENCODING_INVALID_ENCODED_DATA',
    })
    await assert.rejects(decode([Buffer.from('caf\xe9\n', 'latin1')]), {
      code: 'ERR_ENCODING_INVALID_ENCODED_DATA',
    })
  })

  /* `'id,你好😀\n'.encode(name)` of Python. */
  for (const [name, hex] of [
    ['gb18030', '69642cc4e3bac39439fc360a'],
    ['utf-16', 'fffe690064002c00604f7d593dd800de0a00'],
    ['utf-16le', '690064002c00604f7d593dd800de0a00'],
    ['utf-16be', '00690064002c4f60597dd83dde00000a'],
  ] as const)
    test(`${name} is decoded wherever it is cut`, async () => {
      for (const pieces of cuts(Buffer.from(hex, 'hex')))
        assert.equal(await decode(pieces, name), 'id,你好😀\n')
    })

  test('a byte order mark wins, and only one is passed over', async () => {
    assert.equal(await decode([Buffer.from('\ufeff\ufeffé')], 'gbk'), '\ufeffé')
    assert.equal(await decode([Buffer.from('\ufeff\ufeffé', 'utf16le')], 'utf-8'), '\ufeffé')
    assert.equal(await decode([Buffer.from('\ufeffé', 'utf16le').swap16()], 'latin1'), 'é')
    assert.equal(await decode([Buffer.from('a\ufeff')]), 'a\ufeff')
    await assert.rejects(decode([Buffer.from('fffe000061000000', 'hex')]), /UTF-32/)
  })

  test('half a pair of surrogates, or half a code unit, is undefined', async () => {
    assert.deepEqual(
      await bytesOf([Buffer.from('610000d86200', 'hex')], 'utf-16le'),
      Buffer.from('a\xffb', 'latin1'),
    )
    assert.deepEqual(
      await bytesOf([Buffer.from('610000dc', 'hex')], 'utf-16le'),
      Buffer.from('a\xff', 'latin1'),
    )
    assert.deepEqual(
      await bytesOf([Buffer.from('610062', 'hex')], 'utf-16le'),
      Buffer.from('a\xff', 'latin1'),
    )
    await assert.rejects(decode([Buffer.from('610000d8', 'hex')], 'utf-16le'), {
      code: 'ERR_ENCODING_INVALID_ENCODED_DATA',
    })
  })

  test('bytes of a UTF-8 file pass as they are', async () => {
    const bytes = Buffer.from('a\xff\xc3,\xe9', 'latin1')
    assert.deepEqual(await bytesOf([bytes]), bytes)
    assert.deepEqual(await bytesOf([bytes], 'ignore'), bytes)
  })

  /* RFC 1952 (2.3), RFC 8878 (3.1.1), `xxd -p` of codec-none.parquet and cells.arrow, APPNOTE of zip (4.3.7). */
  for (const [hex, what, next] of [
    ['1f8b0800000000000003', /gzip/, /--file-compression gzip/],
    ['28b52ffd0458', /Zstandard/, /--file-compression zstd/],
    ['50415231150415201520', /Parquet/, /--format parquet/],
    // What Python's fastavro, bz2 and lzma write first.
    ['4f626a0104146176726f2e636f646563', /Avro/, /Parquet or NDJSON/],
    ['425a6839314159265359c8bbe2eb0000', /bzip2/, /Decompress it/],
    ['425a6831314159265359cdf870ca0000', /bzip2/, /Decompress it/],
    ['fd377a585a000004e6d6b44602002101', /xz/, /Decompress it/],
    ['4152524f57310000ffffffff', /Arrow/, /--format arrow/],
    ['504b030414000600', /Excel/, /CSV/],
  ] as const)
    test(`what begins with ${hex} is no UTF-8 text, wherever it is cut`, async () => {
      const bytes = Buffer.from(hex, 'hex')
      for (const pieces of cuts(bytes))
        await assert.rejects(openText(each(pieces), 'utf-8', 'a.csv'), { message: what, next })
      // Where any bytes may be text, these may.
      assert.deepEqual(await bytesOf([bytes], 'ignore'), bytes)
      assert.equal((await decode([bytes], 'latin1')).length, bytes.length)
    })

  test('PAR1 may be the name of a column', async () =>
    assert.equal(await decode([Buffer.from('PAR1\n1\n')]), 'PAR1\n1\n'))

  test('an encoding that is not known is refused', async () => {
    for (const name of ['nonsense', 'utf-32', 'base64'])
      await assert.rejects(decode([Buffer.from('a')], name), /--encoding: '.*' is not supported/)
  })
})

describe('text on its way out', () => {
  /* `with open(path, 'w', encoding=name) as f: f.write('a\u2022'); f.write('\ufeffb')` of Python. */
  for (const [name, hex] of [
    ['utf-16', 'fffe61002220fffe6200'],
    ['utf-16le', '61002220fffe6200'],
    ['utf-16be', '00612022feff0062'],
  ] as const)
    test(`${name} has one byte order mark at most, at the start of the file`, async () => {
      const { encode } = await fileEncoder(name, false)
      assert.equal(Buffer.concat([encode('a\u2022')!, encode('\ufeffb')!]).toString('hex'), hex)
    })

  test('a resumed file has no second byte order mark', async () => {
    const { encode } = await fileEncoder('utf-16', true)
    assert.equal(encode('ab')!.toString('hex'), '61006200')
  })

  test('a character that the encoding does not have is none, and in JSON an escape', async () => {
    const encode = await jsonEncoder('latin1', false)
    assert.equal(encode('"é"').toString('latin1'), '"é"')
    assert.equal(encode('"é好😀"').toString('latin1'), '"\\u00e9\\u597d\\ud83d\\ude00"')
    assert.equal((await fileEncoder('latin1', false)).encode('好'), undefined)
    assert.equal((await fileEncoder('utf-16', false)).encode('\ud800'), undefined)
  })
})
