import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { describe, mock, type TestContext, test } from 'node:test'
import { Client, type Dispatcher, request } from 'undici'
import { type Emulator, type EmulatorClock, type Fault, startEmulator } from '../../../lib/emulator/index.js'
import { Tunnel } from '../../../lib/tunnel.js'
import { twoRows } from '../emulator-client.js'

const start = async (context: TestContext, options = {}): Promise<Emulator> => {
  const emulator = await startEmulator({ projects: ['p'], ...options })
  context.after(() => emulator.close())
  await emulator.createTable({ name: 't', columns: { id: 'bigint', name: 'string' } })
  return emulator
}

const table = 'http://any.example/projects/p/tables/t'
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)

/** The `request` of one version of undici, given a dispatcher that is not its own. */
type Request = (
  url: string,
  options: { method: string; body?: unknown; headers?: unknown; dispatcher: unknown },
) => Promise<{
  statusCode: number
  headers: Record<string, unknown>
  body: { json(): Promise<unknown>; arrayBuffer(): Promise<ArrayBuffer> }
}>

const asRequest = (send: unknown): Request => send as Request

describe('the dispatcher answers the clients of', () => {
  const versions: [string, boolean, () => Promise<Request>][] = [
    ['undici 6', true, async () => asRequest((await import('undici-6')).request)],
    ['undici 7', true, async () => asRequest(request)],
    [
      'undici 8',
      major > 22 || (major === 22 && minor >= 19),
      async () => asRequest((await import('undici-8')).request),
    ],
  ]
  for (const [name, runs, load] of versions)
    test(name, { skip: runs ? false : 'needs a newer Node' }, async context => {
      const { dispatcher, rows } = bound(await start(context, { listen: false }))
      const send = await load()
      const created = await send(`${table}?uploads`, { method: 'POST', dispatcher })
      assert.equal(created.statusCode, 200)
      assert.equal(created.headers['content-type'], 'application/json')
      const { UploadID } = (await created.body.json()) as { UploadID: string }
      const bodies: unknown[] = [
        twoRows,
        [twoRows],
        Readable.from([twoRows.subarray(0, 7), twoRows.subarray(7)]),
      ]
      for (const [blockId, body] of bodies.entries()) {
        const url = `${table}?uploadid=${UploadID}&blockid=${blockId}`
        const put = await send(url, { method: 'PUT', body, headers: ['X-Odd', '1'], dispatcher })
        assert.equal(put.statusCode, 200)
        assert.equal((await put.body.arrayBuffer()).byteLength, 0)
      }
      await send(`${table}?uploadid=${UploadID}`, { method: 'POST', dispatcher })
      const two = [
        { id: 1n, name: 'abc' },
        { id: 2n, name: null },
      ]
      assert.deepEqual(await rows('t'), [...two, ...two, ...two])
    })

  test("Node's own fetch", async context => {
    const { dispatcher } = await start(context, { listen: false })
    const options = { method: 'POST', dispatcher } as unknown as RequestInit
    const answer = await fetch(`${table}?downloads`, options)
    assert.equal(answer.status, 200)
    const { DownloadID, RecordCount } = (await answer.json()) as Record<string, unknown>
    assert.equal(RecordCount, 0)
    const url = `${table}?downloadid=${DownloadID}&data&rowrange=(0,1)`
    const data = await fetch(url, { dispatcher } as unknown as RequestInit)
    assert.equal(Buffer.from(await data.arrayBuffer()).toString('hex'), 'f0ffff7f00f8ffff7f00')
    const refused = await fetch(`${table}?nothing`, {
      method: 'DELETE',
      dispatcher,
    } as unknown as RequestInit)
    assert.equal(refused.status, 405)
  })
})

const bound = (emulator: Emulator): Pick<Emulator, 'dispatcher' | 'rows'> => ({
  dispatcher: emulator.dispatcher,
  rows: emulator.rows.bind(emulator),
})

/** Time that only moves when somebody sleeps. */
const virtualClock = (): EmulatorClock & { slept: number[] } => {
  let now = Date.UTC(2025, 0, 2)
  const slept: number[] = []
  return {
    slept,
    now: () => now,
    sleep: async ms => {
      slept.push(ms)
      now += ms
    },
    random: () => 0.5,
  }
}

