import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, truncate } from 'node:fs/promises'
import { describe, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import type { FaultRule } from '../../../lib/emulator/index.js'
import { shellEnvironment } from '../shell.js'
import { type CliBench, cliBench } from '../support.js'

const benchWithTable = async (
  context: Parameters<typeof cliBench>[0],
  faults?: FaultRule[],
): Promise<CliBench> => {
  const bench = await cliBench(context, faults && { faults })
  await bench.emulator.createTable({ name: 't', columns: { id: 'bigint', name: 'string', at: 'datetime' } })
  return bench
}

const time = '2001-02-03 04:05:06'
const date = new Date('2001-02-03T04:05:06Z')

describe('upload', () => {
  test('matches columns by name in any order and case', async context => {
    const bench = await benchWithTable(context)
    const path = await bench.write('f.csv', `NAME,at,Id\nx,${time},1\n`)
    const { stderr } = await bench.ok(['upload', path, 't'])
    assert.match(stderr, /^1 row committed to t in \d:\d\d \(1 block, /)
    assert.deepEqual(await bench.rows('t'), [[1n, 'x', date]])
  })

  test('takes a file as Excel writes it', async context => {
    const bench = await benchWithTable(context)
    const path = await bench.write(
      'f.csv',
      `\ufeffid,name,at\r\n1,"a ""b"", c\r\nd",${time}\r\n2,,\r\n3,"",\r\n`,
    )
    await bench.ok(['upload', path, 't'])
    assert.deepEqual(await bench.rows('t'), [
      [1n, 'a "b", c\r\nd', date],
      [2n, null, null],
      [3n, '', null],
    ])
  })

  test('reports missing and extra columns before anything is sent', async context => {
    const bench = await benchWithTable(context)
    const path = await bench.write('f.csv', 'id,nmae,at\n1,x,\n')
    const { code, stderr } = await bench.run(['upload', path, 't'])
    assert.equal(code, 1)
    assert.match(
      stderr,
      /has 'nmae', which the table does not have; it lacks 'name'\n {2}next: --extra-columns ignore/,
    )
    // Only a file that may lack a header is said to lack it.
    const other = await bench.run(['upload', await bench.write('g.csv', 'x,y\n1,2\n'), 't'])
    assert.match(other.stderr, /it lacks 'id', 'name', 'at'\n {2}next: If the file has no header, /)
    const lines = await bench.run(['upload', await bench.write('g.ndjson', '{"x":1}\n'), 't'])
    assert.match(lines.stderr, /it lacks 'id', 'name', 'at'\n {2}next: Check that it is the right file/)
    assert.ok(bench.emulator.requests.every(request => request.method === 'GET'))
  })

  test('drops and fills columns when asked to', async context => {
    const bench = await benchWithTable(context)
    const path = await bench.write('f.csv', 'id,other\n1,x\n')
    await bench.ok(['upload', path, 't', '--extra-columns', 'ignore', '--missing-columns', 'null'])
    assert.deepEqual(await bench.rows('t'), [[1n, null, null]])
  })

  test('names the fields of a file without a header', async context => {
    const bench = await benchWithTable(context)
    const path = await bench.write('f.tsv', 'x\t1\ny\t2')
    await bench.ok(['upload', path, 't', '--no-header', '--columns', 'name,id', '--missing-columns', 'null'])
    assert.deepEqual(await bench.rows('t'), [
      [1n, 'x', null],
      [2n, 'y', null],
    ])
  })

  test('drops no field that --columns does not name in a file without a header, unless told to', async context => {
    const bench = await benchWithTable(context)
    const path = await bench.write('f.csv', 'x,1,2001-02-03T04:05:06Z\n')
    const line = ['upload', path, 't', '--no-header', '--columns', 'name,id']
    const { code, stderr } = await bench.run(line)
    assert.equal(code, 1)
    assert.match(stderr, /f\.csv has 3 fields in its first record, --columns 2 columns/)
    await bench.ok([...line, '--extra-columns', 'ignore', '--no-strict-schema'])
    assert.deepEqual(await bench.rows('t'), [[1n, 'x', null]])
  })

  test('refuses an unknown column beside chosen ones where --extra-columns says so', async context => {
    const bench = await benchWithTable(context)
    const path = await bench.write('f.csv', 'id,other\n1,x\n')
    const line = ['upload', path, 't', '--columns', 'id']
    const { code, stderr } = await bench.run([...line, '--extra-columns', 'error'])
    assert.deepEqual([code, /f\.csv has 'other', which the table does not have/.test(stderr)], [1, true])
    await bench.ok(line)
    assert.deepEqual(await bench.rows('t'), [[1n, null, null]])
  })

  test('loads many files, folders, patterns and stdin in one session', async context => {
    const bench = await benchWithTable(context)
    await mkdir(bench.path('in'))
    await bench.write('in/2.ndjson', '{"id":2,"name":"b"}\n')
    await bench.write('in/1.ndjson', '{"id":1,"name":"a","at":"2001-02-03T04:05:06Z"}\n')
    await bench.write('p1.ndjson.gz', gzipSync('{"id":9007199254740993}\n{"id":4}'))
    const lenient = ['--missing-columns', 'null']
    const args = ['upload', bench.path('in'), bench.path('p*.gz'), '-', 't', ...lenient]
    await bench.ok(args, { stdin: '{"id":5}' })
    const rows = (await bench.rows('t')) as unknown[][]
    assert.deepEqual(
      rows.map(row => row[0]),
      [1n, 2n, 9007199254740993n, 4n, 5n],
    )
    assert.equal(bench.emulator.requests.filter(request => request.query.has('uploads')).length, 1)
  })

  test('fails with exit code 3 at the first bad record, and commits nothing', async context => {
    const bench = await benchWithTable(context)
    const path = await bench.write('f.csv', `id,name,at\n1,a,\nx,secret,\n3,c,\n`)
    const { code, stderr } = await bench.run(['upload', path, 't'])
    assert.equal(code, 3)
    assert.match(stderr, /record 2, column 'id': expected a whole number/)
    assert.doesNotMatch(stderr, /secret/)
    assert.deepEqual(await bench.rows('t'), [])
  })

  test('sets bad records aside as they were, to be loaded again', async context => {
    const bench = await benchWithTable(context)
    const bad = 'x,"a, b",\n1,"never closed"x,\n7\n'
    const path = await bench.write('f.csv', `id,name,at\n1,a,\n${bad}4,d,${time}\n`)
    const { stderr } = await bench.ok(['upload', path, 't', '--bad-records', bench.path('bad.csv')])
    assert.match(stderr, /2 rows committed .*, 3 bad records written to \S+bad\.csv\)\n/)
    assert.equal(await bench.read('bad.csv'), `id,name,at\nx,"a, b",\n1,"never closed"x,\n7\n`)
    await bench.ok(['upload', path, 't', '--bad-records', bench.path('bad.ndjson')])
    const reasons = (await bench.read('bad.ndjson'))
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
    assert.deepEqual(
      reasons.map(({ record, column, code }) => [record, column, code]),
      [
        [2, 'id', 'ODPS_INVALID_VALUE'],
        [3, undefined, 'ODPS_INVALID_ROW'],
        [4, undefined, 'ODPS_ROW_LENGTH'],
      ],
    )
  })

  test('sets bad records aside in a file that reads back with the same options', async context => {
    const bench = await benchWithTable(context)
    for (const [options, header, cells, encoding, end] of [
      [['--delimiter', '|', '--quote', "'"], 'id|name|at', "|'a|''b'|", 'utf8', '\n'],
      [['--delimiter', '||', '--null', 'a,b'], 'id||name||at', '||c||a,b', 'utf8', '\n'],
      [['--delimiter', ';', '--record-delimiter', '@'], 'id;name;at', ';"a@b";', 'utf8', '@'],
      [['--encoding', 'latin1'], 'id,name,at', ',é,', 'latin1', '\n'],
      [['--encoding', 'utf-16le', '--delimiter', '\t'], 'id\tname\tat', '\t中\t', 'utf16le', '\n'],
      [['--encoding', 'latin1', '--no-header', '--columns', 'id,name'], '', ',é', 'latin1', ''],
    ] as const) {
      const fileOf = (id: string) => Buffer.from(header + end + id + cells + end, encoding)
      const upload = async (name: string, ...more: string[]) => {
        await bench.ok(['upload', bench.path(name), 't', ...options, ...more])
        return bench.rows('t')
      }
      await bench.write('f.csv', fileOf('x'))
      await upload('f.csv', '--bad-records', bench.path('bad.csv'))
      const bad = await bench.read('bad.csv')
      await bench.write('mended.csv', bad.replace(/(^|[\n@])(\ufeff?)x/, '$1$27'))
      await bench.write('f.csv', fileOf('7'))
      const mended = await upload('mended.csv', '--overwrite')
      assert.deepEqual(mended, await upload('f.csv', '--overwrite'), options.join(' '))
    }
  })

  test('puts the bad records of a file with another header below the names of the first', async context => {
    const bench = await cliBench(context)
    await bench.emulator.createTable({ name: 't', columns: { id: 'bigint', a: 'string', b: 'string' } })
    const files = [
      await bench.write('1.csv', 'id,a,b\nx,one a,one b\n'),
      await bench.write('2.csv', 'B,id,A\ntwo b,y,two a\n'),
      await bench.write('3.csv', 'a,id\nthree a,z\n'),
    ]
    const args = ['--missing-columns', 'null', '--bad-records', bench.path('bad.csv')]
    await bench.ok(['upload', ...files, 't', ...args])
    assert.equal(await bench.read('bad.csv'), 'id,a,b\nx,one a,one b\ny,two a,two b\nz,three a,\n')
    // A record without fields, and a column that has no place.
    for (const [text, reason] of [
      [
        'b,id,a\n"b"b,1,a\n',
        /2\.csv, record 1: text follows .*; it does not fit below the header of \S+bad\.csv/,
      ],
      ['id,a,b,c\nx,a,b,c\n', /2\.csv, record 1: expected a whole number.*; it does not fit below/],
    ] as const) {
      await bench.write('2.csv', text)
      const { code, stderr } = await bench.run([
        'upload',
        ...files,
        't',
        ...args,
        '--extra-columns',
        'ignore',
      ])
      assert.equal(code, 3)
      assert.match(stderr, reason)
      assert.match(stderr, / {2}next: Use --bad-records <file>\.jsonl/)
    }
    assert.equal(bench.emulator.rowCount('t'), 0)
  })

  test('counts what the table does not take as bad records too', async context => {
    const bench = await cliBench(context)
    await bench.emulator.createTable({ name: 't', columns: { id: 'bigint', name: 'varchar(2)' } })
    const path = await bench.write('f.csv', 'id,name\n1,ab\n2,abc\n3,ab\n')
    await bench.ok(['upload', path, 't', '--bad-records', bench.path('bad.csv')])
    assert.equal(await bench.read('bad.csv'), 'id,name\n2,abc\n')
    assert.equal(bench.emulator.rowCount('t'), 2)
  })

  test('names the pattern of a time that does not exist', async context => {
    const bench = await benchWithTable(context)
    const pattern = ['--datetime-format', 'dd/MM/yyyy HH:mm', '--columns', 'at']
    for (const time of ['30/02/2001 00:00', '01/02/2001 25:00']) {
      const path = await bench.write('f.csv', `at\n${time}\n`)
      const { stderr } = await bench.run(['upload', path, 't', ...pattern])
      const wanted = `column 'at': expected a time of the form 'dd/MM/yyyy HH:mm', got a day or a time of day`
      assert.ok(stderr.includes(wanted), stderr)
    }
    // A time that exists, and that the column refuses for another reason.
    const path = await bench.write('f.csv', 'at\n2001-02-03 04:05:06.0000001\n')
    const fine = ['--datetime-format', 'yyyy-MM-dd HH:mm:ss.SSSSSSS', '--columns', 'at']
    assert.match((await bench.run(['upload', path, 't', ...fine])).stderr, /expected at most milliseconds/)
  })

  test('without a file they are skipped, and the report says so', async context => {
    const bench = await benchWithTable(context)
    const path = await bench.write('f.csv', 'id,name,at\n1,a,\nx,b,\n')
    const { stderr } = await bench.ok(['upload', path, 't', '--max-bad-records', '1'])
    assert.match(stderr, /^1 row committed .*, 1 bad record skipped\)$/m)
  })

  test('a file for them that cannot be is refused before anything is sent, and none is made without them', async context => {
    const bench = await benchWithTable(context)
    const path = await bench.write('f.csv', 'id,name,at\n1,a,\n')
    const sent = bench.emulator.requests.length
    for (const command of ['upload', 'upsert']) {
      const { code, stderr } = await bench.run([command, path, 't', '--bad-records', bench.path('no/x.csv')])
      assert.match(
        stderr,
        /--bad-records \S+x\.csv cannot be written: its folder does not exist\n {2}next: Create the folder/,
      )
      assert.deepEqual([code, bench.emulator.requests.length], [2, sent])
    }
    await bench.ok(['upload', path, 't', '--bad-records', bench.path('bad.csv')])
    await assert.rejects(bench.read('bad.csv'), { code: 'ENOENT' })
  })

  test('another delimiter than the one in force is what to look at first', async context => {
    const bench = await benchWithTable(context)
    const path = await bench.write('f.txt', 'id|name|at\n1|a|\n')
    const one = /f\.txt has 1 field in its first record, the table 3 columns\n/
    for (const [args, ...expected] of [
      [
        ['tunnel', 'upload', path, 't'],
        one,
        / {2}next: Its fields are split at ',': -fd '<text>', or -cf true .*--columns a,b,c.*--strict-schema=false$/m,
      ],
      [
        ['upload', path, 't', '--format', 'tsv', '--no-header'],
        one,
        / {2}next: Its fields are split at tabs: --delimiter '<text>' .*--strict-schema=false$/m,
      ],
      [
        ['upload', path, 't', '--format', 'csv'],
        /has 'id\|name\|at', which the table does not have/,
        / {2}next: Its fields are split at ',': --delimiter '<text>' .*--no-header/,
      ],
    ] as const) {
      const { code, stderr } = await bench.run(args)
      for (const each of expected) assert.match(stderr, each)
      assert.equal(code, 1)
    }
  })

  test('stops over --max-bad-records', async context => {
    const bench = await benchWithTable(context)
    const path = await bench.write('f.csv', 'id,name,at\nx,a,\n2,b,\ny,c,\nz,d,\n')
    const { code, stderr } = await bench.run(['upload', path, 't', '--max-bad-records', '2'])
    assert.equal(code, 3)
    assert.match(stderr, /more than 2 bad records; the last: .*record 4/)
    assert.equal(bench.emulator.rowCount('t'), 0)
  })

  test('creates a table for a file, and a partition', async context => {
    const bench = await cliBench(context)
    const path = await bench.write('f.csv', 'Flight No,delay\nCA-1,-3\nMU-2,\n')
    await bench.ok(['upload', path, 'made/day=2001-01-01', '--create', '--create-partition'])
    const { stdout } = await bench.ok(['schema', 'made', '--ddl'])
    assert.match(
      stdout,
      /`flight_no` STRING,\n {2}`delay` {5}BIGINT\n\)\nPARTITIONED BY \(\n {2}`day` STRING/,
    )
    assert.equal(bench.emulator.rowCount('made', 'day=2001-01-01'), 2)
  })

  test('overwrites', async context => {
    const bench = await benchWithTable(context)
    await bench.fill('t', [[7n, 'old', null]])
    const path = await bench.write('f.csv', 'id,name,at\n1,new,\n')
    await bench.ok(['upload', path, 't', '--overwrite'])
    assert.deepEqual(await bench.rows('t'), [[1n, 'new', null]])
  })

  for (const [encoding, bytes] of [
    ['latin1', Buffer.from('id,name,at\n1,caf\xe9,\n', 'latin1')],
    [
      'gb18030',
      Buffer.concat([
        Buffer.from('id,name,at\n1,'),
        Buffer.from([0xc4, 0xe3, 0xba, 0xc3]),
        Buffer.from(',\n'),
      ]),
    ],
  ] as const)
    test(`reads ${encoding}`, async context => {
      const bench = await benchWithTable(context)
      const path = await bench.write('f.csv', bytes)
      await bench.ok(['upload', path, 't', '--encoding', encoding])
      assert.deepEqual(await bench.rows('t'), [[1n, encoding === 'latin1' ? 'café' : '你好', null]])
    })

  test('reads UTF-16 by its byte order mark', async context => {
    const bench = await benchWithTable(context)
    const path = await bench.write('f.csv', Buffer.from('\ufeffid,name,at\r\n1,好,\r\n', 'utf16le'))
    await bench.ok(['upload', path, 't'])
    assert.deepEqual(await bench.rows('t'), [[1n, '好', null]])
  })

  test('takes options as odpscmd has them', async context => {
    const bench = await benchWithTable(context)
    const path = await bench.write('f.txt', 'id|name|at\n1|NULL|03/02/2001 12:05:06\nx|y|z\n')
    const args = [
      'tunnel',
      'u',
      '-fd',
      '|',
      '-h',
      'true',
      '-ni',
      'NULL',
      '-dfp',
      'dd/MM/yyyy HH:mm:ss',
      '-tz',
      'Asia/Shanghai',
    ]
    await bench.ok([
      ...args,
      '-dbr',
      'true',
      '-mbr',
      '5',
      '-bs',
      '1',
      '-t',
      '2',
      '-cp',
      'false',
      '-acp',
      'true',
      path,
      't',
    ])
    assert.deepEqual(await bench.rows('t'), [[1n, null, date]])
  })

  test('takes defaults and the connection from odps_config.ini', async context => {
    const bench = await benchWithTable(context)
    const lines = [
      'project_name=p',
      'access_id=test-id',
      'access_key=test-secret',
      `end_point=${bench.emulator.endpoint}`,
    ]
    const ini = await bench.write('odps_config.ini', `# odpscmd\n${lines.join('\n')}\nfield-delimiter=;\n`)
    const path = await bench.write('f.csv', 'id;name;at\n1;x;\n')
    const environment = { ODPS_PROJECT: 'other', ALIBABA_CLOUD_ACCESS_KEY_ID: 'wrong', ODPS_ENDPOINT: '' }
    await bench.ok(['upload', path, 't', '--config', ini], { environment })
    assert.equal(bench.emulator.rowCount('t'), 1)
  })

  test('explains without sending anything', async context => {
    const bench = await benchWithTable(context)
    const path = await bench.write('f.csv', 'id,name,at\n1,x,\n')
    const { stdout } = await bench.ok(['upload', path, 't', '--explain'])
    assert.match(stdout, /Blocks {7}about 1, of 8\.0 MiB/)
    // 64 of 8 MiB, and 88 MiB in blocks of 16. Only the beginning is read.
    await truncate(path, 600 * 2 ** 20)
    const large = await bench.ok(['upload', path, 't', '--explain'])
    assert.match(large.stdout, /Blocks {7}about 70, of up to 16\.0 MiB/)
    const given = await bench.ok(['upload', path, 't', '--explain', '--block-size', '100M'])
    assert.match(given.stdout, /Blocks {7}about 6, of 100 MiB/)
    assert.ok(bench.emulator.requests.every(request => request.method === 'GET'))
  })

  test('gives events for machines', async context => {
    const bench = await benchWithTable(context)
    const path = await bench.write('f.csv', 'id,name,at\n1,x,\n')
    const events = (await bench.ok(['upload', path, 't', '--json'])).stderr
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
    assert.deepEqual([events[0].event, events.at(-1).event, events.at(-1).rows], ['start', 'done', 1])
    const { stderr } = await bench.run(['upload', path, 'nope', '--json'])
    assert.equal(JSON.parse(stderr).code, 'ODPS_NO_SUCH_TABLE')
  })

  test('is quiet', async context => {
    const bench = await benchWithTable(context)
    const path = await bench.write('f.csv', 'id,name,at\n1,x,\n')
    const { stdout, stderr } = await bench.ok(['upload', path, 't', '-q'])
    assert.equal(stdout + stderr, '')
  })

  test('takes a header of 10 000 columns', async context => {
    const bench = await cliBench(context)
    const names = Array.from({ length: 10_000 }, (_, i) => `c${i}`)
    await bench.emulator.createTable({
      name: 't',
      columns: Object.fromEntries(names.slice(5000).map(name => [name, 'bigint'])),
    })
    const path = await bench.write('f.csv', `${names.join(',')}\n${names.map((_, i) => i).join(',')}\n`)
    await bench.ok(['upload', path, 't', '--extra-columns', 'ignore'])
    const [row] = (await bench.rows('t')) as bigint[][]
    assert.deepEqual([row!.length, row![4999]], [5000, 9999n])
  })

  test('draws bars on a terminal', async context => {
    const bench = await benchWithTable(context)
    const path = await bench.write('f.csv', 'id,name,at\n1,x,\n')
    const { stderr } = await bench.ok(['upload', path, 't'], { isTTY: true })
    assert.match(stderr, /f\.csv +█{24} 100 %/)
    assert.match(stderr, /1 row committed/)
  })
})

