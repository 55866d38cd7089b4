import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { appendFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { describe, test } from 'node:test'
import type { EmulatorRequest } from '../../../lib/emulator/index.js'
import { runShell } from '../shell.js'
import { type CliBench, type CliResult, cliBench } from '../support.js'

const count = 25_000
const rows = Array.from({ length: count }, (_, i) => [BigInt(i), `row ${i}`])
const csv = `id,name\n${rows.map(row => `${row.join(',')}\n`).join('')}`

const benchWithRows = async (context: Parameters<typeof cliBench>[0]): Promise<CliBench> => {
  const bench = await cliBench(context)
  await bench.emulator.createTable({ name: 't', columns: { id: 'bigint', name: 'string' } })
  await bench.emulator.createTable({ name: 'into', columns: { id: 'bigint', name: 'string' } })
  await bench.fill('t', rows)
  await bench.write('f.csv', csv)
  return bench
}

/** Runs a command whose requests of a kind are refused after some. */
const refused = async (
  bench: CliBench,
  args: readonly string[],
  action: 'readData' | 'putBlock',
  after: number,
): Promise<CliResult> => {
  bench.emulator.setFaults([{ action, after, times: 1000, fault: { status: 403, code: 'NoPermission' } }])
  const result = await bench.run(args)
  bench.emulator.setFaults()
  assert.equal(result.code, 1, result.stderr)
  return result
}

const brokenDownload = async (bench: CliBench, ...options: readonly string[]): Promise<string[]> => {
  const args = ['download', 't', bench.path('out.csv'), '--concurrency', '1', ...options]
  await refused(bench, args, 'readData', 1)
  return args
}

const brokenUpload = async (bench: CliBench, ...options: readonly string[]): Promise<string[]> => {
  const args = [
    'upload',
    bench.path('f.csv'),
    'into',
    '--block-size',
    '64K',
    '--concurrency',
    '1',
    ...options,
  ]
  await refused(bench, args, 'putBlock', 3)
  return args
}

const entryPath = async (bench: CliBench): Promise<string> => {
  const folder = bench.path('state/odps-tunnel/transfers')
  const [name] = (await readdir(folder)).filter(each => each.endsWith('.json'))
  return `${folder}/${name}`
}

const partOf = async (bench: CliBench): Promise<string> => {
  const [name] = (await readdir(bench.folder)).filter(each => each.endsWith('.part'))
  return bench.path(name!)
}

describe('--resume refuses what is not the same', () => {
  const differing: readonly (readonly [readonly string[], RegExp])[] = [
    [['--timezone', 'Asia/Shanghai'], /--timezone was "UTC" and is "Asia\/Shanghai"/],
    [['--delimiter', ';'], /--delimiter was .* and is ";"/],
    [['--null', 'N'], /--null was "" and is "N"/],
    [['--no-header'], /--header was true and is false/],
    [['--columns', 'id'], /--columns 1 was not given and is "id"/],
    [['--limit', '20000'], /--limit was not given and is 20000/],
    [['--encoding', 'gbk'], /--encoding was "utf-8" and is "gbk"/],
    [['--quote', "'"], /--quote was "\\"" and is "'"/],
    [['--record-delimiter', '\\r\\n'], /--record-delimiter was not given and is "\\r\\n"/],
    [['--datetime-format', 'yyyy'], /--datetime-format was not given and is "yyyy"/],
    [['--format', 'tsv'], /--format was not given and is "tsv"/],
    [['--file-compression', 'gzip'], /--file-compression was not given and is "gzip"/],
    [['--schema-name', 'default'], /--schema-name was not given and is "default"/],
    [['--exponential=false'], /--exponential was .*false and is true/],
  ]

  test('in the options of a download, naming both', async context => {
    const bench = await benchWithRows(context)
    const args = await brokenDownload(bench)
    for (const [more, expected] of differing) {
      const { code, stderr } = await bench.run([...args, ...more, '--resume'])
      assert.equal(code, 1, more.join(' '))
      assert.match(stderr, expected)
    }
    const indifferent = ['--concurrency', '3', '--compression', 'raw', '--quiet']
    await bench.ok(['download', 't', bench.path('out.csv'), ...indifferent, '--resume'])
    assert.equal(await bench.read('out.csv'), csv)
  })

  test('in the options of an upload', async context => {
    const bench = await benchWithRows(context)
    const args = await brokenUpload(bench)
    for (const [more, expected] of [
      [['--timezone', 'Asia/Shanghai'], /--timezone was "UTC" and is "Asia\/Shanghai"/],
      [['--overwrite'], /--overwrite was false and is true/],
      [['--strict-schema=false'], /--strict-schema was true and is false/],
      [['--columns', 'id,name'], /--columns 1 was not given and is "id"/],
      [['--null', 'x'], /--null was "" and is "x"/],
    ] as const) {
      const { code, stderr } = await bench.run([...args, ...more, '--resume'])
      assert.equal(code, 1, more.join(' '))
      assert.match(stderr, expected)
    }
    const larger = await bench.run(args.map(arg => (arg === '64K' ? '1M' : arg)).concat('--resume'))
    assert.match(larger.stderr, /--block-size was 65536 and is 1048576/)
    assert.equal(bench.emulator.rowCount('into'), 0)
    await bench.ok([...args, '--resume'])
    assert.deepEqual(await bench.rows('into'), rows)
  })

  test('in the service, and in the columns of the table', async context => {
    const [bench, other] = [await benchWithRows(context), await benchWithRows(context)]
    const args = await brokenUpload(bench)
    const elsewhere = await bench.run([...args, '--resume'], {
      environment: { ODPS_ENDPOINT: other.emulator.endpoint },
    })
    assert.match(elsewhere.stderr, /--endpoint was "http:\S+" and is "http:\S+"/)
    const path = await entryPath(bench)
    const entry = JSON.parse(await readFile(path, 'utf8'))
    entry.proof['tableColumns.2'] = 'name BIGINT'
    await writeFile(path, JSON.stringify(entry))
    const { stderr } = await bench.run([...args, '--resume'])
    assert.match(stderr, /the table's column 2 was name BIGINT and is name STRING/i)
  })

  test('in the input behind a block that is on the service, to the last byte', async context => {
    const bench = await benchWithRows(context)
    const args = await brokenUpload(bench)
    const at = csv.indexOf('4000,row 4000')
    await bench.write('f.csv', `${csv.slice(0, at)}4000,raw 4000${csv.slice(at + 13)}`)
    const { code, stderr } = await bench.run([...args, '--resume'])
    assert.equal(code, 1)
    assert.match(stderr, /the input differs from that of the interrupted upload: the service holds block \d/)
    assert.equal(bench.emulator.rowCount('into'), 0)
  })

  test('in stdin, whose rows prove themselves when they come again', async context => {
    const bench = await benchWithRows(context)
    const args = ['upload', '-', 'into', '--block-size', '64K', '--concurrency', '1']
    bench.emulator.setFaults([
      { action: 'putBlock', after: 3, times: 1000, fault: { status: 403, code: 'NoPermission' } },
    ])
    const { stderr } = await bench.run(args, { stdin: csv })
    assert.match(stderr, /resume: odps-tunnel upload - into --block-size 64K --concurrency 1 --resume\n/)
    bench.emulator.setFaults()
    const other = await bench.run([...args, '--resume'], { stdin: csv.replace('7,row 7', '7,raw 7') })
    assert.match(
      other.stderr,
      /the input differs from that of the interrupted upload: the service holds block 0/,
    )
    await bench.ok([...args, '--resume'], { stdin: csv })
    assert.deepEqual(await bench.rows('into'), rows)
  })

  test('but takes a correction behind what was sent', async context => {
    const bench = await benchWithRows(context)
    const args = await brokenUpload(bench)
    await bench.write('f.csv', csv.replace('24999,row 24999', '24999,corrected'))
    await bench.ok([...args, '--resume'])
    assert.deepEqual(await bench.rows('into'), [...rows.slice(0, -1), [24_999n, 'corrected']])
  })

  test('in the working file', async context => {
    const bench = await benchWithRows(context)
    const args = await brokenDownload(bench)
    const part = await partOf(bench)
    const bytes = await readFile(part)
    bytes[1000]! ^= 1
    await writeFile(part, bytes)
    const changed = await bench.run([...args, '--resume'])
    assert.equal(changed.code, 1)
    assert.match(
      changed.stderr,
      /\.part has changed .* the CRC-32 of its first \d+ bytes was \w{8} and is \w{8}/,
    )
    await writeFile(part, bytes.subarray(0, 500))
    const cut = await bench.run([...args, '--resume'])
    assert.match(cut.stderr, /\.part has 500 bytes, but the interrupted download had written \d+/)
    // Without the working file nothing has to be proven: it is written from its beginning.
    await rm(part)
    await bench.ok([...args, '--resume'])
    assert.equal(await bench.read('out.csv'), csv)
  })

  test('what comes behind the last record of the working file is cut off', async context => {
    const bench = await benchWithRows(context)
    const args = await brokenDownload(bench)
    await appendFile(await partOf(bench), 'half a rec')
    await bench.ok([...args, '--resume'])
    assert.equal(await bench.read('out.csv'), csv)
  })
})

describe('a download that is interrupted again and again', () => {
  for (const layout of ['table', 'one file of partitions'] as const)
    test(`goes on behind the rows of all runs before: ${layout}`, async context => {
      const bench = await benchWithRows(context)
      await bench.emulator.createTable({
        ...{ name: 'p', columns: { id: 'bigint', name: 'string' }, partitionColumns: { pt: 'string' } },
      })
      for (const pt of ['a', 'b']) await bench.fill('p', rows, `pt=${pt}`)
      const isTable = layout === 'table'
      const target = isTable ? ['t'] : ['p', '--with-partition-columns']
      const args = ['download', bench.path('out.csv'), '--concurrency', '1', '--compression', 'raw']
      args.splice(1, 0, ...target)
      const reached: number[] = []
      for (let run = 0; run < 3; run++) {
        let asked = 0
        // Cut in the middle, and refused when it is asked for again.
        bench.emulator.setFaults(({ action }) =>
          action !== 'readData' ? undefined : asked++ === 0 ? { cutBodyAfter: 90_000 } : { status: 403 },
        )
        const { code } = await bench.run([...args, ...(run === 0 ? [] : ['--resume'])])
        assert.equal(code, 1)
        const entry = JSON.parse(await readFile(await entryPath(bench), 'utf8'))
        assert.equal(entry.checkpoint.partitionRows, entry.checkpoint.rows)
        reached.push(entry.checkpoint.partitionRows)
      }
      assert.ok(reached[0]! > 0 && reached[1]! > reached[0]! && reached[2]! > reached[1]!, String(reached))
      bench.emulator.setFaults()
      await bench.ok([...args, '--resume'])
      const whole = isTable
        ? csv
        : `id,name,pt\n${['a', 'b'].flatMap(pt => rows.map(row => `${row.join(',')},${pt}\n`)).join('')}`
      assert.equal(await bench.read('out.csv'), whole)
    })
})

describe('--resume of a partitioned table', () => {
  const benchWithPartitions = async (context: Parameters<typeof cliBench>[0]): Promise<CliBench> => {
    const bench = await cliBench(context)
    await bench.emulator.createTable({
      name: 'p',
      columns: { id: 'bigint' },
      partitionColumns: { pt: 'string' },
    })
    for (const pt of ['a', 'b', 'c']) await bench.fill('p', [[1n], [2n]], `pt=${pt}`)
    return bench
  }

  for (const layout of ['folder', 'one file'] as const)
    test(`refuses other partitions, and others in those that were read: ${layout}`, async context => {
      const bench = await benchWithPartitions(context)
      const args = [
        ...['download', 'p', bench.path(layout === 'folder' ? 'out' : 'out.csv'), '--format', 'csv'],
        ...(layout === 'folder' ? [] : ['--with-partition-columns']),
      ]
      await refused(bench, args, 'readData', 2)
      await bench.fill('p', [[3n]], 'pt=a')
      const changed = await bench.run([...args, '--resume'])
      assert.match(
        changed.stderr,
        /partition pt=a, which was read before .*: it had 2 rows of .*, and has 3 of/,
      )
      await bench.fill('p', [[3n]], 'pt=d')
      const added = await bench.run([...args, '--resume'])
      assert.match(added.stderr, /the partitions have changed .*: pt=d is new; there were 3, and are 4/)
    })

  test('refuses a file that was finished and is another now', async context => {
    const bench = await benchWithPartitions(context)
    const args = ['download', 'p', bench.path('out')]
    await refused(bench, args, 'readData', 2)
    await appendFile(bench.path('out/pt=a.csv'), '9\n')
    const { stderr } = await bench.run([...args, '--resume'])
    assert.match(stderr, /pt=a\.csv, which the interrupted download had finished, had 7 bytes and has 9/)
    await rm(bench.path('out/pt=a.csv'))
    const gone = await bench.run([...args, '--resume'])
    assert.match(gone.stderr, /pt=a\.csv, which .* had finished, is missing/)
  })

  test('counts rows when they are written, whichever partition is read then', async context => {
    const bench = await cliBench(context)
    await bench.emulator.createTable({
      name: 'p',
      columns: { id: 'bigint' },
      partitionColumns: { pt: 'string' },
    })
    const values = Array.from({ length: 12 }, (_, i) => String(10 + i))
    for (const [i, pt] of values.entries())
      await bench.fill(
        'p',
        Array.from({ length: 3000 }, (_, j) => [BigInt(i * 3000 + j)]),
        `pt=${pt}`,
      )
    const args = ['download', 'p', bench.path('out.csv'), '--with-partition-columns']
    await refused(bench, args, 'readData', 11)
    // A process that is killed leaves what its journal had then: rows of many partitions were not written yet.
    const path = await entryPath(bench)
    const entry = JSON.parse(await readFile(path, 'utf8'))
    assert.equal(entry.checkpoint.rows % 3000, entry.checkpoint.partitionRows % 3000)
    await bench.ok([...args, '--resume'])
    const lines = (await bench.read('out.csv')).trimEnd().split('\n').slice(1)
    assert.deepEqual(
      lines,
      values.flatMap((pt, i) => Array.from({ length: 3000 }, (_, j) => `${i * 3000 + j},${pt}`)),
    )
  })
})

describe('a session that is over', () => {
  const forget = (bench: CliBench): void => {
    const sessions = new Set(bench.emulator.requests.flatMap(({ query }) => query.get('downloadid') ?? []))
    bench.emulator.setFaults(({ query }) =>
      sessions.has(query.get('downloadid') ?? '') ? { status: 404, code: 'NoSuchDownload' } : undefined,
    )
  }

  test('is replaced only where the table is proven to be the same', async context => {
    const bench = await benchWithRows(context)
    const args = await brokenDownload(bench)
    forget(bench)
    const { code, stderr } = await bench.run([...args, '--resume'])
    // The table was filled a moment before, so that its time proves nothing.
    assert.equal(code, 1)
    assert.match(stderr, /has ended, and it cannot be determined whether the table has changed since/)
    await assert.rejects(bench.read('out.csv'))
  })

  test('is not replaced when the table was written anew with as many rows', async context => {
    const bench = await benchWithRows(context)
    const args = await brokenDownload(bench)
    const path = await entryPath(bench)
    const entry = JSON.parse(await readFile(path, 'utf8'))
    entry.checkpoint.session.lastModified = '2001-02-03T04:05:06.000Z'
    await writeFile(path, JSON.stringify(entry))
    forget(bench)
    const { stderr } = await bench.run([...args, '--resume'])
    assert.match(
      stderr,
      /ODPS_TABLE_MODIFIED: .* it was last modified 2001-02-03T04:05:06.000Z then, and is /,
    )
  })
})

describe('a process that is killed', { skip: process.platform === 'win32' }, () => {
  /** Kills the command line, as its journal names it, once the service has had so many requests of a kind. */
  const killed = async (bench: CliBench, script: string, isOne: (request: EmulatorRequest) => boolean) => {
    let seen = (): void => {}
    const asked = new Promise<void>(resolve => {
      seen = resolve
    })
    bench.emulator.setFaults(request => {
      if (!isOne(request)) return undefined
      seen()
      return 'hang'
    })
    const running = runShell(bench, script)
    await asked
    // What the service has confirmed before is in the journal before long.
    const path = await entryPath(bench)
    process.kill(JSON.parse(await readFile(path, 'utf8')).pid, 'SIGKILL')
    const { code } = await running
    assert.notEqual(code, 0)
    bench.emulator.setFaults()
    assert.match((await bench.ok(['sessions', 'show'])).stdout, /state +interrupted/)
  }

  test('leaves an upload that goes on without a row lost or doubled', async context => {
    const bench = await benchWithRows(context)
    await killed(
      bench,
      'run upload f.csv into --block-size 64K --concurrency 1',
      ({ query }) => query.get('blockid') === '4',
    )
    await bench.ok(['resume'])
    assert.deepEqual(await bench.rows('into'), rows)
  })

  test('leaves a download that goes on, or begins its file anew', async context => {
    const bench = await benchWithRows(context)
    let ranges = 0
    await killed(
      bench,
      'run download t out.csv --concurrency 1',
      ({ query }) => query.has('rowrange') && ++ranges > 1,
    )
    await bench.ok(['resume'])
    assert.equal(await bench.read('out.csv'), csv)
    assert.deepEqual(
      (await readdir(bench.folder)).filter(name => name.endsWith('.part')),
      [],
    )
  })
})

describe('the journal', () => {
  test('passes over what it cannot read, with a note, in every command', async context => {
    const bench = await benchWithRows(context)
    const args = await brokenUpload(bench)
    const folder = bench.path('state/odps-tunnel/transfers')
    const entry = JSON.parse(await readFile(await entryPath(bench), 'utf8'))
    const odd: Record<string, unknown> = {
      'not-json': '{',
      null: null,
      list: [],
      number: 7,
      older: { ...entry, id: 'older', version: 1 },
      newer: { ...entry, id: 'newer', version: 99 },
      renamed: { ...entry, id: 'another' },
      'odd-rows': { ...entry, id: 'odd-rows', rows: 'many' },
      'odd-paths': { ...entry, id: 'odd-paths', paths: 7 },
      'odd-args': { ...entry, id: 'odd-args', args: [null] },
      'odd-time': { ...entry, id: 'odd-time', startedAt: {} },
      'odd-blocks': { ...entry, id: 'odd-blocks', blocks: [['0', {}]] },
      'odd-checkpoint': { ...entry, id: 'odd-checkpoint', checkpoint: { bytes: -1 } },
      'odd-state': { ...entry, id: 'odd-state', state: 'lost' },
    }
    for (const [name, content] of Object.entries(odd))
      await writeFile(`${folder}/${name}.json`, name === 'not-json' ? '{' : JSON.stringify(content))
    await mkdir(`${folder}/folder.json`)
    for (const command of [['sessions'], ['sessions', 'show'], ['sessions', 'list', '--json']])
      assert.match((await bench.ok(command)).stderr, /15 files in the journal can't be read .* ignored/)
    await bench.ok([...args, '--resume'])
    assert.deepEqual(await bench.rows('into'), rows)
  })

  test('forgets no transfer that can be resumed unless told to', async context => {
    const bench = await benchWithRows(context)
    await brokenDownload(bench)
    await bench.ok(['upload', bench.path('f.csv'), 'into'])
    const part = await partOf(bench)
    const purged = await bench.ok(['sessions', 'purge', '0'])
    assert.match(purged.stderr, /1 transfer forgotten\.\n1 transfer kept, because it can be resumed: /)
    assert.equal((await bench.ok(['sessions', '--json'])).stdout.trim().split('\n').length, 1)
    assert.match((await bench.ok(['sessions', 'purge', '0', '--yes'])).stderr, /1 transfer forgotten/)
    assert.match((await bench.ok(['sessions'])).stderr, /No transfers yet/)
    await assert.rejects(readFile(part), /ENOENT/)
    await brokenUpload(bench)
    const { id } = JSON.parse((await bench.ok(['sessions', '--json'])).stdout)
    await bench.ok(['sessions', 'purge', id])
    assert.match((await bench.ok(['sessions'])).stderr, /No transfers yet/)
  })

  test('lets one process at a time go on with a transfer', async context => {
    const bench = await benchWithRows(context)
    const args = await brokenUpload(bench)
    const lock = (await entryPath(bench)).replace(/json$/, 'lock')
    const living = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
    context.after(() => living.kill())
    await new Promise(resolve => living.once('spawn', resolve))
    // Where the system shows when a process was born, the lock has it.
    const stat = await readFile(`/proc/${living.pid}/stat`, 'utf8').catch(() => undefined)
    const bornAt = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
    await writeFile(lock, JSON.stringify({ pid: living.pid, host: hostname(), bornAt }))
    const busy = await bench.run([...args, '--resume'])
    assert.equal(busy.code, 1)
    assert.match(busy.stderr, new RegExp(`is still running, as process ${living.pid} on `))
    // Of another machine nobody here can know.
    await writeFile(lock, JSON.stringify({ pid: 1, host: 'elsewhere' }))
    assert.match((await bench.run([...args, '--resume'])).stderr, /still running, as process 1 on elsewhere/)
    // The same number, and born at another time: that process is dead.
    await writeFile(lock, JSON.stringify({ pid: living.pid, host: hostname(), bornAt: '1' }))
    const both = await Promise.all([bench.run([...args, '--resume']), bench.run([...args, '--resume'])])
    assert.deepEqual(both.map(({ code }) => code).sort(), [0, 1])
    assert.match(both.map(({ stderr }) => stderr).join(''), /is still running, as process/)
    assert.deepEqual(await bench.rows('into'), rows)
  })

  test('holds no credentials and no rows', async context => {
    const bench = await benchWithRows(context)
    await brokenUpload(bench)
    const text = await readFile(await entryPath(bench), 'utf8')
    assert.doesNotMatch(text, /test-secret|test-id|row 1/)
  })
})

describe('after a failure', () => {
  test('the whole command to go on is printed, with what is kept', async context => {
    const bench = await benchWithRows(context)
    const download = ['download', 't', bench.path('it is.csv'), '--concurrency', '1', '--null', "it's"]
    const { stderr } = await refused(bench, download, 'readData', 1)
    assert.match(
      stderr,
      /\n {2}kept: 0 of 1 file, and 10,000 rows in \S+ is\.csv\.\w+\.part, as transfer \S+\n {2}resume: odps-tunnel download t '\S+ is\.csv' --concurrency 1 --null 'it'\\''s' --resume\n/,
    )
    const failed = await refused(bench, [...download, '--json', '--resume'], 'readData', 0)
    const event = JSON.parse(failed.stderr.trim().split('\n').at(-1)!)
    assert.match(event.resume, /^odps-tunnel download t .* --resume$/)
    const upload = await refused(
      bench,
      ['upload', bench.path('f.csv'), 'into', '--block-size', '64K'],
      'putBlock',
      3,
    )
    assert.match(
      upload.stderr,
      /\n {2}kept: \d blocks? on the service for 24 hours, of [\d,]+ rows read so far, as transfer \S+\n {2}resume: /,
    )
  })

  test('it is not printed when going on would fail again, or there is nothing to go on with', async context => {
    const bench = await benchWithRows(context)
    await bench.write('bad.csv', `${csv}x,y\n`)
    const bad = await bench.run(['upload', bench.path('bad.csv'), 'into', '--block-size', '64K'])
    assert.equal(bad.code, 3)
    const stdout = await refused(bench, ['download', 't', '-', '--format', 'csv'], 'readData', 1)
    const missing = await bench.run(['download', 'nope', bench.path('x.csv')])
    for (const result of [bad, stdout, missing]) assert.doesNotMatch(result.stderr, /resume/)
  })

  test('a second Ctrl-C prints it as well', async context => {
    const bench = await benchWithRows(context)
    bench.emulator.setFaults([{ action: 'readData', after: 1, times: 1000, fault: 'hang' }])
    let interrupt = (): void => {}
    const running = bench.run(['download', 't', bench.path('out.csv'), '--concurrency', '1'], {
      onStart: stop => {
        interrupt = stop
      },
    })
    while (bench.emulator.requests.filter(({ query }) => query.has('rowrange')).length < 2)
      await new Promise(resolve => setImmediate(resolve))
    interrupt()
    interrupt()
    const { stderr } = await running
    assert.equal(stderr.match(/next: odps-tunnel download t \S+ --concurrency 1 --resume/g)?.length, 2)
  })
})
