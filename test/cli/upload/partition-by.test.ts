import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { after, before, beforeEach, describe, test } from 'node:test'
import { shellEnvironment } from '../shell.js'
import { type CliBench, cliBench } from '../support.js'

/*
 * What is in which partition says pyarrow 24: pyarrow.csv.read_csv, then pyarrow.dataset.write_dataset with
 * partitioning(schema([('day', string()), ('hour', int64())]), flavor='hive').
 */
const csv = `day,id,name,hour
2001-01-02,1,"a, ""b""",07
2001-01-01,2,,7
2001-01-02,3,"line
two",23
2001-01-01,4,d,07
2001-01-02,5,"","07"
`
const partitions = {
  'day=2001-01-01,hour=7': [
    { id: 2n, name: null },
    { id: 4n, name: 'd' },
  ],
  'day=2001-01-02,hour=23': [{ id: 3n, name: 'line\ntwo' }],
  'day=2001-01-02,hour=7': [
    { id: 1n, name: 'a, "b"' },
    { id: 5n, name: '' },
  ],
}
const columns = { id: 'bigint', name: 'string' }
const partitionColumns = { day: 'string', hour: 'bigint' }
const byDay = ['--partition-by', 'day,hour', '--create-partition'] as const

let bench: CliBench
let close = async (): Promise<void> => {}
let count = 0
let table = ''
let file = ''

before(async () => {
  bench = await cliBench({
    after: (closes: () => Promise<void>) => {
      close = closes
    },
  })
  file = await bench.write('in.csv', csv)
})
after(() => close())
beforeEach(async () => {
  bench.emulator.setFaults([])
  table = `t${count++}`
  await bench.emulator.createTable({ name: table, columns, partitionColumns })
})

const rowsOf = async (name = table): Promise<Record<string, unknown[]>> => {
  const found: Record<string, unknown[]> = {}
  for (const { day, hour, ...row } of await bench.emulator.rows(name)) {
    const partition = `day=${day},hour=${hour}`
    found[partition] = [...(found[partition] ?? []), row]
  }
  return found
}
const sent = (action: string): number => bench.emulator.requests.filter(each => each.action === action).length
/** The commit with this number, from 1, and those behind it, end like this. */
const failCommits = (from: number, fault: object | 'hang'): void => {
  let commits = 0
  bench.emulator.setFaults(({ action }) =>
    action === 'commitUpload' && ++commits >= from ? (fault as 'hang') : undefined,
  )
}
const refusal = { status: 403, code: 'NoPermission' }