describe('an upload that is interrupted', () => {
  const lines = Array.from({ length: 120_000 }, (_, i) => `${i},name ${i},\n`).join('')
  const content = `id,name,at\n${lines}`
  const options = ['--block-size', '256K', '--concurrency', '1']

  /** Runs until block 5 is asked for, which the service keeps waiting. */
  const interrupted = async (context: Parameters<typeof cliBench>[0]): Promise<[CliBench, string]> => {
    const bench = await benchWithTable(context, [
      { action: 'putBlock', blockId: 5, times: 100, fault: { delayMs: 60_000 } },
    ])
    const path = await bench.write('f.csv', content)
    let interrupt = (): void => {}
    const running = bench.run(['upload', path, 't', ...options], {
      onStart: stop => {
        interrupt = stop
      },
    })
    while (!bench.emulator.requests.some(request => request.query.get('blockid') === '5'))
      await new Promise(resolve => setImmediate(resolve))
    interrupt()
    const { code, stderr } = await running
    assert.equal(code, 130)
    assert.match(
      stderr,
      /Interrupted\. Nothing was committed\.\n {2}next: odps-tunnel upload \S+ t --block-size 256K --concurrency 1 --resume\n/,
    )
    assert.equal(bench.emulator.rowCount('t'), 0)
    bench.emulator.setFaults()
    return [bench, path]
  }

  test('goes on with --resume, without sending blocks again', async context => {
    const [bench, path] = await interrupted(context)
    const { stderr } = await bench.ok(['upload', path, 't', ...options, '--resume'])
    assert.match(stderr, /120,000 rows committed .* [1-6] of them sent earlier/)
    assert.equal(bench.emulator.rowCount('t'), 120_000)
    assert.match((await bench.ok(['sessions'])).stdout, /done +upload +120,000 +t /)
  })

  test('goes on with the command resume', async context => {
    const [bench] = await interrupted(context)
    assert.match(
      (await bench.ok(['sessions', 'show'])).stdout,
      /state +interrupted\n[\s\S]*resume +odps-tunnel upload /,
    )
    await bench.ok(['resume'])
    assert.equal(bench.emulator.rowCount('t'), 120_000)
  })

  test('and killed in its commit has noted all blocks, and none is sent again', async context => {
    const bench = await benchWithTable(context)
    const path = await bench.write('f.csv', content)
    bench.emulator.setFaults(({ action }) => (action === 'commitUpload' ? 'hang' : undefined))
    const sent = (action: string): number =>
      bench.emulator.requests.filter(each => each.action === action).length
    const { program, env } = shellEnvironment(bench)
    const args = [...program, 'upload', path, 't', ...options]
    const child = spawn(process.execPath, args, { env, stdio: 'ignore' })
    while (child.exitCode === null && sent('commitUpload') === 0)
      await new Promise(resolve => setImmediate(resolve))
    child.kill('SIGKILL')
    await once(child, 'close')
    bench.emulator.setFaults()
    const blocks = sent('putBlock')
    assert.ok(blocks > 1)
    await bench.ok(['resume'])
    assert.equal(sent('putBlock'), blocks)
    assert.equal(bench.emulator.rowCount('t'), 120_000)
  })

  test('does not go on with another input', async context => {
    const [bench, path] = await interrupted(context)
    await bench.write('f.csv', content.replace('\n0,name 0,', '\n0,nome 0,'))
    const { code, stderr } = await bench.run(['upload', path, 't', ...options, '--resume'])
    assert.equal(code, 1)
    assert.match(
      stderr,
      /the input differs from that of the interrupted upload: the service holds block 0 with different rows/,
    )
    assert.equal(bench.emulator.rowCount('t'), 0)
  })

  test('is not found under another name', async context => {
    const bench = await benchWithTable(context)
    const path = await bench.write('f.csv', content)
    const { code, stderr } = await bench.run(['upload', path, 't', '--resume'])
    assert.equal(code, 1)
    assert.match(stderr, /there is no interrupted upload/)
  })
})