/** How a request ended for its client: the status and the length of the body, or the words of an error. */
const outcome = async (dispatcher: Dispatcher, origin: string, path: string): Promise<string> => {
  const timeouts = { headersTimeout: 150, bodyTimeout: 150 }
  try {
    const { statusCode, body } = await request(`${origin}${path}`, { ...timeouts, dispatcher })
    try {
      return `${statusCode}, ${(await body.arrayBuffer()).byteLength} bytes`
    } catch (error) {
      return `${statusCode}, then ${wordOf(error)}`
    }
  } catch (error) {
    return wordOf(error)
  }
}

const wordOf = (error: unknown): string => {
  const { code } = error as NodeJS.ErrnoException
  // A socket that was reset tells it in either word.
  return code === 'ECONNRESET' || code === 'UND_ERR_SOCKET' ? 'connection lost' : String(code)
}

/** The length of the answer to GET /api/tenants. */
const tenantBytes = 164

describe('trouble ends a request in process as it does on a socket', () => {
  const faults: Record<string, Fault> = {
    none: { headers: {}, status: 200, body: 'good' },
    reset: 'reset',
    'drop-answer': 'drop-answer',
    hang: 'hang',
    'a short delay': { delayMs: 10 },
    'a delay beyond headersTimeout': { delayMs: 2000 },
    'an error': { status: 503, body: 'busy' },
    'a cut at the start': { cutBodyAfter: 0 },
    'a cut in the middle': { cutBodyAfter: 50 },
    'a cut at the very end': { cutBodyAfter: tenantBytes },
    'a cut beyond the end': { cutBodyAfter: 100_000 },
    'a stall at the start': { stallBodyAfter: 0 },
    'a stall in the middle': { stallBodyAfter: 50 },
    'a flipped bit': { corruptBodyAt: 3 },
    'a cut request without a body': { cutRequestAfter: 0 },
  }
  for (const [name, fault] of Object.entries(faults))
    test(name, async context => {
      const clock = virtualClock()
      const path = '/api/tenants'
      const onSocket = await start(context)
      onSocket.setFaults(() => fault)
      const client = new Client(onSocket.tunnelEndpoint)
      context.after(() => client.destroy())
      const inProcess = await start(context, { listen: false, clock })
      inProcess.setFaults(() => fault)
      const expected = await outcome(client, onSocket.tunnelEndpoint, path)
      assert.equal(await outcome(inProcess.dispatcher, 'http://any.example', path), expected)
    })

  test('a cut request', async context => {
    for (const listen of [true, false]) {
      const emulator = await start(context, { listen })
      emulator.setFaults([{ action: 'putBlock', fault: { cutRequestAfter: 20 } }])
      const origin = emulator.tunnelEndpoint
      const dispatcher = listen ? new Client(origin) : emulator.dispatcher
      if (listen) context.after(() => dispatcher.destroy())
      const created = await request(`${origin}/projects/p/tables/t?uploads`, { method: 'POST', dispatcher })
      const { UploadID } = (await created.body.json()) as { UploadID: string }
      const url = `${origin}/projects/p/tables/t?uploadid=${UploadID}&blockid=0`
      const parts = [twoRows.subarray(0, 15), twoRows.subarray(15)]
      await assert.rejects(
        request(url, { method: 'PUT', body: Readable.from(parts), dispatcher }),
        error => wordOf(error) === 'connection lost',
      )
      assert.equal(emulator.rowCount('t'), 0)
    }
  })
})

