import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type CliBench, type CliResult, cliBench } from '../support.js'

/*
 * A service that never answers, and Ctrl-C: every command that moves rows or runs a statement ends, with the exit code of
 * docs/cli.md, and says what came of it. With --json it says so in an event.
 */

interface Case {
  readonly args: readonly string[]
  /** The request that is never answered. */
  readonly action: 'getTable' | 'listPartitions' | 'getInstance' | 'commitUpload'
  readonly once: RegExp
  readonly twice: RegExp
}

const casesOf = (bench: CliBench): readonly Case[] => {
  const [file, output] = [bench.path('f.csv'), bench.path('o.csv')]
  const sent = { once: /^Nothing was sent\.$/, twice: /^Nothing was sent\.$/ }
  const written = { once: /^Nothing was written\.$/, twice: /^Nothing was written\.$/ }
  const copied = { once: /^Nothing was copied\.$/, twice: /^Nothing was copied\.$/ }
  const mayBeIn =
    /^Its commit was under way: it isn't known whether the rows of session \w+ are in the table\.$/
  const stopped = /^The (query|statement), instance \w+, was running; the service was asked to stop it\.$/
  const mayRun = /^The (query|statement), instance \w+, may still be running on the service\.$/
  return [
    { args: ['upload', file, 't'], action: 'getTable', ...sent },
    {
      args: ['upload', file, 't', '--timeout', '500ms'],
      action: 'commitUpload',
      ...{ once: mayBeIn, twice: mayBeIn },
    },
    { args: ['download', 't', output], action: 'getTable', ...written },
    { args: ['download', 'parted', bench.path('folder')], action: 'listPartitions', ...written },
    { args: ['copy', 't', 'u', '--create'], action: 'getTable', ...copied },
    {
      args: ['query', 'SELECT * FROM t', output],
      action: 'getInstance',
      once: stopped,
      twice: mayRun,
    },
    {
      args: ['execute', 'DROP TABLE t'],
      action: 'getInstance',
      once: stopped,
      twice: mayRun,
    },
  ]
}

const interrupted = async (
  bench: CliBench,
  { args, action }: Case,
  times: number,
  flags: readonly string[] = [],
): Promise<CliResult> => {
  bench.emulator.setFaults([{ action, times: 1000, fault: 'hang' }])
  const asked = (): number => bench.emulator.requests.filter(request => request.action === action).length
  const before = asked()
  let interrupt = (): void => {}
  const running = bench.run([...args, ...flags], {
    onStart: stop => {
      interrupt = stop
    },
  })
  while (asked() === before) await new Promise(setImmediate)
  for (let i = 0; i < times; i++) interrupt()
  return running
}

const benchWithTables = async (context: Parameters<typeof cliBench>[0]): Promise<CliBench> => {
  const bench = await cliBench(context)
  await bench.emulator.createTable({ name: 't', columns: { id: 'bigint' } })
  await bench.emulator.createTable({
    name: 'parted',
    columns: { id: 'bigint' },
    partitionColumns: { pt: 'string' },
  })
  await bench.write('f.csv', 'id\n1\n')
  return bench
}

describe('Ctrl-C while the service does not answer', { timeout: 60_000 }, () => {
  test('ends every command, which says what came of it', async context => {
    const bench = await benchWithTables(context)
    for (const each of casesOf(bench)) {
      const what = each.args.join(' ')
      const { code, stderr, stdout } = await interrupted(bench, each, 1)
      assert.equal(code, 130, `${what}: ${stderr}`)
      const [, words] = /^Interrupted\. (.*)$/m.exec(stderr) ?? []
      assert.match(words ?? stderr, each.once, what)
      assert.equal(stdout, '', what)
    }
  })

  test('is not hidden by the bars', async context => {
    const bench = await benchWithTables(context)
    bench.emulator.setFaults([{ action: 'putBlock', times: 1000, fault: 'hang' }])
    let interrupt = (): void => {}
    const running = bench.run(['upload', bench.path('f.csv'), 't'], {
      isTTY: true,
      onStart: stop => {
        interrupt = stop
      },
    })
    while (!bench.emulator.requests.some(({ action }) => action === 'putBlock'))
      await new Promise(setImmediate)
    interrupt()
    const { code, stderr } = await running
    assert.equal(code, 130)
    const [bars, words, ...more] = stderr.split('\nStopping; ')
    assert.match(bars!, /█ 100 %/)
    assert.match(words!, /^press Ctrl-C again to stop immediately\.\nInterrupted\. Nothing was committed\.\n/)
    assert.equal(more.length, 0)
  })

  test('once and twice, in events', async context => {
    const bench = await benchWithTables(context)
    for (const each of casesOf(bench)) {
      const what = each.args.join(' ')
      const { code, stderr } = await interrupted(bench, each, 2, ['--json'])
      assert.equal(code, 130, `${what}: ${stderr}`)
      const events = stderr
        .trim()
        .split('\n')
        .map(line => JSON.parse(line))
        .filter(({ event }) => !['query', 'start', 'progress'].includes(event))
      // The process would have ended behind the second one.
      assert.deepEqual(
        events.map(({ event }) => event),
        ['stopping', 'interrupted', 'interrupted'],
        what,
      )
      assert.match(events[1].message, each.twice, what)
      assert.match(events[2].message, each.once, what)
    }
  })
})
