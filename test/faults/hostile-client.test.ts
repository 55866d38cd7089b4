import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { type Emulator, type EmulatorOptions, startEmulator } from '../../lib/emulator/index.js'
import { call, idAndName, jsonOf, TableCalls, twoRows } from '../emulator/emulator-client.js'

const start = async (context: TestContext, options: EmulatorOptions = {}): Promise<Emulator> => {
  const emulator = await startEmulator({ projects: ['p'], ...options })
  context.after(() => emulator.close())
  await emulator.createTable({ name: 't', columns: idAndName, partitionColumns: { pt: 'string' } })
  return emulator
}

const dial = async ({ port }: Emulator): Promise<Socket> => {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}

/** Sends bytes as they are and collects what comes back until the end. */
const sendRaw = async (emulator: Emulator, bytes: string): Promise<string> => {
  const socket = await dial(emulator)
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  socket.write(bytes)
  await once(socket, 'close')
  return Buffer.concat(chunks).toString()
}

const stillWorks = async (emulator: Emulator): Promise<void> => {
  const calls = new TableCalls(emulator, '/projects/p/tables/t', 'pt=1')
  await emulator.addPartition('t', 'pt=1')
  await calls.upload([twoRows])
  assert.ok(emulator.rowCount('t', 'pt=1') >= 2)
}

const traversals = ['..', '../../x', '..\\x', '/etc/x', 'a\0b', '%2e%2e', 'x/../../y', '.', '~', 'con:']

describe('names do not leave dataDir', () => {
  test('of tables, partitions, schemas and projects, by requests, SQL and the program', async context => {
    const parent = await mkdtemp(join(tmpdir(), 'odps-tunnel-hostile-'))
    context.after(() => rm(parent, { recursive: true, force: true }))
    const emulator = await start(context, { dataDir: join(parent, 'data'), projects: ['p', ...traversals] })
    for (const name of traversals) {
      const path = encodeURIComponent(name)
      for (const url of [
        `/projects/p/tables/${path}?uploads`,
        `/projects/p/schemas/${path}/tables/t?uploads`,
        `/projects/${path}/tables/t?uploads`,
        `/projects/p/tables/t?uploads&create_partition=true&partition=${encodeURIComponent(`pt=${name}`)}`,
        `/projects/p/tables/t?uploads&curr_schema=${path}`,
      ])
        assert.notEqual((await call(emulator.tunnelEndpoint, 'POST', url)).status, 500, url)
      await emulator.createTable({ name, columns: idAndName }).catch(() => {})
      await emulator.createTable({ name: 'u', schemaName: name, columns: idAndName }).catch(() => {})
      await emulator.createTable({ name: 'u', project: name, columns: idAndName }).catch(() => {})
      const query = `create table if not exists \`${name}\` (a bigint);`
      const job = `<Instance><Job><Tasks><SQL><Name>q</Name><Query><![CDATA[${query}]]></Query></SQL></Tasks></Job></Instance>`
      await call(emulator.endpoint, 'POST', '/projects/p/instances', { body: Buffer.from(job) })
    }
    await stillWorks(emulator)
    assert.deepEqual(await readdir(parent), ['data'])
    const entries = (await readdir(join(parent, 'data'), { recursive: true })).sort()
    const strange = entries.filter(
      entry =>
        !/^(emulator\.lock|tables(\/[0-9a-f]{32}(\/(manifest\.json|[0-9a-f]{32}\.(rec|idx)))?)?)$/.test(
          entry,
        ),
    )
    assert.deepEqual(strange, [])
  })
})

describe('requests that mean two things', () => {
  const body = 'GET /projects/p/tables/t?smuggled HTTP/1.1\r\nHost: h\r\n\r\n'
  const heads: Readonly<Record<string, string>> = {
    'two lengths': `Content-Length: 5\r\nContent-Length: ${body.length}\r\n`,
    'a length and chunks': `Content-Length: ${body.length}\r\nTransfer-Encoding: chunked\r\n`,
    'a strange encoding': `Transfer-Encoding: xchunked\r\nContent-Length: ${body.length}\r\n`,
    'a blank before the colon': `Content-Length : ${body.length}\r\n`,
    'a folded header': `X-A: 1\r\n Content-Length: ${body.length}\r\n`,
    'a bare line feed': `X-A: 1\nContent-Length: ${body.length}\r\n`,
    'a length that is no number': 'Content-Length: +5\r\n',
  }
  for (const [name, head] of Object.entries(heads))
    test(`${name}: refused, and nothing behind it is a request`, async context => {
      const emulator = await start(context, { idleTimeoutMs: 2_000 })
      const answer = await sendRaw(
        emulator,
        `PUT /projects/p/tables/t?uploadid=1&blockid=0 HTTP/1.1\r\nHost: h\r\n${head}\r\n${body}`,
      )
      assert.match(answer, /^HTTP\/1\.1 400 /)
      assert.ok(!emulator.requests.some(({ query }) => query.has('smuggled')), 'it was taken as a request')
      await stillWorks(emulator)
    })

  test('line ends in answers come from nowhere', async context => {
    const emulator = await start(context)
    const answer = await call(
      emulator.tunnelEndpoint,
      'POST',
      '/projects/p%0d%0aSet-Cookie:%20a=b/tables/t?uploads&quotaName=x%0d%0aSet-Cookie:%20a=b',
    )
    assert.equal(answer.headers['set-cookie'], undefined)
  })
})

