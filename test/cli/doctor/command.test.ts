import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { cliBench } from '../support.js'

describe('doctor', () => {
  test('is content with the emulator, and leaves the table as it is', async context => {
    const bench = await cliBench(context)
    await bench.emulator.createTable({ name: 't', columns: { id: 'bigint', name: 'string' } })
    const { stdout } = await bench.ok(['doctor', 't'])
    const checks = stdout
      .trim()
      .split('\n')
      .map(line => line.split(/ +/).slice(0, 2).join(' '))
    for (const check of [
      'endpoint',
      'credentials',
      'clock',
      'table',
      'route',
      'read',
      'write',
      'raw',
      'snappy',
    ])
      assert.ok(checks.includes(`ok ${check}`), check)
    assert.match(stdout, /ok +read +can be read, but has no rows to try/)
    assert.match(
      stdout,
      /ok +snappy +a block of 2000 rows, .* was accepted in \d+ ms, and listed by the service \d+ ms later/,
    )
    assert.equal(bench.emulator.rowCount('t'), 0)
  })

  test('reads the first rows', async context => {
    const bench = await cliBench(context)
    await bench.emulator.createTable({ name: 't', columns: { id: 'bigint' } })
    await bench.fill('t', [[1], [2], [3]])
    const { stdout } = await bench.ok(['doctor', 't', '--read-only'])
    assert.match(stdout, /ok +read +the first 3 of 3 rows arrived in \d+ ms/)
  })

  test('believes a block only when the service lists it', async context => {
    const bench = await cliBench(context, {
      faults: [{ action: 'getUpload', times: 1, fault: { status: 403, code: 'NoPermission' } }],
    })
    await bench.emulator.createTable({ name: 't', columns: { id: 'bigint' } })
    const { code, stdout } = await bench.run(['doctor', 't'])
    assert.equal(code, 1)
    assert.match(stdout, /failed +raw +ODPS_ACCESS_DENIED/)
    assert.match(stdout, /ok +snappy/)
  })

  test('names what is wrong and the next step', async context => {
    const bench = await cliBench(context)
    const { code, stdout } = await bench.run(['doctor', 't', '--json'], {
      environment: { ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'no' },
    })
    assert.equal(code, 1)
    const table = stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
      .find(({ check }) => check === 'table')
    assert.equal(table.state, 'failed')
    assert.match(table.what, /ODPS_UNAUTHORIZED/)
    assert.match(table.next, /Check the access key/)
  })
})
