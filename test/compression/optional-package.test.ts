import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { optionalPackage } from '../../lib/compression/optional-package.js'
import { TunnelOptionError } from '../../lib/errors.js'

describe('an optional package', () => {
  const isMissing = (error: unknown): boolean =>
    error instanceof TunnelOptionError &&
    error.code === 'ODPS_MISSING_PACKAGE' &&
    error.message.includes('npm install odps-tunnel-no-such-package')

  test('that is absent is an error that names it, each time', async () => {
    const absent = optionalPackage('odps-tunnel-no-such-package', 'a test')
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
