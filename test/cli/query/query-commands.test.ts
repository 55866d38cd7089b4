import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { checkNames } from '../../../lib/cli/download/check-names.js'
import { parseSource } from '../../../lib/cli/transfer/instance-target.js'
import { UsageError } from '../../../lib/cli/usage-error.js'
import type { Fault } from '../../../lib/emulator/index.js'
import { connect } from '../../../lib/options.js'
import { type CliBench, cliBench } from '../support.js'

const filled = async (context: TestContext, rows = 2): Promise<CliBench> => {
  const bench = await cliBench(context)
  await bench.emulator.createTable({ name: 't', columns: { id: 'bigint', name: 'string' } })
  await bench.fill(
    't',
    Array.from({ length: rows }, (_, i) => [BigInt(i), `row ${i}`]),
  )
  return bench
}

const countOf = (bench: CliBench, action: string): number =>
  bench.emulator.requests.filter(request => request.action === action).length

describe('query', () => {
  test('writes its rows to stdout as CSV, or to a file in the format of its name', async context => {
    const bench = await filled(context)
    const { stdout } = await bench.ok(['query', 'SELECT * FROM t'])
    assert.equal(stdout, 'id,name\n0,row 0\n1,row 1\n')
    await bench.ok(['query', 'SELECT name, id FROM t', bench.path('out.ndjson'), '--limit', '1'])
    assert.equal(await bench.read('out.ndjson'), '{"name":"row 0","id":0}\n')
    const file = await bench.write('q.sql', '\ufeffSELECT id\nFROM t;\n')
    const { stdout: tsv } = await bench.ok([
      'query',
      '--file',
      file,
      '-',
      '--format',
      'tsv',
      '--columns',
      'ID',
    ])
    assert.equal(tsv, 'id\n0\n1\n')
  })

  test('writes two columns of one name as CSV', async context => {
    const bench = await filled(context)
    const statement = 'SELECT id, name, id FROM t'
    assert.equal((await bench.ok(['query', statement])).stdout, 'id,name,id\n0,row 0,0\n1,row 1,1\n')
    const { stderr } = await bench.run(['query', statement, '-', '--format', 'ndjson'])
    assert.match(stderr, /two columns of the result are named 'id'.*\n {2}next: .*, or write CSV\n/)
  })

  test('submits hints and priority', async context => {
    const bench = await filled(context)
    const { stdout } = await bench.ok([
      ...['execute', 'SHOW TABLES', '--json', '--priority', '1'],
      ...['--hint', 'odps.sql.allow.fullscan=true', '--hint', 'a = b=c'],
    ])
    const job = await jobOf(bench, JSON.parse(stdout).instanceId)
    assert.match(job, /<Priority>(<!\[CDATA\[)?1\D/)
    assert.match(job, /"odps\.sql\.allow\.fullscan":"true","a":"b=c"/)
  })

  test('fails with the words of the service, and writes no file', async context => {
    const bench = await filled(context)
    const { code, stderr } = await bench.run(['query', 'SELECT nope FROM t', bench.path('out.csv')])
    assert.equal(code, 1)
    assert.match(stderr, /ODPS_QUERY_FAILED: .*column nope cannot be resolved/)
    await assert.rejects(bench.read('out.csv'), { code: 'ENOENT' })
    const without = await bench.run(['query', 'CREATE TABLE x (a BIGINT)'])
    assert.match(without.stderr, /ODPS_QUERY_NO_RESULT: .*\n {2}next: Use 'odps-tunnel execute'/)
  })

  test('wrong usage is told before the query costs anything', async context => {
    const bench = await filled(context)
    const wrong: [string[], RegExp][] = [
      [['query'], /there is no statement/],
      [['query', ' '], /there is no statement/],
      [['query', 'SELECT', '1', 'x'], /does not accept 'x'/],
      [['query', '--file', bench.path('q.sql'), 'a', 'b'], /too many operands/],
      [['query', 'SELECT 1', 'out.xyz'], /extension of out\.xyz/],
      [['query', 'SELECT 1', '--columns', 'a', '--columns-index', '0'], /exclude each other/],
      [['query', 'SELECT 1', '--hint', 'x'], /--hint must be name=value/],
      [['query', 'SELECT 1', '--resume'], /--resume/],
      [['execute', 'DROP TABLE t', 'x'], /does not accept 'x'/],
      [['download', 'instance://', 'x.csv'], /does not name an instance/],
      [['download', 'instance://a/b/c', 'x.csv'], /does not name an instance/],
      [['download', 'instance://i', 'x.csv', '--partition', 'a=1'], /has no partitions/],
      [['download', 't', 'x.csv', '--limited'], /--limited is for the result of a query/],
      [['count', 'instance://i'], /can only be downloaded/],
    ]
    for (const [args, message] of wrong) {
      const { code, stderr } = await bench.run(args)
      assert.equal(code, 2, args.join(' '))
      assert.match(stderr, message)
    }
    assert.equal(countOf(bench, 'submitInstance'), 0)
  })

  test('is stopped on the service by Ctrl-C', async context => {
    const bench = await filled(context)
    // The first question how far it is gets its answer late.
    bench.emulator.setFaults([{ action: 'getInstance', fault: { delayMs: 60_000 } }])
    let stop = (): void => {}
    const done = bench.run(['query', 'SELECT * FROM t', bench.path('out.csv')], {
      onStart: interrupt => {
        stop = interrupt
      },
    })
    while (countOf(bench, 'getInstance') === 0) await new Promise(setImmediate)
    stop()
    const { code, stderr } = await done
    assert.equal(code, 130)
    assert.match(stderr, /The query, instance \w+, was running; the service was asked to stop it\./)
    assert.equal(countOf(bench, 'stopInstance'), 1)
    assert.equal(countOf(bench, 'createResultDownload'), 0)
  })

  test('whose download was interrupted goes on without running again', async context => {
    const bench = await filled(context, 10_500)
    const refused: Fault = { status: 403, code: 'NoPermission' }
    // The first range comes; the second is refused.
    bench.emulator.setFaults([{ action: 'readResult', after: 1, times: 1, fault: refused }])
    const path = bench.path('out.csv')
    const first = await bench.run(['query', 'SELECT * FROM t', path, '--null', 'NULL', '--concurrency', '1'])
    assert.equal(first.code, 1)
    const [, command] = /odps-tunnel (download instance:\/\/\S+ .*--resume)/.exec(first.stderr) ?? []
    assert.ok(command, first.stderr)
    const { stderr } = await bench.ok(command.split(' '))
    assert.match(stderr, /10,500 rows of instance:\/\//)
    assert.equal(countOf(bench, 'submitInstance'), 1)
    const whole = await bench.ok(['download', 't', '-', '--format', 'csv'])
    assert.equal(await bench.read('out.csv'), whole.stdout)
  })
})

/** The job of an instance, as the service has it. */
const jobOf = async (bench: CliBench, instanceId: string): Promise<string> => {
  const credentials = { accessKeyId: 'test-id', accessKeySecret: 'test-secret' }
  const { client } = connect({ endpoint: bench.emulator.endpoint, project: 'p', credentials })
  const path = ['projects', 'p', 'instances', instanceId]
  const spec = {
    purpose: 'Test',
    target: 'service',
    method: 'GET',
    path,
    project: 'p',
    repeat: 'safe',
  } as const
  const job = await client.exchange({ ...spec, query: { source: '' } }, answer => answer.text())
  await client.close()
  return job
}

describe('execute', () => {
  test('runs a statement, and prints what it prints', async context => {
    const bench = await filled(context)
    const { stdout } = await bench.ok(['execute', 'CREATE TABLE x (a BIGINT)'])
    assert.equal(stdout, '')
    const { stdout: json } = await bench.ok(['execute', 'SHOW TABLES', '--json'])
    const { instanceId, text } = JSON.parse(json)
    assert.match(instanceId, /^\w+$/)
    assert.match(text, /\bx\b/)
    const shown = await bench.ok(['execute', 'SHOW TABLES'])
    assert.equal(shown.stdout.trim(), text.trim())
    const file = await bench.write('drop.sql', 'DROP TABLE x;')
    await bench.ok(['execute', '--file', file])
    assert.doesNotMatch((await bench.ok(['execute', 'SHOW TABLES'])).stdout, /\bx\b/)
  })

  test('fails with the words of the service', async context => {
    const bench = await filled(context)
    const { code, stderr } = await bench.run(['execute', 'DROP TABLE none'])
    assert.equal(code, 1)
    assert.match(stderr, /ODPS_QUERY_FAILED/)
  })
})

test('the name of an instance may say its project', () => {
  assert.deepEqual(parseSource('instance://20250102id', undefined, false), { instanceId: '20250102id' })
  assert.deepEqual(parseSource('INSTANCE://q/20250102id', undefined, true), {
    project: 'q',
    instanceId: '20250102id',
  })
  assert.throws(() => parseSource('instance:x', undefined, false), UsageError)
})

test('two columns of one name fit into CSV only', () => {
  const column = { name: 'c', type: { kind: 'bigint' }, nullable: true } as const
  const info = {
    schema: { columns: [column, column], partitionColumns: [] },
    recordCount: 1,
    size: undefined,
  }
  const outputs = (name: 'csv' | 'ndjson' | 'parquet') => [
    { path: 'x', format: { name, compression: 'none' as const }, parts: [] },
  ]
  checkNames(info, outputs('csv'))
  for (const name of ['ndjson', 'parquet'] as const)
    assert.throws(() => checkNames(info, outputs(name)), /two columns of the result are named 'c'/)
})
