import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { startEmulator } from '../../../lib/emulator/index.js'
import { call, idAndName, jsonOf, TableCalls, twoRows } from '../emulator-client.js'
import { filesIn, segmentsIn, start, withDirectory } from './data-directory.js'

describe('a data directory', () => {
  test('keeps tables, partitions and rows, byte for byte', () =>
    withDirectory(async dataDir => {
      {
        await using emulator = await start(dataDir)
        await emulator.createTable({
          name: 's.t',
          columns: [
            { name: 'id', type: 'bigint', nullable: false, comment: 'c' },
            { name: 'name', type: 'string' },
          ],
          partitionColumns: { pt: 'string' },
          comment: 'hello',
        })
        await new TableCalls(emulator, '/projects/p/schemas/s/tables/t', 'pt=a').upload(
          [twoRows, twoRows],
          'uploads&create_partition',
        )
      }
      await using emulator = await start(dataDir)
      assert.equal(emulator.rowCount('s.t', 'pt=a'), 4)
      const calls = new TableCalls(emulator, '/projects/p/schemas/s/tables/t', 'pt=a')
      const id = await calls.createDownload()
      assert.deepEqual((await calls.read(id, '(2,2)')).body, twoRows)
      const { body } = await call(emulator.endpoint, 'GET', '/projects/p/tables/t?curr_schema=s')
      assert.match(body.toString(), /<Comment>hello<\/Comment>/)
      assert.match(body.toString(), /"name":"id","type":"bigint","comment":"c","label":"","isNullable":false/)
    }))

  test('holds no files but those of committed rows', () =>
    withDirectory(async dataDir => {
      {
        await using emulator = await start(dataDir)
        await emulator.createTable({ name: 't', columns: idAndName })
        await emulator.createTable({ name: 'u', columns: idAndName })
        const calls = new TableCalls(emulator)
        await calls.upload([twoRows])
        await calls.upload([twoRows], 'uploads&overwrite=true')
        assert.equal(segmentsIn(dataDir).length, 1)
        const open = await calls.createUpload()
        await calls.put(open, 0, twoRows)
        await calls.put(open, 0, twoRows)
        await calls.put(open, 1, Buffer.concat([twoRows, twoRows]))
        assert.equal(segmentsIn(dataDir).length, 2)
        await new TableCalls(emulator, '/projects/p/tables/u').upload([twoRows])
        await emulator.dropTable('u')
        assert.equal(segmentsIn(dataDir).length, 2)
      }
      await using emulator = await start(dataDir)
      assert.deepEqual([segmentsIn(dataDir).length, emulator.rowCount('t')], [1, 2])
      assert.equal(await emulator.dropTable('u'), false)
      assert.equal(readdirSync(join(dataDir, 'tables')).length, 1)
    }))

  test('a snapshot outlives the rows it was made of, for as long as it lasts', () =>
    withDirectory(async dataDir => {
      let now = Date.now()
      await using emulator = await startEmulator({ dataDir, projects: ['p'], clock: () => now })
      await emulator.createTable({ name: 't', columns: idAndName })
      const calls = new TableCalls(emulator)
      await calls.upload([twoRows])
      const id = await calls.createDownload()
      await calls.upload([], 'uploads&overwrite=true')
      assert.deepEqual((await calls.read(id, '(0,2)')).body, twoRows)
      now += 24 * 60 * 60 * 1000
      await calls.createDownload()
      while (segmentsIn(dataDir).length > 0) await new Promise(resolve => setImmediate(resolve))
    }))

  test('names never become paths', () =>
    withDirectory(async dataDir => {
      const names = ['..%2f..%2fx', '%2fetc%2fx', '..', 'a%00b', 'con', 'x'.repeat(2000), 'a%5cb']
      await using emulator = await startEmulator({ dataDir })
      for (const name of names) {
        const sql = `create table \`${decodeURIComponent(name)}\` (a bigint) partitioned by (pt string)`
        const body = Buffer.from(
          `<Instance><Job><Tasks><SQL><Query><![CDATA[${sql}]]></Query></SQL></Tasks></Job></Instance>`,
        )
        await call(emulator.endpoint, 'POST', `/projects/${name}/instances`, { body })
        const path = `/projects/${name}/schemas/${name}/tables/${name}`
        for (const query of ['uploads', 'downloads'])
          assert.ok(
            (
              await call(
                emulator.tunnelEndpoint,
                'POST',
                `${path}?${query}&partition=pt=${name}&create_partition`,
              )
            ).status >= 400,
          )
        const upload = await call(
          emulator.tunnelEndpoint,
          'POST',
          `/projects/${name}/tables/${name}?uploads&partition=pt=${name}&create_partition`,
        )
        if (upload.status === 200)
          await call(
            emulator.tunnelEndpoint,
            'PUT',
            `/projects/${name}/tables/${name}?uploadid=${jsonOf(upload)['UploadID']}&blockid=0`,
            { body: twoRows },
          )
      }
      for (const file of filesIn(dataDir))
        assert.match(
          file,
          /^(emulator\.lock|tables\/[0-9a-f]{32}\/(manifest\.json|[0-9a-f]{32}\.(rec|idx)))$/,
        )
      assert.deepEqual(readdirSync(join(dataDir, '..')), ['data'])
    }))

  test('serves one emulator at a time, and takes over from one that died', () =>
    withDirectory(async dataDir => {
      const emulator = await start(dataDir)
      await assert.rejects(start(dataDir), { code: 'ODPS_INVALID_OPTION', message: /in use by process/ })
      await emulator.close()
      assert.equal(existsSync(join(dataDir, 'emulator.lock')), false)
      for (const lock of ['{"pid":999999999}', '', 'nonsense', `{"pid":${process.ppid},"startedAt":"1"}`]) {
        writeFileSync(join(dataDir, 'emulator.lock'), lock)
        await (await start(dataDir)).close()
      }
    }))

  test('says so when it is damaged, and touches nothing', () =>
    withDirectory(async dataDir => {
      {
        await using emulator = await start(dataDir)
        await emulator.createTable({ name: 't', columns: idAndName })
        await new TableCalls(emulator).upload([twoRows])
      }
      const damaged = { code: 'ODPS_INVALID_OPTION', message: /dataDir is damaged: .*manifest\.json/ }
      const segment = join(dataDir, segmentsIn(dataDir)[0]!)
      const records = readFileSync(segment)
      truncateSync(segment, 3)
      await assert.rejects(start(dataDir), damaged)
      writeFileSync(segment, records)
      const manifest = join(dataDir, filesIn(dataDir).find(name => name.endsWith('manifest.json'))!)
      const text = readFileSync(manifest)
      for (const wrong of ['', '{', '{"format":99}', '{"format":1}']) {
        writeFileSync(manifest, wrong)
        await assert.rejects(start(dataDir), damaged)
      }
      writeFileSync(manifest, text)
      await using emulator = await start(dataDir)
      assert.equal(emulator.rowCount('t'), 2)
    }))

  test('that cannot be made is an option error', () =>
    withDirectory(async dataDir => {
      writeFileSync(join(dataDir, 'file'), '')
      await assert.rejects(start(join(dataDir, 'file', 'x')), { code: 'ODPS_INVALID_OPTION' })
    }))
})
