import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { textAt } from '../../../lib/xml.js'
import { call, jsonOf, type Reply, withEmulator } from '../emulator-client.js'
import { get, refused, submit, xmlOf } from '../rest-calls.js'

describe('instances', () => {
  test('a job is over at once; its documents', () =>
    withEmulator(async emulator => {
      const id = await submit(emulator, 'create table t (a bigint);')
      const base = `/projects/p/instances/${id}`
      const status = await get(emulator, base)
      assert.equal(textAt(xmlOf(status), 'Status'), 'Terminated')
      for (const name of ['x-odps-owner', 'x-odps-start-time', 'x-odps-end-time'])
        assert.ok(status.headers[name])
      const tasks = xmlOf(await get(emulator, `${base}?taskstatus`))
      assert.equal(textAt(tasks, 'Tasks', 'Task', 'Name'), 'MyTask')
      assert.equal(textAt(tasks, 'Tasks', 'Task', 'Status'), 'Success')
      const source = xmlOf(await get(emulator, `${base}?source`))
      assert.equal(source.name, 'Job')
      assert.equal(textAt(source, 'Tasks', 'SQL', 'Name'), 'MyTask')
      assert.equal(textAt(source, 'Tasks', 'SQL', 'Query'), 'create table t (a bigint);')
      assert.equal(
        xmlOf(await get(emulator, `${base}?instanceprogress=MyTask&taskname=MyTask`)).name,
        'Progress',
      )
      assert.deepEqual(jsonOf(await get(emulator, `${base}?instancesummary&taskname=MyTask`)), {})
      const stop = (body: string): Promise<Reply> =>
        call(emulator.endpoint, 'PUT', base, { body: Buffer.from(body) })
      refused(await stop('<Instance><Status>Terminated</Status></Instance>'), 409, 'InvalidStateSetting')
      refused(await stop('<Instance><Status>Running</Status></Instance>'), 400, 'InvalidArgument')
      refused(await stop('<Instance/>'), 400, 'InvalidArgument')
      refused(await stop(''), 400, 'MalformedXML')
      assert.equal(xmlOf(await get(emulator, '/projects/p/instances?onlyowner=yes')).children.length, 3)
      const reply = await call(emulator.tunnelEndpoint, 'POST', `${base}?downloads`)
      assert.deepEqual([reply.status, jsonOf(reply)['Code']], [400, 'InstanceTypeNotSupported'])
    }))

  test('bodies that are no job', () =>
    withEmulator(async emulator => {
      for (const body of [
        '',
        '<Instance>',
        '<Instance/>',
        '<Instance><Job><Tasks/></Job></Instance>',
        '<Job/>',
      ])
        refused(
          await call(emulator.endpoint, 'POST', '/projects/p/instances', { body: Buffer.from(body) }),
          400,
          'MalformedXML',
        )
    }))
})
