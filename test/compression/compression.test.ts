import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  compressionNames,
  compressionOf,
  contentEncodingOf,
  loadCompression,
} from '../../lib/compression/compression.js'
import { optionalPackage } from '../../lib/compression/optional-package.js'
import { TunnelOptionError, TunnelProtocolError } from '../../lib/errors.js'

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

describe('an optional package', () => {
  const isMissing = (error: unknown): boolean =>
    error instanceof TunnelOptionError &&
    error.code === 'ODPS_MISSING_PACKAGE' &&
    error.message.includes('npm install odps-tunnel-no-such-package')

  test('that is absent is an error that names it, each time', async () => {
    const name: string = 'odps-tunnel-no-such-package'
    const absent = optionalPackage(name, 'a test', () => import(name))
    await assert.rejects(absent.load(), isMissing)
    await assert.rejects(absent.load(), isMissing)
    assert.throws(() => absent.loaded(), isMissing)
  })

  test('that is there is loaded once', async () => {
    let loads = 0
    const there = optionalPackage('odps-tunnel-no-such-package', 'a test', async () => ++loads)
    assert.throws(() => there.loaded(), isMissing)
    assert.equal(await there.load(), 1)
    assert.equal(await there.load(), 1)
    assert.equal(there.loaded(), 1)
  })
})
