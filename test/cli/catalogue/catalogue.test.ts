import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type CliBench, cliBench } from '../support.js'

/** `t` of 3 rows, `parts` of `month=1,region=a` (1 row), `month=1,region=b` (2 rows) and `month=2,region=a` (none). */
const benchWithTables = async (context: Parameters<typeof cliBench>[0]): Promise<CliBench> => {
  const bench = await cliBench(context)
  const { emulator } = bench
  await emulator.createTable({ name: 't', columns: { id: 'bigint' } })
  await emulator.insert('t', [[1n], [2n], [3n]])
  await emulator.createTable({
    ...{ name: 'parts', columns: { id: 'bigint' } },
    partitionColumns: { month: 'string', region: 'string' },
  })
  await emulator.insert('parts', [[1n]], 'month=1,region=a')
  await emulator.insert('parts', [[1n], [2n]], 'month=1,region=b')
  await emulator.addPartition('parts', 'month=2,region=a')
  await emulator.createTable({ name: 'inner.tmp_1', columns: { id: 'bigint' } })
  return bench
}

/** What the commands may change: rows of `t` and of `parts`, -1 without the table. */
const stateOf = async (bench: CliBench): Promise<number[]> => {
  const counts: number[] = []
  for (const name of ['t', 'parts'])
    counts.push((await bench.run(['tables', 'exists', name])).code === 0 ? bench.emulator.rowCount(name) : -1)
  return counts
}

test('schema shows the primary key, and --ddl makes the same table', async context => {
  const bench = await cliBench(context)
  await bench.emulator.createTable({
    ...{ name: 'keyed', columns: { b: 'string', id: 'bigint' }, primaryKey: ['id', 'b'] },
    properties: { 'acid.data.retain.hours': '48' },
  })
  assert.match((await bench.ok(['schema', 'keyed'])).stdout, /\nprimary key \(id, b\), 0 rows, /)
  const { stdout, stderr } = await bench.ok(['schema', 'keyed', '--ddl'])
  assert.equal(
    stdout,
    [
      'CREATE TABLE `keyed` (',
      '  `b`  STRING NOT NULL,',
      '  `id` BIGINT NOT NULL,',
      '  PRIMARY KEY (`id`, `b`)',
      ')',
      "TBLPROPERTIES ('transactional'='true', 'acid.data.retain.hours'='48');",
      '',
    ].join('\n'),
  )
  assert.equal(stderr, '')
  await bench.ok(['execute', stdout.replace('`keyed`', '`again`')])
  const { primaryKey, properties } = JSON.parse((await bench.ok(['schema', 'again', '--json'])).stdout)
  assert.deepEqual(
    [primaryKey, properties],
    [['id', 'b'], { transactional: 'true', 'acid.data.retain.hours': '48' }],
  )
  const copied = await bench.run(['copy', 'keyed', 'copied', '--create'])
  assert.match(copied.stderr, /has a primary key \(id, b\).*\n {2}next: See 'odps-tunnel copy --help'/)
  assert.equal((await bench.run(['tables', 'exists', 'copied'])).code, 1)
  const path = await bench.write('f.csv', 'b,id\nx,1\n')
  const { stderr: loaded } = await bench.run(['upload', path, 'keyed'])
  assert.match(loaded, /use upserts .*\n {2}next: The message is the service's own/)
})

describe('lists', () => {
  test('tables, by prefix and schema', async context => {
    const bench = await benchWithTables(context)
    assert.equal((await bench.ok(['tables'])).stdout, 'parts\nt\n')
    assert.equal((await bench.ok(['tables', 'list', '--prefix', 'PA'])).stdout, 'parts\n')
    assert.equal((await bench.ok(['tables', 'list', '--schema-name', 'inner'])).stdout, 'tmp_1\n')
    const { stdout } = await bench.ok(['tables', 'list', '--prefix', 't', '--json'])
    const { createdAt, owner, ...rest } = JSON.parse(stdout) as Record<string, unknown>
    assert.deepEqual(rest, { project: 'p', table: 't', type: 'MANAGED_TABLE' })
    assert.ok(!Number.isNaN(Date.parse(String(createdAt))) && typeof owner === 'string')
  })

  test('partitions, all and under a level', async context => {
    const bench = await benchWithTables(context)
    const all = 'month=1,region=a\nmonth=1,region=b\nmonth=2,region=a\n'
    assert.equal((await bench.ok(['partitions', 'list', 'parts'])).stdout, all)
    assert.equal((await bench.ok(['partitions', 'list', 'parts/month=2'])).stdout, 'month=2,region=a\n')
    const plain = await bench.run(['partitions', 'list', 't'])
    assert.match(plain.stderr, /^odps-tunnel: t has no partitions: the table is not partitioned\n/)
    assert.equal(plain.code, 1)
    assert.equal((await bench.ok(['partitions', 'list', 'parts/month=7'])).stderr, '')
    const { stdout } = await bench.ok(['partitions', 'list', 'parts', '--json'])
    const counts = stdout
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line) as Record<string, unknown>)
    assert.deepEqual(
      counts.map(({ partition, rows }) => [partition, rows]),
      [
        ['month=1,region=a', 1],
        ['month=1,region=b', 2],
        ['month=2,region=a', 0],
      ],
    )
  })

  test('schema shows whole tables', async context => {
    const bench = await benchWithTables(context)
    const { code, stdout, stderr } = await bench.run(['schema', 'parts/month=2'])
    assert.deepEqual([code, stdout], [2, ''])
    assert.match(stderr, /schema is for whole tables\n {2}next: 'odps-tunnel partitions list parts\/month=2'/)
  })

  test('schemas', async context => {
    const bench = await benchWithTables(context)
    assert.equal((await bench.ok(['schemas'])).stdout, 'default\ninner\n')
    const [first] = (await bench.ok(['schemas', 'list', '--json'])).stdout.split('\n')
    assert.equal((JSON.parse(first!) as { schemaName: string }).schemaName, 'default')
  })

  test('exists says it by its exit code, too; a failure is no answer', async context => {
    const bench = await benchWithTables(context)
    const ask = async (...args: string[]) => {
      const { code, stdout, stderr } = await bench.run(['tables', 'exists', ...args])
      return [code, stdout, stderr]
    }
    assert.deepEqual(await ask('t'), [0, 'true\n', ''])
    assert.deepEqual(await ask('nope'), [1, 'false\n', ''])
    assert.deepEqual(await ask('nope', '--json'), [1, '{"table":"nope","exists":false}\n', ''])
    const [code, stdout, stderr] = await ask('q.s.t')
    assert.deepEqual([code, stdout], [1, ''])
    assert.match(String(stderr), /ODPS_NO_SUCH_PROJECT/)
  })
})

