import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { call, idAndName, jsonOf, TableCalls, twoRows, withEmulator } from '../emulator-client.js'
import { submit } from '../rest-calls.js'

describe('SELECT', () => {
  test('by the instance tunnel, of what was there when the query ran', () =>
    withEmulator(async emulator => {
      await emulator.createTable({ name: 't', columns: idAndName })
      await new TableCalls(emulator).upload([twoRows])
      const id = await submit(emulator, 'select * from t')
      await new TableCalls(emulator).upload([], 'uploads=&overwrite=true')
      const path = `/projects/p/instances/${id}`
      const session = jsonOf(await call(emulator.tunnelEndpoint, 'POST', `${path}?downloads&quotaName=q`))
      assert.deepEqual([session['RecordCount'], session['QuotaName'], session['Status']], [2, 'q', 'normal'])
      const downloadId = String(session['DownloadID'])
      const again = jsonOf(await call(emulator.tunnelEndpoint, 'GET', `${path}?downloadid=${downloadId}`))
      assert.equal(again['DownloadID'], downloadId)
      const query = `downloadid=${downloadId}&rowrange=(0,2)&data=`
      assert.deepEqual((await call(emulator.tunnelEndpoint, 'GET', `${path}?${query}`)).body, twoRows)
      const other = await call(emulator.tunnelEndpoint, 'GET', `/projects/p/instances/nope?${query}`)
      assert.deepEqual([other.status, jsonOf(other)['Code']], [404, 'NoSuchObject'])
    }))
})
