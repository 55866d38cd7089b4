import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startEmulator } from '../../lib/emulator/index.js'
import { call, jsonOf } from '../emulator/emulator-client.js'

const main = fileURLToPath(new URL('../../lib/cli/main.ts', import.meta.url))

interface Run {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

const cleanEnv = (extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv => {
  const names = Object.entries(process.env).filter(
    ([name]) => !/^(ALIBABA_CLOUD|ODPS|MAXCOMPUTE)_/.test(name),
  )
  return { ...Object.fromEntries(names), ...extra }
}

const start = (args: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess =>
  spawn(process.execPath, ['--import', 'tsx', main, ...args], {
    env: cleanEnv(env),
    stdio: ['ignore', 'pipe', 'pipe'],
  })

const finish = async (child: ChildProcess): Promise<Run> => {
  let [out, err] = ['', '']
  child.stdout!.on('data', chunk => {
    out += chunk
  })
  child.stderr!.on('data', chunk => {
    err += chunk
  })
  const [code] = await once(child, 'close')
  return { code, out, err }
}

/** Waits for the variables that a started emulator prints. */
const readVariables = async (child: ChildProcess): Promise<Record<string, string>> => {
  let out = ''
  for await (const chunk of child.stdout!.iterator({ destroyOnReturn: false })) {
    out += chunk
    if (out.endsWith('\n\n') && out.includes('export')) break
  }
  return Object.fromEntries([...out.matchAll(/^export (\w+)=(.*)$/gm)].map(match => [match[1]!, match[2]!]))
}

describe('odps-tunnel emulate', () => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    test(`prints what to set, serves, and stops on ${signal} with 0`, async () => {
      const child = start(['emulate', '--project', 'p1', '--project', 'p2'])
      const variables = await readVariables(child)
      assert.deepEqual(Object.keys(variables), [
        'ODPS_ENDPOINT',
        'ODPS_TUNNEL_ENDPOINT',
        'ODPS_PROJECT',
        'ALIBABA_CLOUD_ACCESS_KEY_ID',
        'ALIBABA_CLOUD_ACCESS_KEY_SECRET',
      ])
      assert.equal(variables['ODPS_PROJECT'], 'p1')
      const endpoint = variables['ODPS_ENDPOINT']!
      const { body } = await call(endpoint, 'GET', '/projects/p2/tunnel?service')
      assert.equal(`http://${body}`, variables['ODPS_TUNNEL_ENDPOINT'])
      assert.equal((await call(endpoint, 'GET', '/projects/p3')).status, 404)
      child.kill(signal)
      assert.equal((await finish(child)).code, 0)
    })

  test('--check-signatures takes its key from the environment only, and prints none', async () => {
    const secret = 'neverprinted'
    const child = start(['emulate', '--check-signatures', '--verbose'], {
      ALIBABA_CLOUD_ACCESS_KEY_ID: 'some-id',
      ALIBABA_CLOUD_ACCESS_KEY_SECRET: secret,
    })
    const variables = await readVariables(child)
    assert.equal('ALIBABA_CLOUD_ACCESS_KEY_SECRET' in variables, false)
    const reply = await call(variables['ODPS_TUNNEL_ENDPOINT']!, 'POST', '/projects/p/tables/t?uploads')
    assert.equal(jsonOf(reply)['Code'], 'Unauthorized')
    child.kill('SIGTERM')
    const { code, out, err } = await finish(child)
    assert.equal(code, 0)
    assert.match(out, /POST \/projects\/p\/tables\/t\?uploads 401/)
    assert.doesNotMatch(out + err, new RegExp(secret))
  })

  test('help goes to the output with 0', async () => {
    for (const args of [['--help'], ['emulate', '--help']]) {
      const { code, out, err } = await finish(start(args))
      assert.deepEqual([code, err], [0, ''])
      assert.match(out, /^Usage: odps-tunnel/)
    }
    const { out } = await finish(start(['--version']))
    assert.match(out, /^\d+\.\d+\.\d+\n$/)
  })

  const wrongUsage: [string[], RegExp][] = [
    [[], /^Usage: odps-tunnel/],
    [['emulat'], /no command 'emulat'/],
    [['emulate', '--prot', '1'], /no option --prot\n.*--port\?/],
    [['emulate', '--port', '99999'], /--port must be a whole number from 0 to 65535/],
    [['emulate', '--port', 'x'], /--port must be/],
    [['emulate', 'more'], /does not accept 'more'/],
    [['emulate', '--access-key-secret', 'x'], /secrets are not accepted on the command line/],
    [['emulate', '--check-signatures'], /needs ALIBABA_CLOUD_ACCESS_KEY_ID/],
  ]
  for (const [args, message] of wrongUsage)
    test(`wrong usage ends with 2: ${args.join(' ')}`, async () => {
      const { code, out, err } = await finish(start(args))
      assert.deepEqual([code, out], [2, ''])
      assert.match(err, message)
    })

  test('a failure ends with 1 and tells its code', async () => {
    await using emulator = await startEmulator()
    const { code, out, err } = await finish(start(['emulate', '--port', String(emulator.port)]))
    assert.deepEqual([code, out], [1, ''])
    assert.match(err, /^odps-tunnel: ODPS_INVALID_OPTION: startEmulator: cannot listen on 127\.0\.0\.1:\d+/)
    assert.match(err, /\n {2}next: See 'odps-tunnel emulate --help'\n/)
  })
})
