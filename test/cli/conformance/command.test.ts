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

describe('conformance', () => {
  beforeEach(() => bench.emulator.setFaults())

  test('finds the emulator as assumed, and writes two reports without a name in them', async () => {
    const path = bench.path('report.md')
    const { stdout, stderr } = await bench.ok([...connected, '--yes', '--report', path])
    assert.equal(stdout, '')
    assert.match(stderr, /^ {2}p\.tmp_odps_tunnel_[0-9a-f]{8}_1 \(\d+ columns?\)$/m)
    assert.match(stderr, /^At most \d+ statements, about [\d,]+ requests, .* of rows\.$/m)
    assert.match(stderr, /^as assumed {2}uploads\.append$/m)
    const markdown = await bench.read('report.md')
    const json = JSON.parse(await bench.read('report.json')) as { results: { state: string }[] }
    assert.equal(json.results.length, allChecks.length)
    for (const { state } of json.results) assert.equal(state, 'as assumed')
    for (const text of [markdown, await bench.read('report.json')])
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

  test('a person says yes, or nothing is sent', async () => {
    const terminal = { isTTY: true, isTyped: true }
    const before = sent()
    const no = await bench.run(connected, { ...terminal, stdin: 'no\n' })
    assert.equal(no.code, 1)
    assert.match(no.stderr, /not confirmed/)
    assert.equal(sent(), before)
    const yes = await bench.ok([...connected, '--prefix', 'mine_'], { ...terminal, stdin: 'yes\n' })
    assert.match(yes.stderr, /Run it in project p\. Type yes to go on: /)
    assert.match(
      yes.stdout,
      new RegExp(`^\\*\\*${allChecks.length} ids: ${allChecks.length} as assumed`, 'm'),
    )
  })

  test('has exit code 1 when something is different, and prints it', async () => {
    bench.emulator.setFaults([{ action: 'getEndpoint', fault: { status: 200, body: 'http://dt.example' } }])
    const { code, stdout } = await bench.run([...connected, '--yes', '--json'])
    assert.equal(code, 1)
    const { results } = JSON.parse(stdout) as { results: { id: string; state: string; what?: string }[] }
    const different = results.filter(({ state }) => state === 'different')
    assert.deepEqual(
      different.map(({ id, what }) => [id, what]),
      [['routing.endpoint', 'an address with a scheme']],
    )
  })

  test('drops its tables after Ctrl-C, and reports what it has', async () => {
    let stopped = false
    const { code, stdout, stderr } = await bench.run([...connected, '--yes'], {
      onStderr: (text, interrupt) => {
        if (stopped || !text.includes('as assumed  errors.no-such-upload')) return
        stopped = true
        interrupt()
      },
    })
    assert.equal(code, 130)
    assert.match(stderr, /\nStopping; [\s\S]*\nInterrupted\. No table of this run is left\.\n$/)
    assert.match(stdout, /, \d+ not reached\*\*$/m)
    assert.deepEqual(await tables(), [])
  })

  test('says at a second Ctrl-C how to drop what is left', async () => {
    let stopped = false
    const { stderr } = await bench.run([...connected, '--yes'], {
      onStderr: (text, interrupt) => {
        if (stopped || !text.includes('as assumed  routing.request-id')) return
        stopped = true
        interrupt()
        interrupt()
      },
    })
    const [, lastWords] = stderr.split('press Ctrl-C again')
    assert.match(
      lastWords!,
      /Interrupted\. Tables of this run are left; .* DROP TABLE `p`\.`tmp_odps_tunnel_\w+_1`;/,
    )
  })

  test('keeps its tables with --keep, and a later run lists and leaves them', async () => {
    const kept = await bench.ok([...connected, '--yes', '--keep'])
    const names = await tables()
    assert.ok(names.length > 0, 'no tables')
    for (const name of names)
      assert.match(kept.stderr, new RegExp(`^ {2}DROP TABLE \`p\`\\.\`${name}\`;$`, 'm'))
    const later = await bench.ok([...connected, '--yes'])
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
