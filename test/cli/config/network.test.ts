import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { describe, type TestContext, test } from 'node:test'
import { networkOf, networkOptions } from '../../../lib/cli/config/network.js'
import { OptionValues } from '../../../lib/cli/option-values.js'
import type { Terminal } from '../../../lib/cli/terminal.js'
import { type CliBench, cliBench } from '../support.js'

const valuesOf = (options: Readonly<Record<string, string>>): OptionValues => {
  const values = new OptionValues()
  for (const [name, text] of Object.entries(options))
    values.set(networkOptions.find(option => option.name === name)!, text)
  return values
}

const network = (options: Readonly<Record<string, string>>, environment: Terminal['environment'] = {}) =>
  networkOf(valuesOf(options), { environment } as Terminal)

/** A proxy that leads every name to the emulator, and keeps the names it was asked for. */
const startProxy = async (context: TestContext, { emulator }: CliBench) => {
  const asked: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer((_, response) => response.writeHead(405).end())
  server.on('connect', (request, socket: Socket) => {
    asked.push(request.url!)
    const inner = connect(emulator.port, '127.0.0.1', () => socket.write('HTTP/1.1 200 OK\r\n\r\n'))
    for (const each of [socket, inner]) sockets.add(each.on('error', () => {}))
    socket.pipe(inner).pipe(socket)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  context.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

const far = { ODPS_ENDPOINT: 'http://service.example/api' }

describe('proxies of the command line', () => {
  for (const name of ['HTTP_PROXY', 'http_proxy'])
    test(`${name} is obeyed, and NO_PROXY`, async t => {
      const bench = await cliBench(t)
      const proxy = await startProxy(t, bench)
      await bench.emulator.createTable({ name: 't', columns: { id: 'bigint' } })
      await bench.fill('t', [[1n], [2n]])
      const { stdout } = await bench.ok(['count', 't'], { environment: { ...far, [name]: proxy.url } })
      assert.match(stdout, /\b2\b/)
      assert.deepEqual([...new Set(proxy.asked)], ['service.example:80'])
      const { code } = await bench.run(['count', 't', '--retries', '0'], {
        environment: { ...far, [name]: proxy.url, NO_PROXY: 'other.example,.example' },
      })
      assert.notEqual(code, 0)
      assert.equal(new Set(proxy.asked).size, 1)
    })

  test('--proxy comes before the environment, and none is none', async t => {
    const bench = await cliBench(t)
    const proxy = await startProxy(t, bench)
    await bench.emulator.createTable({ name: 't', columns: { id: 'bigint' } })
    const environment = { ...far, HTTP_PROXY: 'http://127.0.0.1:1', NO_PROXY: '*' }
    await bench.ok(['count', 't', '--proxy', proxy.url], { environment })
    assert.ok(proxy.asked.length > 0)
    const before = proxy.asked.length
    await bench.ok(['count', 't', '--proxy', 'none'], { environment: { HTTP_PROXY: proxy.url } })
    assert.equal(proxy.asked.length, before)
  })

  test('this machine is reached directly', async t => {
    const bench = await cliBench(t)
    await bench.emulator.createTable({ name: 't', columns: { id: 'bigint' } })
    await bench.ok(['count', 't', '--proxy', 'http://127.0.0.1:1'])
  })

  test('what is no proxy is refused, and not shown', async () => {
    for (const [options, environment] of [
      [{ proxy: 'socks5://secret@h:1' }, {}],
      [{ proxy: 'secret' }, {}],
      [{}, { HTTPS_PROXY: 'secret:1' }],
    ] as const)
      await assert.rejects(network(options, environment), error => {
        assert.match(String(error), /must be the URL of an HTTP proxy/)
        return !String(error).includes('secret')
      })
  })
})

describe('patience of the command line', () => {
  test('times and numbers become options of the Tunnel', async () => {
    assert.deepEqual(await network({ 'retry-for': '30m', timeout: '90s', retries: '3' }), {
      requestTimeoutMs: 90_000,
      retry: { totalMs: 1_800_000, attempts: 4 },
      dispatcher: undefined,
    })
    assert.deepEqual((await network({ 'retry-for': '2h' })).retry, {
      totalMs: 7_200_000,
      attempts: Number.MAX_SAFE_INTEGER,
    })
    assert.equal((await network({ timeout: '5' })).requestTimeoutMs, 5000)
  })

  test('a time that is none is refused by name', () => {
    for (const text of ['', '0', '5d', '-1s', '1.5h', 'soon'])
      assert.throws(() => valuesOf({ 'retry-for': text }), /--retry-for must be a time such as 90s/)
  })

  test('with --retries 0 nothing is sent twice', async t => {
    const bench = await cliBench(t)
    let requests = 0
    const server = createServer((_, response) => {
      requests++
      response.writeHead(503).end()
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    t.after(() => server.close())
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`
    const { code } = await bench.run(['count', 't', '--retries', '0', '--endpoint', endpoint])
    assert.deepEqual([code, requests], [1, 1])
  })
})
