import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { describe, test } from 'node:test'
import { startEmulator } from '../../lib/emulator/index.js'
import { Tunnel } from '../../lib/tunnel.js'
import { type CliBench, cliBench } from './support.js'

/** The machine is nine hours east of UTC. */
const environment = { TZ: 'Asia/Tokyo' }

const benchWith = async (
  context: Parameters<typeof cliBench>[0],
  columns: Readonly<Record<string, string>>,
  rows: readonly unknown[] = [],
): Promise<CliBench> => {
  const bench = await cliBench(context)
  await bench.emulator.createTable({ name: 't', columns })
  if (rows.length > 0) await bench.fill('t', rows)
  return bench
}

describe('in odpscmd mode', () => {
  test('a file has no header and no quotes, an empty field is NULL, and times are of the machine', async context => {
    const bench = await benchWith(context, { id: 'bigint', name: 'string', at: 'datetime' })
    const path = await bench.write('f.txt', '1,"x",2001-02-03 04:05:06\n2,"a""b",\n3,,2001-02-03 04:05:06\n')
    await bench.ok(['tunnel', 'upload', path, 't'], { environment })
    const at = new Date('2001-02-02T19:05:06Z')
    assert.deepEqual(await bench.rows('t'), [
      [1n, '"x"', at],
      [2n, '"a""b"', null],
      [3n, null, at],
    ])
    await bench.ok(['tunnel', 'download', 't', bench.path('out')], { environment })
    assert.equal(await bench.read('out'), '1,"x",2001-02-03 04:05:06\n2,"a""b",\n3,,2001-02-03 04:05:06\n')
  })

  test('a lone quote swallows nothing', async context => {
    const bench = await benchWith(context, { id: 'bigint', name: 'string' })
    const path = await bench.write('f.csv', '1,"\n2,a"b\n3,""\n')
    await bench.ok(['tunnel', 'u', path, 't'], { environment })
    assert.deepEqual(await bench.rows('t'), [
      [1n, '"'],
      [2n, 'a"b'],
      [3n, '""'],
    ])
  })

  test('upsert has its defaults and options, too: into a table of a project, and a partition that is made', async context => {
    const bench = await benchWith(context, { id: 'bigint' })
    await bench.emulator.createTable({
      ...{ name: 'k', columns: { id: 'bigint', name: 'string', at: 'datetime' } },
      ...{ primaryKey: ['id'], partitionColumns: { pt: 'string' } },
    })
    const rows = async (): Promise<unknown[][]> => {
      const all = (await bench.emulator.rows('k', 'pt=a', { rowShape: 'array' })) as unknown[] as unknown[][]
      return all.sort((a, b) => Number(a[0]) - Number(b[0]))
    }
    const path = await bench.write('f.txt', '1|"x"|2001-02-03 04:05:06\n2|b|\nbad|c|\n')
    const missing = await bench.run(['tunnel', 'upsert', '-fd', '|', '-dbr', 'true', path, 'p.k/pt=a'], {
      environment,
    })
    assert.equal(missing.code, 1)
    assert.match(missing.stderr, /next: .*--create-partition$/m)
    const options = ['-acp', 'true', '-fd', '|', '-dbr', 'true', '-cp', 'false']
    await bench.ok(['tunnel', 'upsert', ...options, path, 'p.k/pt=a'], { environment })
    const first = [1n, '"x"', new Date('2001-02-02T19:05:06Z')]
    assert.deepEqual(await rows(), [first, [2n, 'b', null]])
    const more = await bench.write('g.txt', '2,c\n3\n')
    await bench.ok(['tunnel', 'us', '-ss', 'false', more, "k/pt='a'"], { environment })
    assert.deepEqual(await rows(), [first, [2n, 'c', null], [3n, null, null]])
  })

  test('without it our own defaults stay', async context => {
    const bench = await benchWith(context, { id: 'bigint', name: 'string', at: 'datetime' })
    const path = await bench.write('f.csv', 'id,name,at\n1,"x",2001-02-03 04:05:06\n')
    await bench.ok(['upload', path, 't'], { environment })
    assert.deepEqual(await bench.rows('t'), [[1n, 'x', new Date('2001-02-03T04:05:06Z')]])
    await bench.ok(['download', 't', bench.path('out.csv')], { environment })
    assert.equal(await bench.read('out.csv'), 'id,name,at\n1,x,2001-02-03T04:05:06.000Z\n')
  })

  test('-cf true has quotes, and -h true a header', async context => {
    const bench = await benchWith(context, { id: 'bigint', name: 'string' })
    const path = await bench.write('f.csv', 'id,name\n1,"a, ""b"""\n')
    await bench.ok(['tunnel', 'upload', '-cf', 'true', '-h', 'true', path, 't'], { environment })
    assert.deepEqual(await bench.rows('t'), [[1n, 'a, "b"']])
    await bench.ok(['tunnel', 'd', '-cf', 'true', '-h', 'true', 't', bench.path('out.csv')], { environment })
    assert.equal(await bench.read('out.csv'), 'id,name\n1,"a, ""b"""\n')
  })

  test('-cf false turns quotes off without the word, too', async context => {
    const bench = await benchWith(context, { id: 'bigint', name: 'string' })
    await bench.ok(['upload', '-cf', 'false', await bench.write('f.csv', 'id,name\n1,"x"\n'), 't'])
    assert.deepEqual(await bench.rows('t'), [[1n, '"x"']])
  })

  test('-ss false loads a file without a header: what is missing is NULL, what is too much is dropped', async context => {
    const bench = await benchWith(context, { id: 'bigint', name: 'string' })
    const path = await bench.write('f.txt', '1,a\n2\n3,c,more\n')
    await bench.ok(['tunnel', 'upload', '-ss', 'false', path, 't'], { environment })
    assert.deepEqual(await bench.rows('t'), [
      [1n, 'a'],
      [2n, null],
      [3n, 'c'],
    ])
  })

  test('-mbr alone lets no bad record pass', async context => {
    const bench = await benchWith(context, { id: 'bigint' })
    const path = await bench.write('f.txt', '1\nx\n')
    const { code } = await bench.run(['tunnel', 'upload', '-mbr', '5', path, 't'], { environment })
    assert.equal(code, 3)
    await bench.ok(['tunnel', 'upload', '-mbr', '5', '-dbr', 'true', path, 't'], { environment })
    assert.equal(bench.emulator.rowCount('t'), 1)
  })

  test('-bs 100, the default there, is taken', async context => {
    const bench = await benchWith(context, { id: 'bigint' })
    await bench.ok(['tunnel', 'upload', '-bs', '100', await bench.write('f.txt', '1\n'), 't'], {
      environment,
    })
    assert.equal(bench.emulator.rowCount('t'), 1)
  })

  test('-tz wins over the machine, in the spellings of Java', async context => {
    for (const [zone, instant] of [
      ['GMT+8', '2001-02-02T20:05:06.000Z'],
      ['GMT-03:30', '2001-02-03T07:35:06.000Z'],
      ['UTC', '2001-02-03T04:05:06.000Z'],
      ['America/New_York', '2001-02-03T09:05:06.000Z'],
    ] as const) {
      const bench = await benchWith(context, { at: 'datetime' })
      const path = await bench.write('f.txt', '2001-02-03 04:05:06\n')
      await bench.ok(['tunnel', 'upload', '-tz', zone, path, 't'], { environment })
      assert.deepEqual(await bench.rows('t'), [[new Date(instant)]], zone)
    }
  })

  test('a zone of the machine that is none is refused, where odpscmd takes GMT', async context => {
    const bench = await benchWith(context, { at: 'datetime' })
    const path = await bench.write('f.txt', '2001-02-03 04:05:06\n')
    const odd = { environment: { TZ: 'CST6CDT5,M3.2.0,M11.1.0' } }
    const { code, stderr } = await bench.run(['tunnel', 'upload', path, 't'], odd)
    assert.equal(code, 2)
    assert.match(
      stderr,
      /the time zone of this machine: 'CST6CDT5,M3\.2\.0,M11\.1\.0' is not a known time zone\n.*--timezone/,
    )
    await bench.ok(['tunnel', 'upload', '-tz', 'UTC', path, 't'], odd)
  })
})

