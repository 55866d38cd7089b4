import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type EmulatorOptions, startEmulator } from '../../lib/emulator/index.js'
import { TunnelOptionError } from '../../lib/errors.js'
import { idAndName, jsonOf, TableCalls, withEmulator } from './emulator-client.js'

const wrong: [unknown, RegExp][] = [
  [[{ action: 'putBlok', fault: 'reset' }], /faults\[0\]: action must be .*did you mean 'putBlock'/],
  [[{ action: 'PutBlock', fault: 'reset' }], /did you mean 'putBlock'/],
  [[{ action: 'zzzzzzzzzzzz', fault: 'reset' }], /an action of the emulator \(createUpload, .*unknown\)/],
  [[{ action: '', fault: 'reset' }], /action must be an action of the emulator/],
  [[{ fault: 'reset' }, { action: 'commit', fault: 'reset' }], /faults\[1\]: action must be/],
  [[{ acton: 'putBlock', fault: 'reset' }], /unknown option acton; did you mean action/],
  [[{ method: 'put', fault: 'reset' }], /method must be .*did you mean 'PUT'/],
  [[{ fault: 'drop_answer' }], /fault must be .*did you mean 'drop-answer'/],
  [[{ fault: 'rest' }], /did you mean 'reset'/],
  [[{ fault: 'x' }], /'reset', 'drop-answer', 'hang'/],
  [[{ action: 'putBlock' }], /each a rule with a fault/],
  [[{ action: 'putBlock', fault: undefined }], /each a rule with a fault/],
  [[{ fault: {} }], /at least one of delayMs, status/],
  [[{ fault: { delayMs: undefined } }], /at least one of/],
  [[{ fault: { delay: 5 } }], /unknown option delay; did you mean delayMs/],
  [[{ fault: { code: 'FlowExceeded' } }], /status beside code/],
  [[{ fault: { body: 'x', delayMs: 1 } }], /status beside body/],
  [[{ fault: { headers: { a: 'b' } } }], /status beside headers/],
  [[{ fault: { status: 500, headers: { a: 1 } } }], /headers must be an object whose values are text/],
  [[{ fault: { status: '500' } }], /status must be a whole number/],
  [[{ fault: 'reset', times: 0 }], /times must be a whole number of at least 1/],
  [[{ fault: 'reset', after: -1 }], /after must be/],
  ['reset', /faults must be a function or a list/],
]

describe('faults that would never happen are refused', () => {
  for (const [faults, message] of wrong)
    test(JSON.stringify(faults), async () => {
      const isRefused = (error: unknown): boolean => {
        assert.ok(error instanceof TunnelOptionError)
        assert.match(error.message, message)
        return true
      }
      await assert.rejects(startEmulator({ faults } as EmulatorOptions), isRefused)
      await withEmulator(async emulator => {
        assert.throws(() => emulator.setFaults(faults as NonNullable<EmulatorOptions['faults']>), isRefused)
      })
    })

  test('what a function returns is checked when it returns, and told to the client', async () => {
    for (const answer of ['drop_answer', { delay: 1 }, {}, null, 5])
      await withEmulator(
        async emulator => {
          await emulator.createTable({ name: 't', columns: idAndName })
          const reply = await new TableCalls(emulator).send('POST', 'uploads')
          assert.deepEqual([reply.status, jsonOf(reply)['Code']], [400, 'InvalidArgument'])
          assert.match(String(jsonOf(reply)['Message']), /option faults failed/)
        },
        { faults: () => answer as 'reset' },
      )
    const fail = (): never => {
      throw new RangeError('my own mistake')
    }
    await withEmulator(
      async emulator => {
        const reply = await new TableCalls(emulator).send('POST', 'uploads')
        assert.match(String(jsonOf(reply)['Message']), /my own mistake/)
      },
      { faults: fail },
    )
  })
})

describe('other options', () => {
  const options: [unknown, RegExp][] = [
    [{ prot: 1 }, /unknown option prot; did you mean port/],
    [{ projects: [] }, /one or more names/],
    [{ projects: [''] }, /one or more names/],
    [{ projects: 'p' }, /projects must be a list/],
    [{ timeZone: 'Asia/Shangai' }, /timeZone must be a time zone/],
    [{ timeZone: 8 }, /timeZone must be a time zone/],
    [{ credentials: { accessKeyId: 'a' } }, /credentials/],
    [{ dataDir: '' }, /dataDir/],
  ]
  for (const [given, message] of options)
    test(JSON.stringify(given), () => assert.rejects(startEmulator(given as EmulatorOptions), message))

  test('places and definitions', () =>
    withEmulator(async emulator => {
      const place = { shemaName: 's' } as object
      await assert.rejects(emulator.dropTable('t', place), /did you mean schemaName/)
      assert.throws(() => emulator.rowCount('t', undefined, place), /did you mean schemaName/)
      for (const columns of [{ id: 5 }, { id: undefined }, { id: ['bigint'] }, []])
        await assert.rejects(
          emulator.createTable({ name: 't', columns: columns as unknown as { id: string } }),
          TunnelOptionError,
        )
    }))
})