describe('in process', () => {
  test('a fault waits on the clock it was given, as long as the client would', async context => {
    const clock = virtualClock()
    const emulator = await start(context, { listen: false, clock })
    const send = (headersTimeout: number): Promise<unknown> =>
      request(`${table}?downloads`, {
        ...{ method: 'POST', dispatcher: emulator.dispatcher, headersTimeout },
      })
    emulator.setFaults(() => ({ delayMs: 3_600_000 }))
    await assert.rejects(send(60_000), { code: 'UND_ERR_HEADERS_TIMEOUT' })
    await assert.rejects(send(3_599_999), { code: 'UND_ERR_HEADERS_TIMEOUT' })
    await send(3_600_000)
    await send(0)
    assert.deepEqual(clock.slept, [60_000, 3_599_999, 3_600_000, 3_600_000])
  })

  test('nothing needs a timer, an immediate or a port', async context => {
    const emulator = await start(context, { listen: false })
    mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'setImmediate', 'Date'] })
    context.after(() => mock.timers.reset())
    const { dispatcher } = emulator
    const created = await request(`${table}?uploads`, { method: 'POST', dispatcher })
    const { UploadID } = (await created.body.json()) as { UploadID: string }
    const block = `${table}?uploadid=${UploadID}&blockid=0`
    await (await request(block, { method: 'PUT', body: twoRows, dispatcher })).body.dump()
    await (await request(`${table}?uploadid=${UploadID}`, { method: 'POST', dispatcher })).body.dump()
    assert.equal(emulator.rowCount('t'), 2)
  })

  test('the same clock and chance give the same answers, to the byte', async context => {
    const answers = async (): Promise<string[]> => {
      const { dispatcher } = await start(context, { listen: false, clock: virtualClock() })
      const read: string[] = []
      for (const action of ['uploads', 'downloads']) {
        const { headers, body } = await request(`${table}?${action}`, { method: 'POST', dispatcher })
        read.push(JSON.stringify(headers), await body.text())
      }
      return read
    }
    const first = await answers()
    assert.match(first[1]!, /"UploadID":"20250102000000(80){16}"/)
    assert.deepEqual(await answers(), first)
  })

  test('an answer waits for its reader', async context => {
    const emulator = await start(context, { listen: false })
    await emulator.insert(
      't',
      Array.from({ length: 50_000 }, (_, i) => [BigInt(i), 'x'.repeat(20)]),
    )
    const { dispatcher } = emulator
    const created = await request(`${table}?downloads`, { method: 'POST', dispatcher })
    const { DownloadID } = (await created.body.json()) as { DownloadID: string }
    const url = `${table}?downloadid=${DownloadID}&data&rowrange=(0,50000)`
    const { body } = await request(url, { dispatcher })
    for (let i = 0; i < 20; i++) await new Promise(setImmediate)
    assert.ok(body.readableLength < 300_000, `${body.readableLength} bytes came unread`)
    let bytes = 0
    for await (const chunk of body) bytes += chunk.length
    assert.ok(bytes > 1_500_000, `${bytes} bytes came in all`)
  })

  test('a client that gives up, and a body that fails, end the request', async context => {
    const emulator = await start(context, { listen: false })
    const { dispatcher } = emulator
    emulator.setFaults([{ action: 'createDownload', fault: 'hang' }])
    const controller = new AbortController()
    const { signal } = controller
    const hanging = request(`${table}?downloads`, { method: 'POST', dispatcher, signal })
    controller.abort(new Error('given up'))
    await assert.rejects(hanging, { message: 'given up' })
    const created = await request(`${table}?uploads`, { method: 'POST', dispatcher })
    const { UploadID } = (await created.body.json()) as { UploadID: string }
    const failing = Readable.from(
      (function* () {
        yield twoRows.subarray(0, 10)
        throw new Error('no more')
      })(),
    )
    const url = `${table}?uploadid=${UploadID}&blockid=0`
    await assert.rejects(request(url, { method: 'PUT', body: failing, dispatcher }), { message: 'no more' })
    assert.equal(emulator.requests.filter(({ action }) => action === 'putBlock').length, 1)
  })

  test('after close() every request is refused like one to a closed port', async context => {
    const emulator = await start(context, { listen: false })
    emulator.setFaults([{ action: 'createDownload', fault: 'hang' }])
    const { dispatcher } = emulator
    const hanging = assert.rejects(request(`${table}?downloads`, { method: 'POST', dispatcher }), {
      code: 'UND_ERR_SOCKET',
    })
    await emulator.close()
    await hanging
    await assert.rejects(request(table, { dispatcher }), { code: 'ECONNREFUSED', syscall: 'connect' })
    const tunnel = new Tunnel({ ...emulator.connection, retry: { attempts: 1 } })
    await assert.rejects(tunnel.createUploadSession({ table: 't' }), { code: 'ODPS_CONNECT_FAILED' })
  })
})
