import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { refused } from '../download-calls.js'
import { call, idAndName, withEmulator } from '../emulator-client.js'

describe('routing', () => {
  test('what is no resource, or not emulated, is answered in the tunnel form', () =>
    withEmulator(async emulator => {
      await emulator.createTable({ name: 't', columns: idAndName })
      const cases: [string, string, number, string][] = [
        ['GET', '/logview/host', 404, 'NoSuchObject'],
        ['GET', '/', 404, 'NoSuchObject'],
        ['GET', '/projects/p/volumes/v', 404, 'NoSuchObject'],
        ['GET', '/projects/p/tables', 404, 'NoSuchObject'],
        ['DELETE', '/projects/p/tables/t', 405, 'MethodNotAllowed'],
        ['GET', '/projects/p/tables/t', 405, 'MethodNotAllowed'],
        ['PUT', '/projects/p/tables/t/upserts?bucketid=1', 405, 'MethodNotAllowed'],
        ['POST', '/projects/p/tables/t/upserts/more?slotnum=1', 404, 'NoSuchObject'],
        ['DELETE', '/projects/p/tables/t/streams', 405, 'MethodNotAllowed'],
        ['POST', '/projects/p/schemas/default/tables/t/preview?limit=-1', 405, 'MethodNotAllowed'],
        ['GET', '/projects/p/tables/t/preview/more', 404, 'NoSuchObject'],
        ['GET', '/projects/p/tables/%E0%A4%A', 400, 'InvalidURI'],
        ['GET', '/projects/p/tables/t?downloadid=%zz', 400, 'InvalidURI'],
        ['GET', '/projects/p/tables/..%2f..%2fetc%2fpasswd?downloadid=x', 404, 'NoSuchTable'],
      ]
      for (const [method, path, status, code] of cases) {
        const reply = await call(emulator.tunnelEndpoint, method, path)
        refused(reply, status, code)
        assert.ok(reply.headers['x-odps-request-id'])
      }
      const reply = await call(emulator.tunnelEndpoint, 'GET', '/projects/p/tables/nope?downloadid=x')
      assert.equal(reply.reason, 'Not Found')
    }))
})