describe('upload --partition-by', () => {
  test('puts each record into the partition that it names', async () => {
    const { stderr } = await bench.ok(['upload', file, table, ...byDay])
    assert.deepEqual(await rowsOf(), partitions)
    assert.match(stderr, new RegExp(`^5 rows committed to ${table}, into 3 partitions, in .*\\(3 blocks,`))
  })

  test('loads what a download with partition columns writes, in every format', async () => {
    await bench.ok(['upload', file, table, ...byDay])
    for (const format of ['csv', 'tsv', 'ndjson', 'json', 'parquet', 'arrow']) {
      const [path, copy] = [bench.path(`out.${format}`), `${table}_${format}`]
      const header = format === 'csv' ? ['--no-header'] : []
      await bench.ok(['download', table, path, '--with-partition-columns', ...header])
      await bench.emulator.createTable({ name: copy, columns, partitionColumns })
      await bench.ok(['upload', path, copy, ...byDay, ...header])
      assert.deepEqual(await rowsOf(copy), partitions, format)
    }
  })

  test('takes the other partition columns from --partition, and counts in JSON', async () => {
    const path = await bench.write('day.csv', 'hour,name,id\n1,a,1\n2,b,2\n')
    const args = ['upload', path, `${table}/day=x`, '--partition-by', 'HOUR', '--create-partition', '--json']
    const { stderr } = await bench.ok(args)
    const done = JSON.parse(stderr.trim().split('\n').at(-1)!)
    assert.deepEqual([done.event, done.rows, done.partitions, done.blocks], ['done', 2, 2, 2])
    const rows = { 'day=x,hour=1': [{ id: 1n, name: 'a' }], 'day=x,hour=2': [{ id: 2n, name: 'b' }] }
    assert.deepEqual(await rowsOf(), rows)
    const more = await bench.write('more.csv', 'hour,name,id\n02,c,3\n')
    await bench.ok(['upload', more, `${table}/day=x`, '--partition-by', 'hour', '--overwrite'])
    assert.deepEqual(await rowsOf(), { ...rows, 'day=x,hour=2': [{ id: 3n, name: 'c' }] })
  })

  test('sets a record aside whose value names no partition, in a scan too', async () => {
    const lines = [',7,1', '"",7,2', 'a/b,7,3', ' a,7,4', "a'b,7,5", '\xff,7,6', 'x,7.5,7', 'x,,8', 'x,9,9']
    const bytes = Buffer.from(`day,hour,id\n${lines.join('\n')}\n`, 'latin1')
    const path = await bench.write('bad.csv', bytes)
    const args = ['upload', path, table, ...byDay, '--missing-columns', 'null', '-q']
    const bad = bench.path('bad.json')
    await bench.ok([...args, '--bad-records', bad])
    const found = (await bench.read('bad.json'))
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
      .sort((a, b) => a.record - b.record)
      .map(({ record, column, reason }) => [record, column, reason])
    const cannot = "so it can't name a partition"
    assert.deepEqual(found, [
      [1, 'day', 'NULL is not allowed here'],
      [2, 'day', `the value is empty, ${cannot}`],
      [3, 'day', `the value contains /, which the service does not accept, ${cannot}`],
      [4, 'day', `the value begins or ends with a blank, ${cannot}`],
      [5, 'day', `the value contains ', which the service does not accept, ${cannot}`],
      [6, 'day', `the value is not UTF-8, ${cannot}`],
      [7, 'hour', 'expected a whole number, got text of another form'],
      [8, 'hour', 'NULL is not allowed here'],
    ])
    assert.deepEqual(await rowsOf(), { 'day=x,hour=9': [{ id: 9n, name: null }] })
    const scan = await bench.ok([...args.slice(0, -1), '--scan', 'only', '--discard-bad-records'])
    assert.match(scan.stderr, /^1 row would be sent into 1 partition, 8 bad records; nothing was sent\.$/m)
    const { code, stderr } = await bench.run(args)
    assert.equal(code, 3)
    assert.match(stderr, /record \d, column '(day|hour)': /)
  })

  test('makes a partitioned table', async () => {
    await bench.ok(['upload', file, 'made', '--partition-by', 'day,hour', '--create'])
    const { stdout } = await bench.ok(['schema', 'made', '--ddl'])
    assert.match(stdout, /PARTITIONED BY \(\s+`day` +STRING,\s+`hour` +STRING\s+\)/)
    const { 'day=2001-01-02,hour=07': rows } = await rowsOf('made')
    assert.deepEqual(rows, [
      { id: 1n, name: 'a, "b"' },
      { id: 5n, name: '' },
    ])
    const ndjson = await bench.write('in.ndjson', '{"year":2001,"id":1}\n{"year":2002,"id":2}\n')
    await bench.ok(['upload', ndjson, 'years/region=cn', '--partition-by', 'year', '--create'])
    assert.deepEqual(await bench.emulator.rows('years'), [
      { id: 1n, region: 'cn', year: 2001n },
      { id: 2n, region: 'cn', year: 2002n },
    ])
    const bad = await bench.write('slash.csv', 'day,id\na,1\na/b,2\n')
    for (const [by, words] of [
      ['day', /record 2, column 'day': the value contains \/.*No table was created/s],
      ['nope', /slash\.csv has no column 'nope', which --partition-by names/],
      ['day,id', /slash\.csv has no columns besides those of --partition-by/],
    ] as const) {
      const { stderr } = await bench.run(['upload', bad, 'never', '--partition-by', by, '--create'])
      assert.match(stderr, words)
      assert.equal((await bench.run(['tables', 'exists', 'never'])).code, 1)
    }
  })

  test('explains what it would do', async () => {
    const args = ['upload', file, table, ...byDay, '--partition-bytes', '8M', '--explain']
    const { stdout } = await bench.ok(args)
    assert.match(stdout, /^Partitions +those in day, hour of each record, a session for each$/m)
    assert.match(stdout, /^Requests +1 for the table, and per partition 1 .*; 16 at the same time$/m)
    assert.match(stdout, /^Memory +at most about 16\.0 MiB for blocks: 2 × --partition-bytes/m)
    const { partitionBy, memoryBytes, blocks } = JSON.parse((await bench.ok([...args, '--json'])).stdout)
    assert.deepEqual([partitionBy, memoryBytes, blocks], [['day', 'hour'], 16 * 2 ** 20, undefined])
    assert.deepEqual(await rowsOf(), {})
  })

  test('refuses what it cannot do, by name, before anything is sent', async () => {
    const noHour = await bench.write('no-hour.csv', 'id,name,day\n1,a,x\n')
    const plain = await bench.write('plain.csv', '1,a,x\n')
    await bench.emulator.createTable({ name: `${table}_plain`, columns })
    const lax = ['--no-strict-schema'] as const
    for (const [args, words] of [
      [[file, table, '--partition-by', 'day'], /--partition-by lacks the partition column 'hour'/],
      [[file, table, '--partition-by', 'day,nope'], /--partition-by: 'nope' is not a partition column/],
      [[file, `${table}/day=x`, '--partition-by', 'day,hour'], /partition column 'day' is given twice/],
      [[file, `${table}_plain`, '--partition-by', 'day'], /--partition-by: the table has no partitions/],
      [[file, table, ...byDay, '--columns', 'id,name,day'], /--columns lacks 'hour', which --partition-by/],
      [[file, table, ...byDay, '--allow-empty', '--overwrite'], /--allow-empty has no meaning with/],
      [[file, `${table}/day=x,hour=1`, '--partition-bytes', '1M'], /--partition-bytes is only used with/],
      [[noHour, table, ...byDay], /no-hour\.csv lacks 'hour'\n {2}next: --partition <column>=<value>/],
      [
        [noHour, table, ...byDay, ...lax],
        /no-hour\.csv lacks 'hour'\n {2}next: --partition <column>=<value>/,
      ],
      [[plain, table, ...byDay, ...lax, '--no-header'], /3 fields in its first record, and none for 'hour'/],
      [[file, `${table}/day=x,hour=1`], /'day', 'hour', which the table does not have.*--partition-by/],
    ] as const) {
      const { code, stderr } = await bench.run(['upload', ...args])
      assert.ok(code === 1 || code === 2, args.join(' '))
      assert.match(stderr, words, args.join(' '))
    }
    assert.deepEqual(await rowsOf(), {})
  })
})

