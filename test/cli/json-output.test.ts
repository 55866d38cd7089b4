import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type CliBench, type CliResult, cliBench } from './support.js'

/* With --json whatever a command says is a line of JSON, on stdout its result and on stderr what happens meanwhile. */

const rows = Array.from({ length: 30_000 }, (_, i) => [BigInt(i), `row ${i}`])
const csv = `id,name\n${rows.map(row => row.join(',')).join('\n')}\n`

const benchWithRows = async (context: Parameters<typeof cliBench>[0]): Promise<CliBench> => {
  const bench = await cliBench(context)
  await bench.emulator.createTable({ name: 't', columns: { id: 'bigint', name: 'string' } })
  await bench.emulator.createTable({
    name: 'keyed',
    columns: { id: 'bigint', name: 'string' },
    primaryKey: ['id'],
  })
  await bench.emulator.createTable({
    name: 'parted',
    columns: { id: 'bigint' },
    partitionColumns: { pt: 'string' },
  })
  await bench.fill('t', rows)
  await bench.fill('parted', [[1n]], 'pt=a')
  await bench.write('f.csv', csv)
  await bench.write('bad.csv', 'id,name\n1,a\nx,b\n')
  await bench.write('empty.csv', 'id,name\n')
  return bench
}

const linesOf = (text: string): Record<string, unknown>[] =>
  text
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as Record<string, unknown>)

const last = ({ stderr }: CliResult): Record<string, unknown> => linesOf(stderr).at(-1)!

