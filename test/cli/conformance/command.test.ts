import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { allChecks } from '../../../lib/conformance/all-checks.js'
import { Tunnel } from '../../../lib/tunnel.js'
import { type CliBench, cliBench } from '../support.js'

let bench: CliBench
let close: () => Promise<void> = async () => {}

before(async () => {
  bench = await cliBench({
    after: (closeBench: () => Promise<void>) => {
      close = closeBench
    },
  })
})
after(() => close())

const connected = ['conformance', '--region', 'cn-test']

const tables = async (): Promise<string[]> => {
  const credentials = { accessKeyId: 'test-id', accessKeySecret: 'test-secret' }
  await using tunnel = new Tunnel({ endpoint: bench.emulator.endpoint, project: 'p', credentials })
  const names: string[] = []
  for await (const { name } of tunnel.listTables()) names.push(name.table)
  return names
}

/** What was asked of the service. */
const sent = (): number => bench.emulator.requests.length

const terminal = { isTTY: true, isTyped: true }

describe('conformance', () => {
  beforeEach(() => bench.emulator.setFaults())

  test('a person says yes; the emulator is as assumed, and two reports without a name are written', async () => {
    const call = { ...terminal, stdin: 'yes\n', environment: { NO_COLOR: '1' } }
    const { stdout, stderr } = await bench.ok([...connected, '--report', bench.path('report.md')], call)
    assert.equal(stdout, '')
    assert.match(stderr, /^ {2}p\.tmp_odps_tunnel_[0-9a-f]{8}_1 \(\d+ columns?\)$/m)
    assert.match(stderr, /^At most \d+ statements, about [\d,]+ requests, .* of rows\.$/m)
    assert.match(stderr, /Run it in project p\. Type yes to go on: /)
    assert.match(stderr, /^as assumed {2}uploads\.append$/m)
    assert.match(stderr, new RegExp(`^${allChecks.length} ids: ${allChecks.length} as assumed`, 'm'))
    const json = await bench.read('report.json')
    const { results } = JSON.parse(json) as { results: { id: string; state: string }[] }
    assert.deepEqual(
      results.map(({ id, state }) => `${id} ${state}`),
      allChecks.map(({ id }) => `${id} as assumed`),
    )
    for (const text of [await bench.read('report.md'), json])
      assert.doesNotMatch(text, /tmp_odps|127\.0\.0\.1|test-id|test-secret/)
    assert.deepEqual(await tables(), [])
  })

  test('where nobody can answer it shows the plan, and sends nothing without --yes', async () => {
    for (const args of [connected, [...connected, '--json']]) {
      const before = sent()
      const { code, stderr } = await bench.run(args, { stdin: 'yes\n' })
      assert.equal(code, 2)
      assert.match(stderr, /p\.tmp_odps_tunnel_[0-9a-f]{8}_1/)
      assert.match(stderr, /nobody can be asked for confirmation/)
      assert.equal(sent(), before)
    }
  })

  test('a person says no, and nothing is sent', async () => {
    const before = sent()
    const { code, stderr } = await bench.run(connected, { ...terminal, stdin: 'no\n' })
    assert.equal(code, 1)
    assert.match(stderr, /not confirmed/)
    assert.equal(sent(), before)
  })

  test('drops its tables after Ctrl-C, and reports what it has', async () => {
    const { code, stdout, stderr } = await bench.run([...connected, '--yes'], stopAt('errors.no-such-upload'))
    assert.equal(code, 130)
    assert.match(stderr, /\nStopping; [\s\S]*\nInterrupted\. No table of this run is left\.\n$/)
    assert.match(stdout, /, \d+ not reached\*\*$/m)
    assert.deepEqual(await tables(), [])
  })

  test('says at a second Ctrl-C how to drop what is left', async () => {
    const { stderr } = await bench.run([...connected, '--yes'], stopAt('routing.request-id', 2))
    const [, lastWords] = stderr.split('press Ctrl-C again')
    assert.match(
      lastWords!,
      /Interrupted\. Tables of this run are left; .* DROP TABLE `p`\.`tmp_odps_tunnel_\w+_1`;/,
    )
  })

  test('has exit code 1 when something is different, and keeps its tables with --keep', async () => {
    bench.emulator.setFaults([{ action: 'getEndpoint', fault: { status: 200, body: 'http://dt.example' } }])
    const { code, stdout, stderr } = await bench.run([
      ...connected,
      '--yes',
      '--json',
      '--keep',
      '--prefix',
      'MY_',
    ])
    assert.equal(code, 1)
    const { results } = JSON.parse(stdout) as { results: { id: string; state: string; what?: string }[] }
    assert.deepEqual(
      results.filter(({ state }) => state === 'different').map(({ id, what }) => [id, what]),
      [['routing.endpoint', 'an address with a scheme']],
    )
    const names = await tables()
    assert.ok(names.length > 0, 'no tables')
    for (const name of names) assert.match(name, /^my_odps_tunnel_/)
    const kept = stderr.split('\n').find(line => line.includes('"event":"tables"'))
    const { statements } = JSON.parse(kept!) as { statements: string[] }
    assert.deepEqual([...statements].sort(), names.map(name => `DROP TABLE \`p\`.\`${name}\`;`).sort())
    const later = await bench.run([...connected, '--yes', '--prefix', 'my_'], stopAt('routing.endpoint'))
    for (const name of names)
      assert.match(later.stderr, new RegExp(`^ {2}DROP TABLE \`p\`\\.\`${name}\`;$`, 'm'))
    assert.deepEqual(await tables(), names)
  })

  test('fails before it sends anything when the report cannot be written', async () => {
    const before = sent()
    const { code } = await bench.run([...connected, '--yes', '--report', bench.path('no/such/folder/report')])
    assert.equal(code, 1)
    assert.equal(sent(), before)
  })
})

/** Ctrl-C, once or more often, when a check has ended. */
const stopAt = (id: string, times = 1) => {
  let left = times
  return {
    onStderr: (text: string, interrupt: () => void) => {
      if (!text.includes(`as assumed  ${id}`)) return
      while (left > 0) {
        left--
        interrupt()
      }
    },
  }
}