describe('stdin', () => {
  const records = 25_000
  const contents: Readonly<Record<string, string>> = {
    csv: `id,name\n${Array.from({ length: records }, (_, i) => `${i},n${i}\n`).join('')}`,
    ndjson: Array.from({ length: records }, (_, id) => `${JSON.stringify({ id, name: `n${id}` })}\n`).join(
      '',
    ),
    json: JSON.stringify(Array.from({ length: records }, (_, id) => ({ id, name: `n${id}` }))),
  }

  for (const [format, content] of Object.entries(contents))
    test(`makes a table and fills it: ${format}, told by its first bytes`, async context => {
      const bench = await cliBench(context)
      const { stderr } = await bench.ok(['upload', '-', 't', '--create'], { stdin: content })
      assert.match(stderr, /Created t: 2 columns, from 20,000 records of stdin/)
      const rows = (await bench.rows('t')) as unknown[][]
      assert.deepEqual([rows.length, rows[0], rows.at(-1)], [records, [0n, 'n0'], [24_999n, 'n24999']])
    })

  test('holds Parquet as well, and another program may wait before it writes', async context => {
    const bench = await cliBench(context)
    await bench.ok(['upload', '-', 't', '--create'], { stdin: 'id\n1\n2\n' })
    await bench.ok(['download', 't', bench.path('t.parquet')])
    await bench.ok(['upload', '-', 'u', '--create'], { stdin: await readFile(bench.path('t.parquet')) })
    assert.deepEqual(await bench.rows('u'), [[1n], [2n]])
  })

  test('that is compressed or empty is an error with a next step', async context => {
    const bench = await cliBench(context)
    const packed = await bench.run(['upload', '-', 't', '--create'], { stdin: gzipSync('id\n1\n') })
    assert.match(packed.stderr, /stdin is compressed.*\n.*--file-compression/)
    const none = await bench.run(['upload', '-', 't', '--create'])
    assert.match(none.stderr, /stdin is empty, .* header/)
    await bench.ok(['upload', '-', 't', '--create', '--format', 'csv', '--file-compression', 'gzip'], {
      stdin: gzipSync('id\n1\n'),
    })
    assert.deepEqual(await bench.rows('t'), [[1n]])
  })

  test('is inferred, too', async context => {
    const bench = await cliBench(context)
    const { stdout } = await bench.ok(['infer', '-', '--quiet'], { stdin: 'id,at\n1,2001-02-03\n' })
    assert.match(stdout, /CREATE TABLE `new_table` \(\s*`id` BIGINT,\s*`at` DATE\s*\)/)
  })
})

