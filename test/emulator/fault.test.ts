import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Emulator, type FaultSource, startEmulator } from '../../lib/emulator/index.js'
import { TunnelOptionError } from '../../lib/errors.js'
import { idAndName, jsonOf, TableCalls, twoRows, withEmulator } from './emulator-client.js'

const withFaults = (
  faults: FaultSource,
  run: (calls: TableCalls, emulator: Emulator) => Promise<void>,
): Promise<void> =>
  withEmulator(async emulator => {
    await emulator.createTable({ name: 't', columns: idAndName })
    await new TableCalls(emulator).upload([twoRows])
    emulator.setFaults(faults)
    await run(new TableCalls(emulator), emulator)
  })

describe('faults', () => {
  test('an error document in place of the work, some times', () =>
    withFaults(
      [
        { action: 'createUpload', times: 2, fault: { status: 429, headers: { 'Retry-After': '1' } } },
        { action: 'createUpload', after: 2, fault: { status: 503, code: 'Odd', message: 'so' } },
        { action: 'commitUpload', fault: { status: 502, body: '<html>' } },
      ],
      async (calls, emulator) => {
        for (let i = 0; i < 2; i++) {
          const reply = await calls.send('POST', 'uploads')
          assert.deepEqual(
            [reply.status, jsonOf(reply)['Code'], reply.headers['retry-after']],
            [429, 'FlowExceeded', '1'],
          )
        }
        const odd = await calls.send('POST', 'uploads')
        assert.deepEqual([odd.status, jsonOf(odd)['Code'], jsonOf(odd)['Message']], [503, 'Odd', 'so'])
        const id = await calls.createUpload()
        await calls.put(id, 0, twoRows)
        const bad = await calls.commit(id)
        assert.deepEqual([bad.status, bad.body.toString()], [502, '<html>'])
        assert.equal(emulator.rowCount('t'), 2)
        assert.equal((await calls.commit(id)).status, 200)
        assert.equal(emulator.rowCount('t'), 4)
      },
    ))

  test("'reset' does nothing, 'drop-answer' does the work", () =>
    withFaults(
      [
        { action: 'commitUpload', fault: 'reset' },
        { action: 'commitUpload', after: 1, fault: 'drop-answer' },
      ],
      async (calls, emulator) => {
        const id = await calls.createUpload()
        await calls.put(id, 0, twoRows)
        await assert.rejects(calls.commit(id), { code: 'ECONNRESET' })
        assert.equal(emulator.rowCount('t'), 2)
        await assert.rejects(calls.commit(id), { code: 'ECONNRESET' })
        assert.equal(emulator.rowCount('t'), 4)
        assert.equal(jsonOf(await calls.commit(id))['Status'], 'closed')
        assert.equal(emulator.rowCount('t'), 4)
      },
    ))

  test('a request body that is cut leaves no block', () =>
    withFaults([{ action: 'putBlock', blockId: 3, fault: { cutRequestAfter: 10 } }], async calls => {
      const id = await calls.createUpload()
      assert.equal((await calls.put(id, 2, twoRows)).status, 200)
      await assert.rejects(calls.put(id, 3, twoRows))
      const { UploadedBlockList } = jsonOf(await calls.send('GET', `uploadid=${id}`))
      assert.deepEqual(
        (UploadedBlockList as { BlockID: number }[]).map(block => block.BlockID),
        [2],
      )
      assert.equal((await calls.put(id, 3, twoRows)).status, 200)
    }))

  test('an answer body that is cut or damaged', () =>
    withFaults(
      [
        { action: 'readData', fault: { cutBodyAfter: 15 } },
        { action: 'readData', after: 1, fault: { corruptBodyAt: 5 } },
        { action: 'readData', after: 2, fault: { cutBodyAfter: 0 } },
        { action: 'getDownload', fault: { cutBodyAfter: 3 } },
      ],
      async calls => {
        const id = await calls.createDownload()
        await assert.rejects(calls.read(id, '(0,2)'), { code: 'ECONNRESET' })
        const { body } = await calls.read(id, '(0,2)')
        assert.equal(body[5]! ^ twoRows[5]!, 1)
        body[5]! ^= 1
        assert.deepEqual(body, twoRows)
        await assert.rejects(calls.read(id, '(0,2)'), { code: 'ECONNRESET' })
        await assert.rejects(calls.send('GET', `downloadid=${id}`), { code: 'ECONNRESET' })
        assert.deepEqual((await calls.read(id, '(0,2)')).body, twoRows)
      },
    ))

  test("'hang' and a stalled body end when the emulator closes", () =>
    withFaults(
      request =>
        request.action === 'readData'
          ? { stallBodyAfter: 10 }
          : request.action === 'getDownload'
            ? 'hang'
            : undefined,
      async (calls, emulator) => {
        const id = await calls.createDownload()
        const waiting = Promise.allSettled([calls.read(id, '(0,2)'), calls.send('GET', `downloadid=${id}`)])
        while (
          emulator.requests.filter(
            request => request.action === 'readData' || request.action === 'getDownload',
          ).length < 2
        )
          await new Promise(resolve => setImmediate(resolve))
        await emulator.close()
        assert.deepEqual(
          (await waiting).map(({ status }) => status),
          ['rejected', 'rejected'],
        )
      },
    ))

  test('a delay passes on to the work', () =>
    withFaults([{ method: 'POST', table: 'T', fault: { delayMs: 5 } }], async calls => {
      assert.ok(await calls.createDownload())
    }))

  test('a function sees what was asked, and how often', () => {
    const seen: unknown[] = []
    return withFaults(
      request => {
        seen.push([
          request.method,
          request.action,
          request.table,
          request.sequence,
          request.query.get('blockid'),
        ])
        return undefined
      },
      async (calls, emulator) => {
        const id = await calls.createUpload()
        await calls.put(id, 4, twoRows)
        await calls.put(id, 5, twoRows)
        assert.deepEqual(seen, [
          ['POST', 'createUpload', 't', 1, undefined],
          ['PUT', 'putBlock', 't', 1, '4'],
          ['PUT', 'putBlock', 't', 2, '5'],
        ])
        assert.deepEqual(emulator.requests.at(-1)?.query.get('blockid'), '5')
        emulator.setFaults()
        await calls.createUpload()
        assert.equal(seen.length, 3)
      },
    )
  })
})

