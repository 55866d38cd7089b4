import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  compressionNames,
  compressionOf,
  contentEncodingOf,
  loadCompression,
} from '../../lib/compression/compression.js'
import { TunnelProtocolError } from '../../lib/errors.js'

describe('compression names', () => {
  test('have the content encodings of the service', () => {
    assert.deepEqual(
      compressionNames.map(name => [name, contentEncodingOf(name)]),
      [
        ['raw', undefined],
        ['deflate', 'deflate'],
        ['snappy', 'x-snappy-framed'],
        ['zstd', 'zstd'],
        ['lz4', 'x-lz4-frame'],
      ],
    )
  })

  test('are found from their content encodings', () => {
    for (const name of compressionNames) assert.equal(compressionOf(contentEncodingOf(name)), name)
  })

  test('are found in any case, under identity and the other name of lz4', () => {
    assert.equal(compressionOf('Identity'), 'raw')
    assert.equal(compressionOf(''), 'raw')
    assert.equal(compressionOf(' X-Snappy-Framed '), 'snappy')
    assert.equal(compressionOf('ZSTD'), 'zstd')
    assert.equal(compressionOf('x-odps-lz4-frame'), 'lz4')
  })

  test('an unknown encoding is an error that names it', () => {
    for (const encoding of ['gzip', 'br', 'deflate, gzip', '__proto__'])
      assert.throws(
        () => compressionOf(encoding),
        (error: unknown) =>
          error instanceof TunnelProtocolError &&
          error.code === 'ODPS_UNKNOWN_ENCODING' &&
          error.message.includes(encoding),
      )
  })

  test('all of them can be loaded here', async () => {
    for (const name of compressionNames) await loadCompression(name)
  })
})