describe('an upload that would empty the table', () => {
  for (const [what, content, options] of [
    ['a header alone', 'id,name,at\n', []],
    ['bad records alone', 'id,name,at\nx,,\ny,,\n', ['--discard-bad-records']],
    ['rows that the table does not take', `id,name,at\n${2n ** 63n},,\n`, ['--discard-bad-records']],
  ] as const)
    test(`is refused with --overwrite: ${what}`, async context => {
      const bench = await benchWithTable(context)
      await bench.fill('t', [[7n, 'old', null]])
      const path = await bench.write('f.csv', content)
      const { code, stderr } = await bench.run(['upload', path, 't', '--overwrite', ...options])
      assert.equal(code, 1)
      assert.match(
        stderr,
        /no rows to load, and --overwrite would leave t empty; nothing was sent\n.*--allow-empty/,
      )
      assert.deepEqual(await bench.rows('t'), [[7n, 'old', null]])
      await bench.ok(['upload', path, 't', '--overwrite', '--allow-empty', ...options])
      assert.deepEqual(await bench.rows('t'), [])
    })

  test('adds nothing without --overwrite', async context => {
    const bench = await benchWithTable(context)
    await bench.fill('t', [[7n, 'old', null]])
    await bench.ok(['upload', await bench.write('f.csv', 'id,name,at\n'), 't'])
    assert.equal(bench.emulator.rowCount('t'), 1)
  })
})
