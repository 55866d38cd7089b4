import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { Emulator } from '../../../lib/emulator/index.js'
import { startEmulator } from '../../../lib/emulator/index.js'
import { readXml, textAt } from '../../../lib/xml.js'
import { call, type Reply, withEmulator } from '../emulator-client.js'

const send = (emulator: Emulator, method: string, path = '', body = ''): Promise<Reply> =>
  call(emulator.endpoint, method, `/projects/p/schemas${path}`, { body: Buffer.from(body) })

const namesOf = (reply: Reply): (string | undefined)[] =>
  readXml(reply.body.toString())
    .children.filter(({ name }) => name === 'Schema')
    .map(each => textAt(each, 'Name'))

const codeOf = (reply: Reply): string => `${reply.status} ${textAt(readXml(reply.body.toString()), 'Code')}`

describe('schemas on the service', () => {
  test('are created, listed, found and deleted', () =>
    withEmulator(async emulator => {
      // As the Go client sends it, then as PyODPS does.
      const go =
        '<Schema><Project>p</Project><Name>S1</Name><Comment>one</Comment><IfNotExists>false</IfNotExists></Schema>'
      assert.equal((await send(emulator, 'POST', '', go)).status, 201)
      const python = '<?xml version="1.0" encoding="utf-8"?><Schema><Name>s2</Name></Schema>'
      assert.equal((await send(emulator, 'POST', '', python)).status, 201)
      assert.equal(codeOf(await send(emulator, 'POST', '', go)), '409 ObjectAlreadyExists')
      assert.equal((await send(emulator, 'POST', '', go.replace('false', 'true'))).status, 201)

      assert.deepEqual(namesOf(await send(emulator, 'GET', '?expectmarker=true')), ['default', 's1', 's2'])
      assert.deepEqual(namesOf(await send(emulator, 'GET', '?expectmarker=true&name=s')), ['s1', 's2'])
      assert.deepEqual(namesOf(await send(emulator, 'GET', '?owner=nobody')), [])
      const page = await send(emulator, 'GET', '?expectmarker=true&maxitems=2')
      const marker = textAt(readXml(page.body.toString()), 'Marker')
      assert.deepEqual(namesOf(page), ['default', 's1'])
      assert.deepEqual(namesOf(await send(emulator, 'GET', `?maxitems=2&marker=${marker}`)), ['s2'])

      const found = await send(emulator, 'GET', '/S1')
      assert.equal(textAt(readXml(found.body.toString()), 'Comment'), 'one')
      assert.equal(found.headers['x-odps-owner'], 'ALIYUN$emulator')
      assert.ok(Math.abs(Date.parse(found.headers['x-odps-creation-time']!) - Date.now()) < 60_000)
      assert.ok(Date.parse(found.headers['last-modified']!) > 0)

      assert.equal((await send(emulator, 'DELETE', '/s1')).status, 204)
      assert.equal(codeOf(await send(emulator, 'GET', '/s1')), '404 NoSuchObject')
      assert.equal(codeOf(await send(emulator, 'DELETE', '/s1')), '404 NoSuchObject')
      assert.equal(codeOf(await send(emulator, 'PUT', '/s2')), '405 MethodNotAllowed')
      for (const wrong of ['<Schema/>', '<Other><Name>x</Name></Other>', '<Schema><Name>a/b</Name></Schema>'])
        assert.equal(codeOf(await send(emulator, 'POST', '', wrong)), '400 InvalidParameter')
    }))

  test('exist as long as a table names them', () =>
    withEmulator(async emulator => {
      await emulator.createTable({ name: 'S3.t', columns: { a: 'bigint' } })
      assert.deepEqual(namesOf(await send(emulator, 'GET')), ['default', 's3'])
      assert.equal((await send(emulator, 'GET', '/s3')).status, 200)
      for (const name of ['s3', 'default'])
        assert.equal(codeOf(await send(emulator, 'DELETE', `/${name}`)), '409 DeleteConflict')
      await emulator.dropTable('s3.t')
      assert.equal(codeOf(await send(emulator, 'GET', '/s3')), '404 NoSuchObject')
    }))

  test('stay in a dataDir', async context => {
    const dataDir = await mkdtemp(join(tmpdir(), 'odps-tunnel-schemas-'))
    context.after(() => rm(dataDir, { recursive: true, force: true }))
    const body = '<Schema><Name>kept</Name><Comment>c</Comment></Schema>'
    await withEmulator(
      async emulator => {
        await send(emulator, 'POST', '', body)
        await send(emulator, 'POST', '', '<Schema><Name>gone</Name></Schema>')
        await send(emulator, 'DELETE', '/gone')
      },
      { dataDir },
    )
    await withEmulator(
      async emulator => {
        assert.deepEqual(namesOf(await send(emulator, 'GET')), ['default', 'kept'])
        const found = readXml((await send(emulator, 'GET', '/kept')).body.toString())
        assert.equal(textAt(found, 'Comment'), 'c')
      },
      { dataDir },
    )
    await writeFile(join(dataDir, 'schemas.json'), '{"format":2}')
    await assert.rejects(startEmulator({ dataDir }), {
      code: 'ODPS_INVALID_OPTION',
      message: /dataDir is damaged: .*schemas\.json: it has format 2, this emulator reads 1/,
    })
  })
})
