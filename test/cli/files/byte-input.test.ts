import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { appendFile, readFile, symlink, utimes, writeFile } from 'node:fs/promises'
import { describe, test } from 'node:test'
import { runShell } from '../shell.js'
import { type CliBench, cliBench } from '../support.js'

const skip = process.platform === 'win32'
const count = 5000
const content = `id,name\n${Array.from({ length: count }, (_, i) => `${i},name ${i}\n`).join('')}`
const rows = Array.from({ length: count }, (_, i) => [BigInt(i), `name ${i}`])

const benchWithTable = async (context: Parameters<typeof cliBench>[0]): Promise<CliBench> => {
  const bench = await cliBench(context)
  await bench.emulator.createTable({ name: 't', columns: { id: 'bigint', name: 'string' } })
  await bench.write('f.csv', content)
  return bench
}

const makeFifo = (bench: CliBench, name: string): string => {
  spawnSync('mkfifo', [bench.path(name)])
  return bench.path(name)
}

/** Another program that writes into a FIFO, from its first reader on. */
const feed = (bench: CliBench, fifo: string, ...files: readonly string[]): Promise<unknown> =>
  new Promise(resolve =>
    spawn('sh', [
      '-c',
      'fifo=$1; shift; cat "$@" > "$fifo"',
      'sh',
      fifo,
      ...files.map(name => bench.path(name)),
    ]).on('close', resolve),
  )

describe('what can be read once is read once', { skip, timeout: 240_000 }, () => {
  test('a disk without room for the temporary file is named', async context => {
    const bench = await benchWithTable(context)
    const script = 'ulimit -f 200; head -c 1000000 /dev/zero | run upload - t --format parquet'
    const { code, stderr } = await runShell(bench, script)
    assert.equal(code, 1, stderr)
    assert.match(stderr, /: the temporary file in \S+ cannot be written: the file would be larger than /)
  })

  test('a FIFO, also with --overwrite, --create and --columns', async context => {
    const bench = await benchWithTable(context)
    await bench.fill('t', [[7n, 'old']])
    const fifo = makeFifo(bench, 'in.csv')
    for (const [table, options] of [
      ['t', ['--overwrite']],
      ['made', ['--create']],
      ['made2', ['--create', '--columns', 'id,name']],
    ] as const) {
      const fed = feed(bench, fifo, 'f.csv')
      await bench.ok(['upload', fifo, table, ...options])
      await fed
      assert.deepEqual(await bench.rows(table), rows, table)
    }
  })

  test('formats that are read here and there, and what is compressed', async context => {
    const bench = await benchWithTable(context)
    await bench.ok(['upload', bench.path('f.csv'), 't'])
    for (const ending of ['parquet', 'arrow', 'arrows', 'ndjson.gz', 'json']) {
      await bench.ok(['download', 't', bench.path(`source.${ending}`)])
      const fifo = makeFifo(bench, `in.${ending}`)
      const fed = feed(bench, fifo, `source.${ending}`)
      const table = `t_${ending.replace('.', '_')}`
      await bench.ok(['upload', fifo, table, '--create'])
      await fed
      assert.deepEqual(await bench.rows(table), rows, ending)
    }
  })

  test('it is read by --scan only, and not opened by --explain', async context => {
    const bench = await benchWithTable(context)
    const fifo = makeFifo(bench, 'in.csv')
    assert.match((await bench.ok(['upload', fifo, 't', '--explain'])).stdout, /in\.csv: csv, of unknown size/)
    const fed = feed(bench, fifo, 'f.csv')
    assert.match((await bench.ok(['upload', fifo, 't', '--scan', 'only'])).stderr, /5,000 rows would be sent/)
    await fed
  })

  test('its columns are looked at before anything is sent', async context => {
    const bench = await benchWithTable(context)
    await bench.write('wrong.csv', 'id,nmae\n1,x\n')
    const fifo = makeFifo(bench, 'in.csv')
    const fed = feed(bench, fifo, 'wrong.csv')
    const { code, stderr } = await bench.run(['upload', fifo, 't'])
    await fed
    assert.equal(code, 1)
    assert.match(stderr, /has 'nmae'/)
    assert.ok(bench.emulator.requests.every(({ method }) => method === 'GET'))
  })

  test('several, whose writer writes one after the other', async context => {
    const bench = await benchWithTable(context)
    const [a, b] = [makeFifo(bench, 'a.csv'), makeFifo(bench, 'b.csv')]
    const fed = feed(bench, a, 'f.csv').then(() => feed(bench, b, 'f.csv'))
    await bench.ok(['upload', a, b, 't'])
    await fed
    assert.equal(bench.emulator.rowCount('t'), 2 * count)
  })

  test('it is not read a second time under another name', async context => {
    const bench = await benchWithTable(context)
    const fifo = makeFifo(bench, 'in.csv')
    await symlink(fifo, bench.path('link.csv'))
    const { code, stderr } = await bench.run(['upload', fifo, bench.path('link.csv'), 't'])
    assert.equal(code, 2)
    assert.match(stderr, /link\.csv can be read only once|in\.csv can be read only once/)
    const stdin = await bench.run(['upload', '-', '/dev/stdin', 't', '--format', 'csv'], { stdin: content })
    assert.equal(stdin.code, 2)
    assert.match(stdin.stderr, /can be read only once/)
  })

  test('a file may be named twice', async context => {
    const bench = await benchWithTable(context)
    await bench.ok(['upload', bench.path('f.csv'), bench.path('f.csv'), 't'])
    assert.equal(bench.emulator.rowCount('t'), 2 * count)
  })

  test('Ctrl-C ends the wait for a writer, and for bytes that do not come', async context => {
    const bench = await benchWithTable(context)
    const fifo = makeFifo(bench, 'in.csv')
    for (const hasWriter of [false, true]) {
      const writer = hasWriter ? createWriteStream(fifo) : undefined
      writer?.on('error', () => {})
      writer?.write('id,name\n1,x\n')
      const { code } = await bench.run(['upload', fifo, 't'], {
        // The table is asked for before the FIFO is opened.
        onStart: interrupt => {
          bench.emulator.setFaults(() => {
            bench.emulator.setFaults()
            setTimeout(interrupt, 100)
            return undefined
          })
        },
      })
      assert.equal(code, 130)
      writer?.destroy()
    }
    assert.equal(bench.emulator.rowCount('t'), 0)
  })

  test('/dev/stdin, <(command) and descriptors of a shell', async context => {
    const bench = await benchWithTable(context)
    for (const name of ['a', 'b', 'c', 'd', 'e'])
      await bench.emulator.createTable({ name, columns: { id: 'bigint', name: 'string' } })
    const script = [
      'run upload /dev/stdin a --overwrite --format csv < f.csv',
      'cat f.csv | run upload /dev/stdin b --overwrite --format csv',
      'run upload <(cat f.csv) c --overwrite --format csv',
      'run upload /dev/fd/5 d --overwrite --format csv 5< f.csv',
      'run upload <(head -n 2501 f.csv) <(echo id,name; tail -n 2500 f.csv) e --format csv',
    ].join(' && ')
    const { code, stderr } = await runShell(bench, script)
    assert.equal(code, 0, stderr)
    for (const name of ['a', 'b', 'c', 'd', 'e']) assert.deepEqual(await bench.rows(name), rows, name)
  })
})