const removing = [
  ['tables', 'drop', 't'],
  ['tables', 'truncate', 't'],
  ['tables', 'truncate', 'parts'],
  ['tables', 'truncate', 'parts/month=1,region=b'],
  ['tables', 'drop', 'parts'],
  ['partitions', 'drop', 'parts/month=1,region=b'],
] as const

const named = [
  /Drop p\.t: 3 rows\b/,
  /Truncate p\.t: 3 rows\b/,
  /Truncate p\.parts: 3 partitions, 3 rows\b/,
  /Truncate p\.parts\/month=1,region=b: 2 rows\b/,
  /Drop p\.parts: 3 partitions, 3 rows\b/,
  /Drop p\.parts\/month=1,region=b: 2 rows\b/,
]

const left = [
  [-1, 3],
  [0, 3],
  [3, 0],
  [3, 1],
  [3, -1],
  [3, 1],
]

describe('what removes rows', () => {
  for (const [i, args] of removing.entries()) {
    test(`${args.join(' ')} --yes names what goes`, async context => {
      const bench = await benchWithTables(context)
      const { stderr, stdout } = await bench.ok([...args, '--yes'])
      assert.match(stderr, named[i]!)
      assert.equal(stdout, '')
      assert.deepEqual(await stateOf(bench), left[i])
    })

    test(`${args.join(' ')} asks on a terminal, and does nothing without a yes`, async context => {
      const bench = await benchWithTables(context)
      const before = await stateOf(bench)
      for (const stdin of ['no\n', '\n', '', 'y\n', 'yes please\n']) {
        const { code, stderr } = await bench.run(args, { isTTY: true, isTyped: true, stdin })
        assert.equal(code, 1, stderr)
        assert.match(stderr, named[i]!)
        assert.match(stderr, /not confirmed: nothing was changed/)
      }
      assert.deepEqual(await stateOf(bench), before)
      await bench.ok(args, { isTTY: true, isTyped: true, stdin: ' Yes\n' })
      assert.deepEqual(await stateOf(bench), left[i])
    })

    test(`${args.join(' ')} off a terminal needs --yes, whatever stdin holds`, async context => {
      const bench = await benchWithTables(context)
      const before = bench.emulator.requests.length
      for (const [more, call] of [
        [[], { stdin: 'yes\n' }],
        [[], { stdin: 'yes\n', isTTY: true }],
        [[], { stdin: 'yes\n', isTyped: true }],
        [['--json'], { stdin: 'yes\n', isTTY: true, isTyped: true }],
        [['--no-yes'], { stdin: 'yes\n' }],
      ] as const) {
        const { code, stderr } = await bench.run([...args, ...more], call)
        assert.equal(code, 2, stderr)
        assert.match(stderr, /nobody can be asked for confirmation/)
      }
      assert.equal(bench.emulator.requests.length, before)
    })
  }

  test('in JSON', async context => {
    const bench = await benchWithTables(context)
    const run = async (...args: string[]): Promise<unknown> =>
      JSON.parse((await bench.ok([...args, '--yes', '--json'])).stdout)
    assert.deepEqual(await run('tables', 'truncate', 'parts'), {
      ...{ name: 'p.parts', truncated: true, partitions: 3, rows: 3 },
    })
    assert.deepEqual(await run('tables', 'drop', 't'), { name: 'p.t', dropped: true, rows: 3 })
    assert.deepEqual(await run('tables', 'drop', 't', '--if-exists'), { name: 't', dropped: false })
  })

  test('what is not there', async context => {
    const bench = await benchWithTables(context)
    for (const [args, code] of [
      [['tables', 'drop', 'nope'], 'ODPS_NO_SUCH_TABLE'],
      [['tables', 'truncate', 'nope'], 'ODPS_NO_SUCH_TABLE'],
      [['partitions', 'drop', 'nope/a=1'], 'ODPS_NO_SUCH_TABLE'],
      [['partitions', 'drop', 'parts/month=9,region=a'], 'ODPS_NO_SUCH_PARTITION'],
    ] as const) {
      const { code: exit, stderr } = await bench.run([...args, '--yes'])
      assert.deepEqual([exit, stderr.includes(code)], [1, true], stderr)
      assert.match(stderr, /next: Check the name; with --if-exists /)
      assert.match((await bench.ok([...args, '--yes', '--if-exists'])).stderr, /nothing to do/)
    }
    assert.deepEqual(await stateOf(bench), [3, 3])
  })

  test('nothing more than one table or partition', async context => {
    const bench = await benchWithTables(context)
    for (const args of [
      ['tables', 'drop', 't*'],
      ['tables', 'drop', '%'],
      ['tables', 'drop', 't', 'parts'],
      ['tables', 'drop', 'parts/month=1,region=a'],
      ['tables', 'drop'],
      ['tables', 'empty', 't'],
      ['tables', 'list', 't'],
      ['tables', 'truncate', 'parts/month=1'],
      ['tables', 'truncate', 't/month=1'],
      // 'parts/$partition' of a script whose variable is empty.
      ['tables', 'truncate', 'parts/'],
      ['tables', 'drop', 't/'],
      ['partitions', 'drop', 'parts'],
      ['partitions', 'drop', 'parts/month=1'],
      ['partitions', 'drop', 'parts/month=1,area=a'],
      ['partitions', 'drop', 'parts/month=*,region=a'],
      ['schemas', 'drop'],
    ]) {
      const { code, stderr } = await bench.run([...args, ...(args[1] === 'list' ? [] : ['--yes'])])
      assert.ok(code === 1 || code === 2, `${args.join(' ')}: ${code}\n${stderr}`)
      assert.match(stderr, /\n {2}next: \S/)
    }
    assert.deepEqual(await stateOf(bench), [3, 3])
  })

  test('who may not read rows may remove them, and is told that their number is not known', async context => {
    const bench = await benchWithTables(context)
    bench.emulator.setFaults([
      { action: 'createDownload', times: 9, fault: { status: 403, code: 'NoPermission' } },
    ])
    const { stderr } = await bench.ok(['partitions', 'drop', 'parts/month=1,region=b', '--yes'])
    assert.match(stderr, /month=1,region=b: an unknown number of rows/)
    assert.match((await bench.ok(['tables', 'drop', 't', '--yes'])).stderr, /Drop p\.t: 3 rows/)
  })
})

test('partitions create', async context => {
  const bench = await benchWithTables(context)
  const name = 'parts/region=a,month=3'
  await bench.ok(['partitions', 'create', name])
  const again = await bench.run(['partitions', 'create', name])
  assert.deepEqual([again.code, /already exists/.test(again.stderr)], [1, true], again.stderr)
  const { stdout } = await bench.ok(['partitions', 'create', name, '--if-not-exists', '--json'])
  assert.deepEqual(JSON.parse(stdout), { table: 'parts', partition: 'region=a,month=3' })
  assert.match((await bench.ok(['partitions', 'list', 'parts'])).stdout, /^month=3,region=a$/m)
})