describe('too much', () => {
  test('of a query: 431, and the connection ends', async context => {
    const emulator = await start(context)
    const answer = await sendRaw(
      emulator,
      `GET /projects/p/tables/t?a=${'x'.repeat(2 ** 20)} HTTP/1.1\r\nHost: h\r\n\r\n`,
    )
    assert.match(answer, /^HTTP\/1\.1 4\d\d |^$/)
    await stillWorks(emulator)
  })

  test('of a job: refused at its limit, not read to the end', async context => {
    const emulator = await start(context)
    const part = Buffer.alloc(1 << 20, 'x')
    const body = Array.from({ length: 6 }, () => part)
    const answer = await call(emulator.endpoint, 'POST', '/projects/p/instances', { body }).catch(
      error => error,
    )
    if (!(answer instanceof Error)) assert.equal(answer.status, 413)
    await stillWorks(emulator)
  })

  test('of a block that claims a row of 4 GB: refused, without the memory', async context => {
    const emulator = await start(context)
    await emulator.addPartition('t', 'pt=1')
    const calls = new TableCalls(emulator, '/projects/p/tables/t', 'pt=1')
    const before = process.memoryUsage().rss
    const answer = await calls.put(await calls.createUpload(), 0, [Buffer.from('12ffffffff0f', 'hex')])
    assert.equal(answer.status, 400)
    assert.equal(jsonOf(answer)['Code'], 'MalformedDataStream')
    assert.ok(process.memoryUsage().rss - before < 512 * 2 ** 20)
  })

  test('of connections: with 1 000 idle ones it still answers', async context => {
    const emulator = await start(context)
    const idle = await Promise.all(Array.from({ length: 1_000 }, () => dial(emulator)))
    await stillWorks(emulator)
    for (const socket of idle) socket.destroy()
  })
})

describe('clients that are slow', () => {
  test('with the head of a request: their connection is closed', async context => {
    const emulator = await start(context, { idleTimeoutMs: 400 })
    const socket = await dial(emulator)
    const closed = once(socket, 'close')
    let answer = ''
    socket.on('data', chunk => {
      answer += String(chunk)
    })
    socket.write('GET /projects/p/tables/t HTTP/1.1\r\nHost: h\r\n')
    const drops = setInterval(() => socket.write('X-A: 1\r\n'), 20)
    await closed
    clearInterval(drops)
    assert.doesNotMatch(answer, /^HTTP\/1\.1 200/)
    await stillWorks(emulator)
  })

  test('with a body: their connection is closed when nothing moves, and nothing is kept', async context => {
    const emulator = await start(context, { idleTimeoutMs: 400 })
    await emulator.addPartition('t', 'pt=1')
    const calls = new TableCalls(emulator, '/projects/p/tables/t', 'pt=1')
    const id = await calls.createUpload()
    const socket = await dial(emulator)
    const closed = once(socket, 'close')
    socket.write(
      `PUT /projects/p/tables/t?uploadid=${id}&blockid=0&partition=pt%3D1 HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n`,
    )
    socket.write(twoRows.subarray(0, 10))
    await closed
    const state = await calls.send('GET', `uploadid=${id}`)
    assert.deepEqual(jsonOf(state)['UploadedBlockList'], [])
  })
})

test('only 127.0.0.1 is listened on unless the option says otherwise', async context => {
  const emulator = await start(context)
  assert.match(emulator.endpoint, /^http:\/\/127\.0\.0\.1:\d+\/api$/)
  const socket = connect({ port: emulator.port, host: '::1' })
  const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException]
  assert.ok(['ECONNREFUSED', 'EADDRNOTAVAIL', 'EAFNOSUPPORT'].includes(error.code ?? ''))
})