describe('project.table', () => {
  test('is a table of another project, there and back, and in the journal', async context => {
    const emulator = await startEmulator({ projects: ['p', 'q'] })
    context.after(() => emulator.close())
    for (const project of ['p', 'q'])
      await emulator.createTable({ project, name: 't', columns: { id: 'bigint' } })
    const bench = await benchWith(context, { id: 'bigint' })
    const there = { environment: { ...environment, ODPS_ENDPOINT: emulator.endpoint } }
    const path = await bench.write('f.txt', '1\n2\n')
    const { stderr } = await bench.ok(['tunnel', 'upload', path, 'q.t'], there)
    assert.match(stderr, /2 rows committed to q\.t /)
    await bench.ok(['tunnel', 'download', 'q.t', bench.path('out.txt')], there)
    assert.equal(await bench.read('out.txt'), '1\n2\n')
    assert.match((await bench.ok(['sessions'], there)).stdout, / q\.t /)
    await using tunnel = new Tunnel({
      endpoint: emulator.endpoint,
      project: 'p',
      credentials: { accessKeyId: 'a', accessKeySecret: 'b' },
    })
    assert.equal((await tunnel.createDownloadSession({ table: 't' })).recordCount, 0)
  })

  test('is schema.table without the word', async context => {
    const bench = await benchWith(context, { id: 'bigint' })
    assert.equal((await bench.run(['download', 'q.t', bench.path('out.csv')])).code, 1)
    const [request] = bench.emulator.requests
    assert.deepEqual([request!.path, request!.query.get('curr_schema')], ['/projects/p/tables/t', 'q'])
  })

  for (const [target, message] of [
    ['.t', /'\.t' does not name a project/],
    ['p.', /'p\.' does not name a table/],
  ] as const)
    test(`'${target}' is refused`, async context => {
      const bench = await benchWith(context, { id: 'bigint' })
      const { code, stderr } = await bench.run(['tunnel', 'download', target, bench.path('x')], {
        environment,
      })
      assert.equal(code, 2)
      assert.match(stderr, message)
    })
})