describe('--json', () => {
  test('every command says what it says in JSON', async context => {
    const bench = await benchWithRows(context)
    const [f, bad, empty] = ['f.csv', 'bad.csv', 'empty.csv'].map(name => bench.path(name)) as [
      string,
      string,
      string,
    ]
    for (const [args, code] of [
      [['head', 't'], 0],
      [['head', 'parted'], 0],
      [['head', 'nope'], 1],
      [['count', 't'], 0],
      [['count', 'parted', '--by-partition'], 0],
      [['schema', 't'], 0],
      [['schema', 'parted'], 0],
      [['tables'], 0],
      [['tables', 'exists', 't'], 0],
      [['tables', 'drop', 'nope', '--yes'], 1],
      [['tables', 'drop', 'nope', '--yes', '--if-exists'], 0],
      [['tables', 'drop', 't'], 2],
      [['partitions', 'list', 'parted'], 0],
      [['partitions', 'create', 'parted/pt=b'], 0],
      [['partitions', 'drop', 'parted/pt=b', '--yes'], 0],
      [['schemas'], 0],
      [['infer', f], 0],
      [['infer', bad, '--columns', 'id'], 2],
      [['config'], 0],
      [['doctor', 't'], 0],
      [['doctor', 'nope'], 1],
      [['sessions'], 0],
      [['sessions', 'show'], 1],
      [['upload', f, 't', '--explain'], 0],
      [['upload', f, 't', '--scan', 'only'], 0],
      [['upload', f, 'made', '--create'], 0],
      [['upload', bad, 't'], 3],
      [['upload', bad, 't', '--discard-bad-records'], 0],
      [['upload', empty, 't', '--overwrite'], 1],
      [['upload', f, 't', '--concurrency', '99'], 2],
      [['upsert', f, 'keyed'], 0],
      [['upsert', bad, 'keyed'], 3],
      [['upsert', f, 't'], 1],
      [['upsert', f, 'keyed', '--columns', 'name'], 2],
      [['download', 't', bench.path('o.csv'), '--explain'], 0],
      [['download', 't', bench.path('o.csv')], 0],
      [['download', 'parted', bench.path('folder')], 0],
      [['query', 'SELECT id FROM t', bench.path('q.csv')], 0],
      [['query', 'SELECT nope FROM t'], 1],
      [['query'], 2],
      [['execute', 'SHOW TABLES'], 0],
      [['execute', 'DROP TABLE nope'], 1],
      [['copy', 't', 'copied', '--create'], 0],
      [['copy', 'nope', 'copied'], 1],
      [['copy', 't', 'copied', '--concurrency', '99'], 2],
      [['sessions'], 0],
      [['sessions', 'show'], 0],
      [['sessions', 'purge', '0'], 0],
      [['resume'], 1],
    ] as const) {
      const result = await bench.run([...args, '--json'])
      assert.equal(result.code, code, `${args.join(' ')}\n${result.stderr}`)
      try {
        // One document, in the lines of which a person finds a column.
        if (args[0] === 'schema') JSON.parse(result.stdout)
        else linesOf(result.stdout)
        linesOf(result.stderr)
      } catch (error) {
        assert.fail(`${args.join(' ')}: ${error}\n${result.stdout.slice(0, 500)}\n${result.stderr}`)
      }
      if (code === 1) {
        const { stderr } = await bench.run([...args, '--json=true'])
        if (args[0] !== 'doctor') assert.equal(last({ ...result, stderr })['event'], 'error', args.join(' '))
      }
      if (code !== 0 && args[0] !== 'doctor')
        assert.deepEqual([last(result)['event'], last(result)['exitCode']], ['error', code], args.join(' '))
    }
  })

  test('of what was done has the counts', async context => {
    const bench = await benchWithRows(context)
    const f = bench.path('f.csv')
    const scan = last(await bench.ok(['upload', f, 't', '--scan', 'only', '--json']))
    assert.deepEqual(scan, { event: 'done', scanned: true, rows: 30_000, badRecords: 0 })
    const upload = last(await bench.ok(['upload', f, 't', '--overwrite', '--json']))
    assert.deepEqual([upload['event'], upload['rows'], upload['blocks']], ['done', 30_000, 1])
    assert.deepEqual(Object.keys(upload['phaseMs'] as object).sort(), ['commit', 'open', 'upload', 'wait'])
    const download = last(await bench.ok(['download', 't', bench.path('o.csv'), '--json']))
    assert.deepEqual([download['rows'], download['files'], download['fileBytes']], [30_000, 1, csv.length])
    assert.deepEqual(Object.keys(download['phaseMs'] as object), ['open', 'wait'])
    const { stdout } = await bench.ok(['sessions', 'purge', '0', '--json'])
    const { forgotten, kept } = JSON.parse(stdout) as { forgotten: string[]; kept: string[] }
    assert.deepEqual([forgotten.length, kept], [2, []])
  })

  test('Ctrl-C, once and twice, says how to go on in JSON; resume passes --json on', async context => {
    const bench = await benchWithRows(context)
    bench.emulator.setFaults([{ action: 'readData', after: 1, times: 1000, fault: 'hang' }])
    const path = bench.path('o.csv')
    let interrupt = (): void => {}
    const running = bench.run(['download', 't', path, '--concurrency', '1', '--json'], {
      onStart: stop => {
        interrupt = stop
      },
    })
    while (bench.emulator.requests.filter(({ query }) => query.has('rowrange')).length < 2)
      await new Promise(resolve => setImmediate(resolve))
    interrupt()
    interrupt()
    const { code, stderr } = await running
    assert.equal(code, 130)
    const events = linesOf(stderr).filter(({ event }) => event !== 'progress' && event !== 'start')
    assert.deepEqual(
      events.map(({ event }) => event),
      ['stopping', 'interrupted', 'interrupted'],
    )
    for (const { resume, kept } of events.slice(1)) {
      assert.equal(resume, `odps-tunnel download t ${path} --concurrency 1 --json --resume`)
      assert.match(String(kept), /^0 of 1 file(, and [\d,]+ rows? in \S+\.part)?, as transfer \S+$/)
    }
    // Who resumes it says how to tell of it.
    bench.emulator.setFaults([
      { action: 'readData', times: 1000, fault: { status: 403, code: 'NoPermission' } },
    ])
    const failed = await bench.run(['resume'])
    assert.match(failed.stderr, /^Resuming .*\n(.*\n)*odps-tunnel: ODPS_ACCESS_DENIED/)
    assert.doesNotMatch(failed.stderr, /"event"/)
    bench.emulator.setFaults([])
    const resumed = await bench.ok(['resume', '--json'])
    assert.equal(last(resumed)['rows'], 30_000)
    linesOf(resumed.stderr)
    assert.equal(await bench.read('o.csv'), csv)
  })
})
