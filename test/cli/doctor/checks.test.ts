import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { hintOf } from '../../../lib/cli/doctor/hints.js'
import { TunnelError, type TunnelErrorCode, tunnelErrorCodes } from '../../../lib/errors.js'
import type { Reply } from '../hostile-service.js'
import { errorJson, errorXml, startHostileService } from '../hostile-service.js'
import { cliBench } from '../support.js'

const statesOf = (stdout: string): string[] =>
  stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as { check: string; state: string })
    .map(({ check, state }) => `${check} ${state}`)

describe('doctor without a table', () => {
  test('makes signed requests to the service and the tunnel', async context => {
    const bench = await cliBench(context)
    const { stdout, stderr } = await bench.ok(['doctor', '--json'])
    assert.deepEqual(statesOf(stdout), [
      'endpoint ok',
      'credentials ok',
      'clock ok',
      'service ok',
      'route ok',
      'table skipped',
    ])
    assert.doesNotMatch(stderr, /All checks passed/)
    assert.match((await bench.ok(['doctor'])).stderr, /All checks passed/)
    const signed = bench.emulator.requests.filter(({ headers }) => headers.authorization !== undefined)
    assert.deepEqual(
      [...new Set(signed.map(({ action }) => action))],
      ['getTable', 'getEndpoint', 'createDownload'],
    )
  })

  test('sees a wrong key and a wrong project', async context => {
    const bench = await cliBench(context)
    const wrong = { ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'another' }
    const key = await bench.run(['doctor'], { environment: wrong })
    assert.equal(key.code, 1)
    assert.match(key.stdout, /failed +service +ODPS_UNAUTHORIZED: .*\n +next: Check the access key/)
    const project = await bench.run(['doctor', '--project', 'nope'])
    assert.equal(project.code, 1)
    assert.match(project.stdout, /failed +service +ODPS_NO_SUCH_PROJECT/)
  })

  const dull: [what: string, reply: Reply][] = [
    ['400', { status: 400, body: errorXml('InvalidArgument') }],
    ['400, in JSON', { status: 400, body: errorJson('InvalidArgument') }],
    ['400, without a word', { status: 400 }],
    ['404, without a word', { status: 404 }],
    ['404 of a web server', { status: 404, body: '<html>Not Found</html>' }],
    ['400 and that there is no table', { status: 400, body: errorXml('NoSuchObject') }],
    ['403 of a proxy', { status: 403, body: '<html>Forbidden</html>' }],
    ['200 and a page', { body: '<html>Welcome</html>' }],
    ['200 and nothing', {}],
    ['200 and some JSON', { body: '{}' }],
  ]
  for (const [what, reply] of dull)
    test(`is not content with a service that answers ${what} to everything`, async context => {
      const bench = await cliBench(context)
      const headers = { Date: new Date().toUTCString() }
      const service = await startHostileService({ columns: [] }, () => ({ ...reply, headers }))
      context.after(() => service.close())
      for (const args of [['doctor'], ['doctor', 't']]) {
        const { code, stderr, stdout } = await bench.run(args, {
          environment: { ODPS_ENDPOINT: service.endpoint },
        })
        assert.equal(code, 1, stdout)
        assert.doesNotMatch(stderr, /All checks passed/)
        assert.match(stdout, /^failed /m)
      }
    })
})

describe('hints', () => {
  const hints = { denied: 'Ask for SELECT', otherwise: 'Check --tunnel-endpoint' }

  for (const code of tunnelErrorCodes)
    test(`${code}: a right is missing only where the service says so`, () => {
      const hint = hintOf(new TunnelError(code as TunnelErrorCode, 'x'), hints)
      assert.equal(hint === hints.denied, code === 'ODPS_ACCESS_DENIED')
      assert.ok(hint.length > 0)
      assert.doesNotMatch(hint, /odps-tunnel doctor/)
    })

  test('what is no error of the service', () => {
    assert.equal(hintOf(new Error('dlopen failed'), hints), hints.otherwise)
    assert.match(hintOf(new TunnelError('ODPS_MISSING_PACKAGE', 'x'), hints), /Install the package/)
  })

  test('reading that fails for another reason does not ask for SELECT', async context => {
    const bench = await cliBench(context)
    await bench.emulator.createTable({ name: 't', columns: { a: 'bigint' } })
    await bench.fill('t', [[1n]])
    bench.emulator.setFaults([
      { action: 'readData', times: 100, fault: { status: 400, code: 'InvalidArgument' } },
    ])
    const bad = await bench.run(['doctor', 't', '--read-only'])
    assert.match(bad.stdout, /failed +read .*\n +next: Check --tunnel-endpoint and --quota-name/)
    bench.emulator.setFaults([
      { action: 'createDownload', times: 100, fault: { status: 403, code: 'NoPermission' } },
    ])
    const denied = await bench.run(['doctor', 't', '--read-only'])
    assert.match(denied.stdout, /failed +read .*\n +next: Ask the owner of the table for SELECT and DOWNLOAD/)
  })

  test('what is well is said so, in the number it has', async context => {
    const bench = await cliBench(context)
    await bench.emulator.createTable({ name: 't', columns: { a: 'bigint' } })
    await bench.fill('t', [[1n]])
    const { stdout, stderr } = await bench.ok(['doctor', 't'])
    assert.match(stdout, /ok +table +1 column, 1 row\n/)
    assert.match(stderr, /All checks passed/)
  })
})