describe('what odpscmd has and we have not is refused with a next step', () => {
  for (const [args, message] of [
    [['tunnel', 'show', 'log'], /there are no logs of transfers\n.*sessions show/],
    [
      ['tunnel', 'show', 'bad', '123'],
      /bad records are kept only in the file given by --bad-records\n.*--bad-records/,
    ],
    [['tunnel', 's', 'b'], /bad records are kept only/],
    [['tunnel', 'show'], /needs history, log or bad/],
    [['tunnel', 'head', 't'], /odpscmd's tunnel has no command 'head'\n.*leave out the word tunnel/],
    [['tunnel', 'constructor'], /odpscmd's tunnel has no command 'constructor'/],
    [['tunnel', 'upload', '-cf', 'true', '-fd', '|', 'f', 't'], /-cf true and -fd contradict each other/],
    [
      ['tunnel', 'upload', '-cf', 'true', '-rd', '\\u0001', 'f', 't'],
      /-cf true and -rd contradict each other/,
    ],
    [['upload', '-cf', 'true', '--quote', '', 'f', 't'], /--quote '' and --csv-format true contradict/],
    [
      ['upload', '--quote', '"', '--csv-format=false', 'f', 't'],
      /--quote '"' and --csv-format false contradict/,
    ],
    [['download', '--encoding', 'klingon', 't', 'x.csv'], /--encoding: 'klingon' is not supported/],
    [['tunnel', 'upload', '-c', 'klingon', 'f', 't'], /--encoding: 'klingon' is not supported/],
    [
      ['tunnel', 'download', '-tz', 'Mars/Base', 't', 'x.csv'],
      /--timezone: 'Mars\/Base' is not a known time zone/,
    ],
    [['tunnel', 'download', '-ci', '1,x', 't', 'x.csv'], /positions from 0, as in 0,2,5, not 'x'/],
  ] as const)
    test(args.join(' '), async context => {
      const bench = await benchWith(context, { id: 'bigint' })
      const path = await bench.write('f.txt', '1\n')
      const { code, stderr, stdout } = await bench.run(
        args.map(arg => (arg === 'f' ? path : arg)),
        { environment },
      )
      assert.match(stderr, message)
      assert.deepEqual([code, stdout], [2, ''])
    })

  test('show history, purge and help are there', async context => {
    const bench = await benchWith(context, { id: 'bigint' })
    await bench.ok(['tunnel', 'upload', await bench.write('f', '1\n'), 't'], { environment })
    assert.match((await bench.ok(['tunnel', 'show', 'history'])).stdout, /done +upload/)
    assert.match((await bench.ok(['tunnel', 'show', 'h', '-n', '1'])).stdout, /done +upload/)
    assert.match((await bench.ok(['tunnel', 'purge', '3'])).stderr, /0 transfers forgotten/)
    assert.match((await bench.ok(['tunnel', 'help', 'upload'])).stdout, /^Usage: odps-tunnel upload/)
    assert.match((await bench.ok(['tunnel', 'h'])).stdout, /^Usage: odps-tunnel <command>/)
  })
})

describe('cells in odpscmd mode', () => {
  const down = (bench: CliBench, ...args: string[]) =>
    bench.ok(['tunnel', 'download', ...args, 't', bench.path('out.txt')], { environment })
  const up = async (bench: CliBench, content: string | Uint8Array, ...args: string[]) =>
    bench.ok(['tunnel', 'upload', ...args, await bench.write('in.txt', content), 't'], { environment })

  test('BINARY is raw bytes both ways, whatever they are', async context => {
    const bytes = Buffer.from([0x59, 0x57, 0x4a, 0x6a, 0x00, 0xff, 0xfe, 0xc3, 0xa9])
    const bench = await benchWith(context, { id: 'bigint', b: 'binary' }, [[1n, bytes]])
    await down(bench)
    const file = Buffer.concat([Buffer.from('1,'), bytes, Buffer.from('\n')])
    assert.deepEqual(await readFile(bench.path('out.txt')), file)
    await up(bench, file, '-ow', 'true')
    assert.deepEqual(await bench.rows('t'), [[1n, bytes]])
    await up(bench, '2,YWJj\n', '-ow', 'true')
    assert.deepEqual(await bench.rows('t'), [[2n, Buffer.from('YWJj')]])
  })

  test('BINARY in a file of another encoding is refused both ways', async context => {
    const bench = await benchWith(context, { id: 'bigint', b: 'binary' }, [
      [1n, null],
      [2n, Buffer.from('é')],
    ])
    const out = await bench.run(['tunnel', 'download', '-c', 'gbk', 't', bench.path('x')], { environment })
    assert.equal(out.code, 1)
    assert.match(out.stderr, /row 1, column 'b': the bytes of BINARY cannot be written to a file in gbk/)
    const path = await bench.write('in.txt', '1,a\n')
    const back = await bench.run(['tunnel', 'upload', '-c', 'gbk', path, 't'], { environment })
    assert.equal(back.code, 1)
    assert.match(back.stderr, /the column 'b' is BINARY, whose bytes cannot be read from a file in gbk/)
  })

  test('text has no quotes; what cannot be read back is named once for each column', async context => {
    const bench = await benchWith(context, { id: 'bigint', a: 'string', b: 'string' }, [
      [1n, 'x,y', 'plain'],
      [2n, '"q"', ''],
      [3n, 'two\nlines', null],
      [4n, ' blanks ', ''],
    ])
    const { stderr } = await down(bench)
    assert.equal(await bench.read('out.txt'), '1,x,y,plain\n2,"q",\n3,two\nlines,\n4, blanks ,\n')
    assert.deepEqual(
      stderr.split('\n').filter(line => line.startsWith('Note')),
      [
        "Note: column 'a', 2 values: text with a delimiter or a line end is written without quotes and cannot be read back; -cf true quotes it",
        "Note: column 'b', 2 values: text that means NULL in the file will be read as NULL",
      ],
    )
  })

  test('-cf true: NULL and an empty text are the same, quoted in the first column', async context => {
    const bench = await benchWith(context, { a: 'string', b: 'string' }, [
      ['', 'x'],
      [null, ''],
      ['#', null],
      [' a', 'b\t'],
    ])
    const { stderr } = await down(bench, '-cf', 'true')
    const text = '"",x\n"",\n"#",\n" a","b\t"\n'
    assert.equal(await bench.read('out.txt'), text)
    assert.match(stderr, /column 'a', 1 value: text that means NULL/)
    assert.match(stderr, /column 'b', 1 value: text that means NULL/)
    await up(bench, `${text}"NULL","a ""b"""\n`, '-cf', 'true', '-ow', 'true')
    assert.deepEqual(await bench.rows('t'), [
      [null, 'x'],
      [null, null],
      ['#', null],
      [' a', 'b\t'],
      ['NULL', 'a "b"'],
    ])
    await up(bench, '"NULL",NULL\n"",\n', '-cf', 'true', '-ow', 'true', '-ni', 'NULL')
    assert.deepEqual(await bench.rows('t'), [
      [null, null],
      ['', ''],
    ])
  })

  test('what is printed reads back equal, in the zone of the machine', async context => {
    const rows = [
      [1.5e-20, Math.fround(1e-45), '1.50', new Date('2001-02-03T04:05:06.789Z'), '2001-02-03'],
      [1e300, 1e10, '-2.00', new Date('1900-01-01T00:00:00Z'), '0001-01-01'],
      [Number.NaN, -0, null, null, null],
      [0.1, Number.POSITIVE_INFINITY, '0.00', new Date('2021-11-07T06:30:00Z'), '9999-12-31'],
    ]
    const columns = { d: 'double', f: 'float', c: 'decimal(10,2)', t: 'datetime', e: 'date' }
    const bench = await benchWith(context, columns, rows)
    const there = { environment: { TZ: 'America/New_York' } }
    const { stderr } = await bench.ok(['tunnel', 'd', 't', bench.path('out.txt')], there)
    assert.equal(
      await bench.read('out.txt'),
      [
        '1.5e-20,1.0E-45,1.50,2001-02-02 23:05:06.789,2001-02-03',
        `1${'0'.repeat(300)},1.0E10,-2.00,1899-12-31 19:00:00,0001-01-01`,
        'NaN,-0.0,,,',
        '0.1,Infinity,0.00,2021-11-07 01:30:00-05:00,9999-12-31',
        '',
      ].join('\n'),
    )
    assert.equal(stderr.match(/^Note: column /gm)!.length, 3)
    await bench.ok(['tunnel', 'u', '-ow', 'true', bench.path('out.txt'), 't'], there)
    assert.deepEqual(await bench.rows('t'), rows)
  })

  test('-e true prints DOUBLE as Java does', async context => {
    const bench = await benchWith(context, { d: 'double', f: 'float' }, [[1e10, 1]])
    await down(bench, '-e', 'true')
    assert.equal(await bench.read('out.txt'), '1.0E10,1.0\n')
  })

  test('-dfp is read back with what stands behind it', async context => {
    const at = new Date('2001-02-03T04:05:06.789Z')
    const bench = await benchWith(context, { at: 'datetime' }, [[at]])
    await down(bench, '-dfp', 'dd/MM/yyyy HH:mm:ss')
    assert.equal(await bench.read('out.txt'), '03/02/2001 13:05:06.789\n')
    await up(bench, '03/02/2001 13:05:06.789\n', '-dfp', 'dd/MM/yyyy HH:mm:ss', '-ow', 'true')
    assert.deepEqual(await bench.rows('t'), [[at]])
  })

  test('machines get the notes as events', async context => {
    const bench = await benchWith(context, { at: 'datetime' }, [[new Date('2001-02-03T04:05:06.789Z')]])
    const { stderr } = await down(bench, '--json')
    const events = stderr
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
    assert.match(events.at(-1).message, /^column 'at', 1 value: a fraction/)
  })
})

describe('a transfer in odpscmd mode that is interrupted', () => {
  const lines = Array.from({ length: 60_000 }, (_, i) => `${i},n"${i}\n`).join('')

  test('is resumed as it began, and not without the word', async context => {
    const bench = await cliBench(context, {
      faults: [{ action: 'putBlock', blockId: 2, times: 100, fault: { status: 403, code: 'NoPermission' } }],
    })
    await bench.emulator.createTable({ name: 't', columns: { id: 'bigint', name: 'string' } })
    const path = await bench.write('f.txt', lines)
    const options = ['--block-size', '256K', '--concurrency', '1']
    const failed = await bench.run(['tunnel', 'upload', path, 't', ...options], { environment })
    assert.equal(failed.code, 1)
    assert.match(failed.stderr, /odps-tunnel tunnel upload .* --resume/)
    bench.emulator.setFaults()
    const other = await bench.run(
      ['upload', '--no-header', '--format', 'csv', path, 't', ...options, '--resume'],
      {
        environment,
      },
    )
    assert.equal(other.code, 1)
    assert.match(other.stderr, /odpscmd mode was true and is false/)
    const { stderr } = await bench.ok(['resume'], { environment })
    assert.match(stderr, /60,000 rows committed .* [12] of them sent earlier/)
    const rows = (await bench.rows('t')) as unknown[][]
    assert.deepEqual([rows.length, rows.at(-1)], [60_000, [59_999n, 'n"59999']])
  })
})

test('nested cells go there and back', async context => {
  const rows = [
    [[1n, null], new Map([['k', [1.5]]]), { x: 1n, y: '' }],
    [[], new Map(), { x: null, y: null }],
  ]
  const columns = { a: 'array<bigint>', m: 'map<string,array<double>>', s: 'struct<x:bigint,y:string>' }
  const bench = await benchWith(context, columns, rows)
  await bench.ok(['tunnel', 'd', '-fd', '|', 't', bench.path('out.txt')], { environment })
  assert.equal(
    await bench.read('out.txt'),
    '["1",""]|{"k":"[\\"1.5\\"]"}|{"x":"1","y":""}\n[]|{}|{"x":"","y":null}\n',
  )
  await bench.ok(['tunnel', 'u', '-fd', '|', '-ow', 'true', bench.path('out.txt'), 't'], { environment })
  assert.deepEqual(await bench.rows('t'), rows)
})

describe('times by a pattern without the word tunnel', () => {
  const pattern = ['--datetime-format', 'yyyy-MM-dd HH:mm:ss', '--timezone']

  test('before standard time they are of the zone, there and back', async context => {
    // 1900-01-01 00:00:00 in Shanghai, 1850-01-01 12:00:00 in New York: Python 3.11, zoneinfo.
    for (const [zone, instant, text] of [
      ['Asia/Shanghai', '1899-12-31T15:54:17Z', '1900-01-01 00:00:00'],
      ['America/New_York', '1850-01-01T16:56:02Z', '1850-01-01 12:00:00'],
    ] as const) {
      const rows = [[new Date(instant)]]
      const bench = await benchWith(context, { at: 'datetime' }, rows)
      await bench.ok(['download', 't', bench.path('out.csv'), ...pattern, zone])
      assert.equal(await bench.read('out.csv'), `at\n${text}\n`)
      await bench.ok(['upload', bench.path('out.csv'), 't', '--overwrite', ...pattern, zone])
      assert.deepEqual(await bench.rows('t'), rows)
    }
  })

  test('a time that would read back as another stops the download by row and column', async context => {
    const rows = [[new Date('2021-11-07T05:30:00Z')], [new Date('2021-11-07T06:30:00Z')]]
    const bench = await benchWith(context, { at: 'datetime' }, rows)
    const out = bench.path('out.csv')
    const { code, stderr } = await bench.run(['download', 't', out, ...pattern, 'America/New_York'])
    assert.equal(code, 1)
    assert.match(stderr, /row 1, column 'at': the time '2021-11-07 01:30:00' occurs twice .*: add XXX/)
    await bench.ok([
      'download',
      't',
      out,
      '--datetime-format',
      'yyyy-MM-dd HH:mm:ssXXX',
      '--timezone',
      'America/New_York',
    ])
    assert.equal(await bench.read('out.csv'), 'at\n2021-11-07 01:30:00-04:00\n2021-11-07 01:30:00-05:00\n')
  })

  test('milliseconds that the pattern leaves out are told', async context => {
    const bench = await benchWith(context, { at: 'datetime' }, [[new Date('2021-11-07T05:30:00.001Z')]])
    const { stderr } = await bench.ok(['download', 't', bench.path('out.csv'), ...pattern, 'UTC'])
    assert.match(stderr, /^Note: column 'at', 1 value: --datetime-format leaves out a part of the time$/m)
    assert.equal(await bench.read('out.csv'), 'at\n2021-11-07 05:30:00\n')
  })
})
