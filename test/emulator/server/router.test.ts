import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { textAt } from '../../../lib/xml.js'
import { call, jsonOf, withEmulator } from '../emulator-client.js'
import { get, refused, xmlOf } from '../rest-calls.js'

describe('the service', () => {
  test('what is not there is answered in the form of the service', () =>
    withEmulator(async emulator => {
      refused(await get(emulator, '/nothing'), 404, 'NoSuchObject')
      refused(await get(emulator, '/projects/p/tables/t'), 404, 'NoSuchObject')
      refused(await get(emulator, '/projects/p/tables/t?partition=a=1'), 404, 'NoSuchObject')
      refused(await get(emulator, '/projects/p/instances/nope'), 404, 'NoSuchObject')
      refused(await call(emulator.endpoint, 'DELETE', '/projects/p/tables/t'), 405, 'MethodNotAllowed')
      refused(await call(emulator.endpoint, 'POST', '/projects/p/tables?query'), 405, 'MethodNotAllowed')
      assert.equal((await get(emulator, '/projects/p/tables/t')).reason, 'Not Found')
    }))

  const absent: [method: string, path: string, status: number, word: RegExp][] = [
    ['GET', '/api/projects/p/functions/f', 404, /does not have functions/],
    ['GET', '/api/projects/p/functions', 405, /functions/],
    ['POST', '/api/projects/p/registration/functions', 405, /registered functions/],
    ['GET', '/api/projects/p/resources/r.jar', 404, /resources/],
    ['POST', '/api/projects/p/resources', 405, /resources/],
    ['GET', '/api/projects/p/schemas/s/resources/r.jar', 404, /resources/],
    ['GET', '/api/projects/p/volumes', 405, /volumes/],
    ['GET', '/api/projects/p/volumes/v', 404, /volumes/],
    ['GET', '/api/projects/p/xflows', 405, /XFlows/],
    ['GET', '/api/projects/p/offlinemodels', 405, /offline models/],
    ['GET', '/api/projects/p/security/policy', 404, /security settings/],
    ['GET', '/api/projects/p/users', 405, /users/],
    ['GET', '/api/projects', 405, /lists of projects/],
    ['GET', '/api/tenants/x', 404, /tenants/],
    ['GET', '/api/quotas/q', 404, /quotas/],
    ['GET', '/api/projects/p/unheard/of', 404, /nothing at \/projects\/p\/unheard\/of/],
    ['GET', '/api/projects/p/tables/t/odd', 404, /nothing at \/projects\/p\/tables\/t\/odd/],
    ['POST', '/projects/p/volumes/v/uploads', 405, /volumes/],
    ['GET', '/projects/p/instances/i/odd', 404, /nothing at/],
    ['GET', '/', 404, /nothing at \//],
    [
      'POST',
      '/api/storage/v1/projects/p/schemas/default/tables/t/sessions?session_type=batch_read',
      405,
      /Storage API/,
    ],
    ['GET', '/api/storage/v1/projects/p/schemas/default/tables/t/data?session_id=x', 405, /Storage API/],
    ['POST', '/api/storage/v2?Action=TableRead&Target=projects.p.tables.t', 405, /Storage API/],
  ]
  for (const [method, path, status, word] of absent)
    test(`what the emulator lacks is named: ${method} ${path}`, async () => {
      const credentials = { accessKeyId: 'id', accessKeySecret: 'secret' }
      for (const options of [{}, { credentials }])
        await withEmulator(async emulator => {
          const headers = { Date: new Date().toUTCString(), Authorization: 'ODPS id:AAAA' }
          const reply = await call(emulator.tunnelEndpoint, method, path, { headers })
          const isRest = path.startsWith('/api/') && !path.startsWith('/api/storage/')
          const message = isRest ? textAt(xmlOf(reply), 'Message') : jsonOf(reply)['Message']
          assert.match(String(message), word)
          assert.match(String(message), /emulator/)
          assert.equal(reply.status, status)
        }, options)
    })
})
