import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { describeCauses, describeError, readable } from '../../lib/cli/report-error.js'
import { CliError, UsageError } from '../../lib/cli/usage-error.js'
import {
  TunnelError,
  TunnelRequestError,
  TunnelServiceError,
  TunnelValueError,
  tunnelErrorCodes,
} from '../../lib/errors.js'
import { cliBench } from './support.js'

describe('the next step', () => {
  test('of every code is a step of its own, and never only to look for the cause', () => {
    const only = tunnelErrorCodes.filter(code =>
      /^Run it again with --verbose/.test(describeError(new TunnelError(code, 'x')).next),
    )
    assert.deepEqual(only, ['ODPS_STREAM_DESTROYED', 'ODPS_STREAM_ENDED'])
  })

  for (const [code, next] of [
    ['ODPS_INVALID_OPTION', /^Correct this option or setting; 'odps-tunnel config show'/],
    ['ODPS_SERVICE_ERROR', /^The message is the service's own; .* request id, which --verbose shows$/],
    ['ODPS_COMMIT_UNKNOWN', /^Resume it/],
    ['ODPS_CHECKSUM_MISMATCH', /another --compression/],
    ['ODPS_NO_SUCH_PARTITION', /^See the partitions with 'odps-tunnel partitions list <table>'; upload, /],
    ['ODPS_QUERY_FAILED', /^Correct the statement/],
    ['ODPS_NO_SUCH_COLUMN', /odps-tunnel schema <table>/],
  ] as const)
    test(code, () => {
      const report = describeError(new TunnelError(code, 'no'))
      assert.match(report.next, next)
      assert.deepEqual([report.what, report.exitCode], [`${code}: no`, 1])
    })

  test('of an endpoint without its path, and of an emulator without its package, is that', async context => {
    const bench = await cliBench(context)
    const environment = { ODPS_ENDPOINT: new URL('/', bench.emulator.endpoint).href }
    const { stderr } = await bench.run(['count', 't'], { environment })
    assert.match(stderr, /405.*\n {2}next: Check the path of the endpoint, which usually ends in \/api; /)
    const query = new TunnelError(
      'ODPS_QUERY_FAILED',
      'the emulator does not have queries other than plain reads without the package @duckdb/node-api (npm install it)',
    )
    assert.equal(
      describeError(query).next,
      'Install the package that the message names where the emulator runs',
    )
  })

  test('of a record that does not fit is to set it aside', () => {
    const error = new TunnelValueError('ODPS_FIELD_TOO_LONG', 'too long', { column: 'a', rowIndex: 3 })
    assert.match(describeError(error).next, /^Correct the record, .* --bad-records <file>$/)
  })

  for (const [code, next] of [
    ['ENOENT', 'Check the path'],
    ['EACCES', 'Check the permissions of the path'],
    ['ENOSPC', 'Free some space on the disk'],
    ['EWHAT', 'To see the cause, run it again with --verbose'],
  ] as const)
    test(`of the system's ${code}`, () =>
      assert.deepEqual(describeError(Object.assign(new Error('no'), { code })), {
        ...{ what: 'no', next, exitCode: 1 },
      }))

  test('of wrong usage is the help of the command, where the error has none of its own', () => {
    assert.deepEqual(describeError(new UsageError('no'), 'odps-tunnel head --help'), {
      ...{ what: 'no', next: "See 'odps-tunnel head --help'", exitCode: 2 },
    })
    assert.equal(describeError(new UsageError('no', 'so'), 'odps-tunnel head --help').next, 'so')
    assert.equal(describeError(new UsageError('no')).next, "See 'odps-tunnel --help'")
  })

  for (const [args, help] of [
    [['head', 't', '--lines', 'x'], 'odps-tunnel head --help'],
    [['u', 'f', 't', '--block-size', 'x'], 'odps-tunnel upload --help'],
    [['tunnel', 'd', 't', 'f', '-t', '0'], 'odps-tunnel download --help'],
  ] as const)
    test(`${args.join(' ')} points to ${help}`, async context => {
      const bench = await cliBench(context)
      const { code, stderr } = await bench.run(args)
      assert.deepEqual([code, stderr.split('\n')[1]], [2, `  next: See '${help}'`])
    })
})

describe('what an error tells', () => {
  test('is one line, in which nothing steers the terminal', () => {
    const { what } = describeError(new CliError('first  \n   second\n\u001b[31mthird'))
    assert.equal(what, 'first second \u001b[31mthird')
    assert.equal(readable('a\n b\u001b[31m\u202e'), 'a b\\u001b[31m\\u202e')
    assert.equal(readable('x'.repeat(5000)), `${'x'.repeat(4000)}…`)
  })

  test('has the exit code of the error', () =>
    assert.equal(describeError(new CliError('no', 'so', { exitCode: 3 })).exitCode, 3))

  test('of what is no error is its text', () => assert.equal(describeError('gone').what, 'gone'))

  test('with --verbose are the causes, the request id and the session', () => {
    const cause = new TunnelRequestError('ODPS_CONNECTION_LOST', 'cut\noff', {
      ...{
        method: 'PUT',
        path: '/',
        attempts: 2,
        cause: Object.assign(new Error('reset'), { sessionId: 's1' }),
      },
    })
    const error = new TunnelServiceError('ODPS_SERVICE_ERROR', 'no', {
      ...{ method: 'GET', path: '/', attempts: 3, statusCode: 500, serviceCode: 'X', requestId: 'r1', cause },
    })
    assert.deepEqual(describeCauses(error), [
      '  service: status 500, code X, request id r1, sent 3 times',
      '  cause: TunnelRequestError: cut off',
      '  cause: Error: reset',
      '  session: s1',
    ])
  })

  test('of an error of our own has its stack, and no end is a loop', () => {
    const error = new Error('a\nb')
    error.cause = error
    const lines = describeCauses(error)
    assert.ok(lines.some(line => /^ +at .*report-error\.test/.test(line)))
    assert.equal(lines.filter(line => line === '  cause: Error: a b').length, 7)
  })
})