describe('a commit of many partitions', () => {
  const args = (): string[] => ['upload', file, table, ...byDay, '--concurrency', '1']

  test('that fails in the middle is finished by --resume, without the file', async () => {
    failCommits(2, refusal)
    const gone = await bench.write('gone.csv', csv)
    const upload = ['upload', gone, table, ...byDay, '--concurrency', '1']
    const { code, stderr } = await bench.run(upload)
    assert.equal(code, 1)
    assert.match(
      stderr,
      /ODPS_PARTIAL_COMMIT: Only 1 of 3 partitions were committed: the commit of .* failed: /,
    )
    assert.doesNotMatch(stderr, /finishCommit/)
    assert.match(stderr, /next: Resume it within 24 hours: this commits the other partitions/)
    assert.match(
      stderr,
      /kept: 1 of 3 partitions committed \(left: day=2001-01-01,hour=7; day=2001-01-02,hour=23\)/,
    )
    assert.match(stderr, /resume: odps-tunnel upload .*gone\.csv .* --concurrency 1 --resume\n/)
    assert.deepEqual(Object.keys(await rowsOf()), ['day=2001-01-02,hour=7'])
    const shown = (await bench.ok(['sessions', 'show'])).stdout
    assert.match(shown, /^not committed day=2001-01-01,hour=7\nnot committed day=2001-01-02,hour=23$/m)
    await rm(gone)
    const other = await bench.run([...upload, '--overwrite', '--resume'])
    assert.match(other.stderr, /--overwrite was false and is true/)
    const again = await bench.run([...upload, '--resume'])
    assert.match(again.stderr, /Only 1 of 3 .*kept: 1 of 3 partitions committed/s)
    bench.emulator.setFaults([])
    const blocks = sent('putBlock')
    const done = await bench.ok([...upload, '--resume'])
    assert.match(
      done.stderr,
      new RegExp(`^5 rows committed to ${table} in 3 partitions, 1 of them by the run before$`, 'm'),
    )
    assert.deepEqual(await rowsOf(), partitions)
    assert.equal(sent('putBlock'), blocks)
    assert.match((await bench.run([...upload, '--resume'])).stderr, /there is no interrupted upload/)
  })

  test('that is refused at once, or interrupted, is finished by resume', async () => {
    for (const from of [1, 2]) {
      await bench.emulator.createTable({ name: `${table}_${from}`, columns, partitionColumns })
      const upload = ['upload', file, `${table}_${from}`, ...byDay, '--concurrency', '1']
      failCommits(from, from === 1 ? refusal : 'hang')
      const before = sent('commitUpload')
      let interrupt = (): void => {}
      const running = bench.run([...upload, '--timeout', '1s'], {
        onStart: stop => {
          interrupt = stop
        },
      })
      let isOver = false
      void running.then(() => {
        isOver = true
      })
      while (!isOver && sent('commitUpload') < before + 2) await new Promise(setImmediate)
      interrupt()
      const { code, stderr } = await running
      assert.equal(code, from === 1 ? 1 : 130, stderr)
      const kept =
        from === 1 ? /kept: 0 of 3 partitions committed/ : /Interrupted\. 1 of 3 partitions committed/
      assert.match(stderr, kept)
      bench.emulator.setFaults([])
      const { stderr: told } = await bench.ok(['resume', '--json'])
      const done = JSON.parse(told.trim().split('\n').at(-1)!)
      assert.deepEqual(done, {
        ...{ event: 'done', rows: 5, partitions: 3, committedBefore: from - 1, badRecords: 0 },
      })
      assert.deepEqual(await rowsOf(`${table}_${from}`), partitions)
    }
  })

  test('whose process was killed is finished: no row is lost or comes twice', async () => {
    failCommits(2, 'hang')
    const { program, env } = shellEnvironment(bench)
    const child = spawn(process.execPath, [...program, ...args()], { env, stdio: 'ignore' })
    const before = sent('commitUpload')
    while (child.exitCode === null && sent('commitUpload') < before + 2) await new Promise(setImmediate)
    child.kill('SIGKILL')
    await once(child, 'close')
    bench.emulator.setFaults([])
    assert.equal(Object.keys(await rowsOf()).length, 1)
    await bench.ok(['resume'])
    assert.deepEqual(await rowsOf(), partitions)
  })

  test('whose second run was killed is not known, and finished by the third', async () => {
    failCommits(2, refusal)
    await bench.run(args())
    failCommits(1, 'hang')
    const { program, env } = shellEnvironment(bench)
    const child = spawn(process.execPath, [...program, 'resume'], { env, stdio: 'ignore' })
    const before = sent('commitUpload')
    while (child.exitCode === null && sent('commitUpload') < before + 1) await new Promise(setImmediate)
    child.kill('SIGKILL')
    await once(child, 'close')
    bench.emulator.setFaults([])
    const shown = (await bench.ok(['sessions', 'show'])).stdout
    assert.match(shown, /^not known +day=2001-01-01,hour=7\nnot known +day=2001-01-02,hour=23$/m)
    await bench.ok(['resume'])
    assert.deepEqual(await rowsOf(), partitions)
  })

  test('that has not begun leaves nothing to resume, and says so', async () => {
    bench.emulator.setFaults([{ action: 'putBlock', times: 1000, fault: refusal }])
    const { code, stderr } = await bench.run(args())
    assert.equal(code, 1)
    assert.doesNotMatch(stderr, /--resume/)
    for (const again of [[...args(), '--resume'], ['resume']]) {
      const { code, stderr } = await bench.run(again)
      assert.equal(code, 1)
      assert.match(
        stderr,
        /ended before its commit began.*next: Start over(, without --resume: nothing was committed|: odps-tunnel upload )/s,
      )
    }
    const shown = await bench.ok(['sessions', 'show'])
    assert.match(shown.stdout, /^state +failed$/m)
    assert.doesNotMatch(shown.stdout, /--resume/)
  })
})