describe('options', () => {
  const wrong: [object, string, RegExp][] = [
    [{ prot: 1 }, 'ODPS_UNKNOWN_OPTION', /did you mean port\?/],
    [{ port: -1 }, 'ODPS_INVALID_OPTION', /port must be a whole number/],
    [{ dataDir: '' }, 'ODPS_INVALID_OPTION', /dataDir must be a path/],
    [{ credentials: { accessKeyId: 'a' } }, 'ODPS_INVALID_OPTION', /credentials must be/],
    [
      { credentials: { accessKeyId: 'a', accessKeySecret: 'b', token: 'c' } },
      'ODPS_UNKNOWN_OPTION',
      /unknown option token/,
    ],
    [{ faults: [{ fault: { cutBody: 1 } }] }, 'ODPS_UNKNOWN_OPTION', /did you mean cutBodyAfter\?/],
    [{ faults: [{ acton: 'x', fault: 'reset' }] }, 'ODPS_UNKNOWN_OPTION', /did you mean action\?/],
    [{ faults: 'reset' }, 'ODPS_INVALID_OPTION', /faults must be/],
  ]
  for (const [options, code, message] of wrong)
    test(JSON.stringify(options), () =>
      assert.rejects(startEmulator(options), (error: unknown) => {
        assert.ok(error instanceof TunnelOptionError)
        assert.equal(error.code, code)
        assert.match(error.message, message)
        return true
      }),
    )

  test('a port that is taken', () =>
    withEmulator(async emulator => {
      await assert.rejects(startEmulator({ port: emulator.port }), /cannot listen on 127\.0\.0\.1:\d+/)
    }))

  test('tables that are none', () =>
    withEmulator(async emulator => {
      const refused = (definition: object, code: string): Promise<void> =>
        assert.rejects(emulator.createTable(definition as never), { code })
      await refused({ name: 't', columns: {} }, 'ODPS_INVALID_COLUMNS')
      await refused({ name: 't', columns: { a: 'nonsense' } }, 'ODPS_INVALID_COLUMNS')
      await refused({ name: 't', columns: { a: 'decimal(' } }, 'ODPS_INVALID_DATA_TYPE')
      await refused(
        { name: 't', columns: { a: 'int' }, partitionColumns: { A: 'string' } },
        'ODPS_INVALID_COLUMNS',
      )
      await refused({ name: 'a/b', columns: { a: 'int' } }, 'ODPS_INVALID_TABLE_NAME')
      await refused({ name: 't', colums: { a: 'int' } }, 'ODPS_UNKNOWN_OPTION')
      await refused({ columns: { a: 'int' } }, 'ODPS_INVALID_TABLE_NAME')
      await emulator.createTable({ name: 't', columns: { a: 'int' } })
      await refused({ name: 't', columns: { a: 'int' } }, 'ODPS_INVALID_OPTION')
      await emulator.createTable({ name: 't', columns: { b: 'int' }, ifNotExists: true })
      assert.throws(() => emulator.rowCount('nope'), { code: 'ODPS_INVALID_TABLE_NAME' })
      await assert.rejects(emulator.addPartition('t', 'a=1'), { code: 'ODPS_INVALID_PARTITION_SPEC' })
    }))

  test('await using closes it', async () => {
    let port = 0
    {
      await using emulator = await startEmulator()
      port = emulator.port
    }
    await using again = await startEmulator({ port })
    assert.equal(again.endpoint, `http://127.0.0.1:${port}/api`)
  })
})
