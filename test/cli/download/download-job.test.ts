import assert from 'node:assert/strict'
import { readdir, readFile, stat } from 'node:fs/promises'
import { describe, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { type CliBench, cliBench } from '../support.js'

const benchWithRows = async (context: Parameters<typeof cliBench>[0], count = 3): Promise<CliBench> => {
  const bench = await cliBench(context)
  await bench.emulator.createTable({ name: 't', columns: { id: 'bigint', name: 'string', value: 'double' } })
  await bench.fill(
    't',
    Array.from({ length: count }, (_, i) => [BigInt(i), i === 1 ? null : `row ${i}`, i / 10]),
  )
  return bench
}

const benchWithPartitions = async (context: Parameters<typeof cliBench>[0]): Promise<CliBench> => {
  const bench = await cliBench(context)
  const partitionColumns = { year: 'string', region: 'string' }
  await bench.emulator.createTable({ name: 'p', columns: { id: 'bigint' }, partitionColumns })
  for (const [i, spec] of ['year=2001,region=cn', 'year=2001,region=us', 'year=2002,region=a:b'].entries())
    await bench.fill('p', [[BigInt(i)], [BigInt(10 + i)]], spec)
  return bench
}

describe('download', () => {
  test('writes stdout', async context => {
    const bench = await benchWithRows(context)
    const { stdout, stderr } = await bench.ok(['download', 't', '-', '--format', 'csv'])
    assert.equal(stdout, 'id,name,value\n0,row 0,0\n1,,0.1\n2,row 2,0.2\n')
    assert.match(stderr, /^3 rows of t written to stdout/)
  })

  test('chooses columns by name or position, and limits rows', async context => {
    const bench = await benchWithRows(context)
    const byName = await bench.ok([
      'download',
      't',
      '-',
      '--format',
      'tsv',
      '--columns',
      'VALUE,id',
      '--limit',
      '2',
    ])
    assert.equal(byName.stdout, 'value\tid\n0\t0\n0.1\t1\n')
    const byPosition = await bench.ok([
      'tunnel',
      'd',
      '-ci',
      '2,0',
      '-h',
      'false',
      '-fd',
      ';',
      '-ni',
      '\\N',
      't',
      '-',
      '--format',
      'csv',
    ])
    assert.equal(byPosition.stdout, '0;0\n0.1;1\n0.2;2\n')
    const wrong = await bench.run(['download', 't', '-', '--format', 'csv', '--columns', 'nope'])
    assert.equal(wrong.code, 1)
    assert.match(wrong.stderr, /no column 'nope'/)
  })

  test('a limit of 0 writes a file of no rows, in place of one that is there', async context => {
    const bench = await benchWithRows(context, 3)
    const path = await bench.write('out.csv', 'old\n')
    const { stderr } = await bench.ok(['download', 't', path, '--limit', '0'])
    assert.match(stderr, /^0 rows of t written to /m)
    assert.equal(await bench.read('out.csv'), 'id,name,value\n')
    await bench.ok(['download', 't', bench.path('out.parquet'), '--limit', '0'])
    assert.equal((await readFile(bench.path('out.parquet'))).subarray(0, 4).toString(), 'PAR1')
    const { stdout } = await bench.ok(['download', 't', '-', '--format', 'json', '--limit', '0'])
    assert.deepEqual(JSON.parse(stdout), [])
  })

  test('a column that is chosen twice, or that is not there, is refused before anything is written', async context => {
    const bench = await benchWithRows(context, 3)
    for (const [args, message] of [
      [['--columns', 'id,ID'], /the column 'id' is chosen twice\n {2}next: Name it once/],
      [['--columns-index', '1,1'], /the column 'name' is chosen twice/],
      [
        ['--columns-index', '7'],
        /the table has no column 7; the last is 2\n {2}next: The first is 0; see them /,
      ],
    ] as const) {
      const { code, stdout, stderr } = await bench.run(['download', 't', '-', '--format', 'csv', ...args])
      assert.deepEqual([code, stdout], [1, ''])
      assert.match(stderr, message)
    }
  })

  test('gives one ordered file from many ranges, whole under its name', async context => {
    const bench = await benchWithRows(context, 30_000)
    await bench.ok(['download', 't', bench.path('out.ndjson.gz'), '--concurrency', '8', '--columns', 'id'])
    const text = gunzipSync(await readFile(bench.path('out.ndjson.gz'))).toString()
    assert.equal(text, Array.from({ length: 30_000 }, (_, i) => `{"id":${i}}\n`).join(''))
    assert.deepEqual(
      (await readdir(bench.folder)).filter(name => name.startsWith('out')),
      ['out.ndjson.gz'],
    )
  })

  test('writes exponents as plain digits with -e false', async context => {
    const bench = await cliBench(context)
    await bench.emulator.createTable({ name: 't', columns: { value: 'double' } })
    await bench.fill('t', [[1.5e-7], [-1e21], [1.25e22]])
    const { stdout } = await bench.ok(['download', 't', '-', '--format', 'csv', '-h', 'false', '-e', 'false'])
    assert.equal(stdout, '0.00000015\n-1000000000000000000000\n12500000000000000000000\n')
  })

  test('refuses a character that the encoding does not have', async context => {
    const bench = await cliBench(context)
    await bench.emulator.createTable({ name: 't', columns: { name: 'string' } })
    await bench.fill('t', [['好']])
    const { code, stderr } = await bench.run(['download', 't', bench.path('out.csv'), '--encoding', 'latin1'])
    assert.equal(code, 1)
    assert.match(
      stderr,
      /row 0, column 'name' contains a character that latin1 does not have\n {2}next: .*utf-8/,
    )
    await assert.rejects(stat(bench.path('out.csv')))
  })

  test('refuses a delimiter in a field when nothing can be quoted', async context => {
    const bench = await cliBench(context)
    await bench.emulator.createTable({ name: 't', columns: { name: 'string' } })
    await bench.fill('t', [['a,b']])
    const { code, stderr } = await bench.run(['download', 't', '-', '--format', 'csv', '--quote', ''])
    assert.equal(code, 1)
    assert.match(stderr, /row 0, column 'name': the text contains a delimiter/)
  })

  test('explains', async context => {
    const bench = await benchWithRows(context)
    const { stdout } = await bench.ok(['download', 't', '-', '--format', 'csv', '--explain'])
    assert.match(stdout, /Source {7}t: 3 columns/)
  })
})

describe('download of a partitioned table', () => {
  test('writes one file a partition', async context => {
    const bench = await benchWithPartitions(context)
    await bench.ok(['download', 'p', bench.path('out')])
    assert.deepEqual((await readdir(bench.path('out'))).sort(), [
      'year=2001,region=cn.csv',
      'year=2001,region=us.csv',
      'year=2002,region=a%3Ab.csv',
    ])
    assert.equal(await bench.read('out/year=2001,region=us.csv'), 'id\n1\n11\n')
  })

  test('writes those under a level that is named', async context => {
    const bench = await benchWithPartitions(context)
    const { stderr: report } = await bench.ok(['download', 'p/year=2001', bench.path('out.ndjson')])
    assert.ok(report.includes(` written to 2 files in ${bench.path('out')} in `), report)
    // Files behind the limit are not written.
    const limited = await bench.ok(['download', 'p', bench.path('few'), '--limit', '1'])
    const [only, ...others] = await readdir(bench.path('few'))
    assert.deepEqual(others, [])
    assert.ok(limited.stderr.includes(` written to ${bench.path('few')}/${only} in `), limited.stderr)
    assert.equal((await readdir(bench.path('out'))).length, 2)
    const { code, stderr } = await bench.run(['download', 'p/year=1999', bench.path('none')])
    assert.equal(code, 1)
    assert.match(stderr, /no partition under year=1999/)
  })

  test('writes one file with the partition columns', async context => {
    const bench = await benchWithPartitions(context)
    const { stdout } = await bench.ok([
      'download',
      'p',
      '-',
      '--format',
      'csv',
      '--with-partition-columns',
      '--limit',
      '5',
    ])
    assert.equal(stdout, 'id,year,region\n0,2001,cn\n10,2001,cn\n1,2001,us\n11,2001,us\n2,2002,a:b\n')
  })

  test('writes one partition', async context => {
    const bench = await benchWithPartitions(context)
    const { stdout } = await bench.ok([
      'download',
      'p/year=2001,region=us',
      '-',
      '--format',
      'ndjson',
      '-wp',
      'true',
    ])
    assert.equal(stdout, '{"id":1,"year":"2001","region":"us"}\n{"id":11,"year":"2001","region":"us"}\n')
  })

  test('asks for a choice when it cannot be one file', async context => {
    const bench = await benchWithPartitions(context)
    const { code, stderr } = await bench.run(['download', 'p', '-', '--format', 'csv'])
    assert.equal(code, 2)
    assert.match(stderr, /use --with-partition-columns/)
  })
})

test('progress tells how many ranges are under way', async context => {
  const bench = await benchWithRows(context, 60_000)
  // What is behind the first range never comes: no moment is guessed.
  let ranges = 0
  bench.emulator.setFaults(({ action }) => (action === 'readData' && ranges++ > 0 ? 'hang' : undefined))
  let counts: number[] = []
  let isStopped = false
  const { code } = await bench.run(['download', 't', bench.path('t.csv'), '--json', '--concurrency', '8'], {
    onStderr: (text, interrupt) => {
      const events = text.split('\n').filter(line => line.startsWith('{"event":"progress"'))
      counts = events.map(line => JSON.parse(line).inFlight)
      if (ranges < 2 || !counts.includes(ranges - 1) || isStopped) return
      isStopped = true
      interrupt()
    },
  })
  assert.equal(code, 130)
  assert.ok(ranges < 8, `${ranges} ranges`)
  assert.equal(counts.at(-1), ranges - 1)
})

describe('a download that is interrupted', () => {
  const rows = 60_000

  const interrupted = async (context: Parameters<typeof cliBench>[0], file: string): Promise<CliBench> => {
    const bench = await benchWithRows(context, rows)
    // The second range never comes.
    bench.emulator.setFaults([{ action: 'readData', after: 1, times: 100, fault: { delayMs: 60_000 } }])
    let interrupt = (): void => {}
    const running = bench.run(['download', 't', bench.path(file), '--concurrency', '1'], {
      onStart: stop => {
        interrupt = stop
      },
    })
    while (bench.emulator.requests.filter(request => request.query.has('rowrange')).length < 2)
      await new Promise(resolve => setImmediate(resolve))
    interrupt()
    const { code, stderr } = await running
    assert.equal(code, 130)
    assert.match(
      stderr,
      /Interrupted\. No incomplete file has its final name\.\n {2}next: odps-tunnel download t \S+ --concurrency 1 --resume/,
    )
    await assert.rejects(stat(bench.path(file)))
    bench.emulator.setFaults()
    return bench
  }

  for (const file of ['out.csv', 'out.ndjson', 'out.json', 'out.csv.gz', 'out.parquet'])
    test(`${file} is completed by --resume`, async context => {
      const bench = await interrupted(context, file)
      const before = bench.emulator.requests.length
      await bench.ok(['download', 't', bench.path(file), '--concurrency', '1', '--resume'])
      const ranges = bench.emulator.requests.slice(before).flatMap(({ query }) => query.get('rowrange') ?? [])
      const isText = /\.(csv|ndjson|json)$/.test(file)
      assert.equal(ranges[0]!.startsWith('(0,'), !isText)
      await bench.ok(['download', 't', bench.path(`again-${file}`)])
      assert.ok((await readFile(bench.path(file))).equals(await readFile(bench.path(`again-${file}`))))
    })

  test('goes on with the partitions that are not there yet', async context => {
    const bench = await benchWithPartitions(context)
    bench.emulator.setFaults([
      { action: 'readData', after: 1, times: 100, fault: { status: 403, code: 'NoPermission' } },
    ])
    const failed = await bench.run(['download', 'p', bench.path('out')])
    assert.equal(failed.code, 1)
    assert.match(failed.stderr, /ODPS_ACCESS_DENIED/)
    bench.emulator.setFaults()
    const before = bench.emulator.requests.length
    await bench.ok(['resume'])
    assert.equal(
      bench.emulator.requests.slice(before).filter(request => request.query.has('rowrange')).length,
      2,
    )
    assert.equal((await readdir(bench.path('out'))).length, 3)
  })
})