test('a folder as stdin is not taken for an empty input', { skip, timeout: 60_000 }, async context => {
  const bench = await benchWithTable(context)
  await bench.fill('t', [[7n, 'old']])
  for (const options of ['--format csv --no-header --overwrite --allow-empty', '--format ndjson']) {
    const { code, stderr } = await runShell(bench, `run upload - t ${options} < .`)
    assert.equal(code, 1, stderr)
    assert.match(stderr, /^odps-tunnel: stdin is a folder\n/)
  }
  assert.deepEqual(await bench.rows('t'), [[7n, 'old']])
})

test('a descriptor that a shell has not opened, or opened the other way', {
  skip,
  timeout: 60_000,
}, async context => {
  const bench = await benchWithTable(context)
  const open = await runShell(bench, 'run download t /dev/fd/99 --format csv')
  assert.match(open.stderr, /^odps-tunnel: \/dev\/fd\/99 is not open\n/)
  const other = await runShell(bench, 'run download t /dev/fd/3 --format csv 3<f.csv')
  assert.match(other.stderr, /^odps-tunnel: \/dev\/fd\/3 cannot be written: it is open for reading only\n/)
  assert.deepEqual([open.code, other.code], [1, 1])
})

describe('a file that changes while it is read', () => {
  /** Changes the file when the first block is on its way. */
  const uploadWhile = async (
    context: Parameters<typeof cliBench>[0],
    change: (path: string) => Promise<void>,
  ): Promise<{ code: number; stderr: string; bench: CliBench }> => {
    const bench = await benchWithTable(context)
    await bench.write('f.csv', `id,name\n${'1,x\n'.repeat(400_000)}`)
    const path = bench.path('f.csv')
    let changed: Promise<void> | undefined
    bench.emulator.setFaults(request => {
      if (request.action === 'putBlock') changed ??= change(path)
      return undefined
    })
    const result = await bench.run(['upload', path, 't', '--block-size', '64K', '--concurrency', '1'])
    await changed
    return { ...result, bench }
  }

  for (const [name, change] of [
    ['grows', path => appendFile(path, '2,y\n')],
    ['is written anew', path => writeFile(path, `id,name\n${'2,y\n'.repeat(400_000)}`)],
    ['is touched', path => utimes(path, 1, 1)],
  ] as readonly [string, (path: string) => Promise<void>][])
    test(`${name}: nothing is committed`, async context => {
      const { code, stderr, bench } = await uploadWhile(context, change)
      assert.equal(code, 1)
      assert.match(stderr, /f\.csv has changed while it was read|the input is not|not complete/)
      assert.equal(bench.emulator.rowCount('t'), 0)
    })
})

describe('the file of bad records', () => {
  test('is not one that is uploaded', async context => {
    const bench = await benchWithTable(context)
    await symlink(bench.path('f.csv'), bench.path('bad.csv'))
    const args = ['upload', bench.path('f.csv'), 't', '--bad-records', bench.path('bad.csv')]
    const { code, stderr } = await bench.run(args)
    assert.equal(code, 2)
    assert.match(stderr, /--bad-records .* is also a file to upload/)
    assert.equal(await readFile(bench.path('f.csv'), 'utf8'), content)
  })

  test('may be stdout', async context => {
    const bench = await benchWithTable(context)
    await bench.write('bad.in.csv', 'id,name\n1,a\nx,b\n')
    const path = bench.path('bad.in.csv')
    const { stdout } = await bench.ok(['upload', path, 't', '--bad-records', '/dev/stdout'])
    assert.equal(JSON.parse(stdout).record, 2)
  })
})
