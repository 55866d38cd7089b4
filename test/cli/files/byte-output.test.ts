import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { chmod, lstat, mkdir, readdir, readFile, readlink, stat, symlink } from 'node:fs/promises'
import { createServer } from 'node:net'
import { describe, test } from 'node:test'
import { runShell } from '../shell.js'
import { type CliBench, cliBench } from '../support.js'

const skip = process.platform === 'win32'
const count = 12_000
const csv = `id,name\n${Array.from({ length: count }, (_, i) => `${i},row ${i}\n`).join('')}`

const benchWithRows = async (context: Parameters<typeof cliBench>[0]): Promise<CliBench> => {
  const bench = await cliBench(context)
  await bench.emulator.createTable({ name: 't', columns: { id: 'bigint', name: 'string' } })
  await bench.fill(
    't',
    Array.from({ length: count }, (_, i) => [BigInt(i), `row ${i}`]),
  )
  return bench
}

const parts = async (bench: CliBench, folder = '.'): Promise<string[]> =>
  (await readdir(bench.path(folder))).filter(name => name.endsWith('.part'))

describe('a download', { skip, timeout: 240_000 }, () => {
  test('follows a link and replaces the file it leads to, in its own folder', async context => {
    const bench = await benchWithRows(context)
    await mkdir(bench.path('data'))
    await bench.write('data/real.csv', 'old')
    await symlink('data/real.csv', bench.path('second'))
    await symlink('second', bench.path('link.csv'))
    await bench.ok(['download', 't', bench.path('link.csv')])
    assert.equal(await bench.read('data/real.csv'), csv)
    assert.equal(await readlink(bench.path('link.csv')), 'second')
    assert.deepEqual([await parts(bench), await parts(bench, 'data')], [[], []])
  })

  test('follows a link that leads nowhere yet', async context => {
    const bench = await benchWithRows(context)
    await mkdir(bench.path('data'))
    await symlink('data/new.csv', bench.path('link.csv'))
    await bench.ok(['download', 't', bench.path('link.csv')])
    assert.equal(await bench.read('data/new.csv'), csv)
    assert.ok((await lstat(bench.path('link.csv'))).isSymbolicLink())
  })

  test('refuses links in a circle, and a folder', async context => {
    const bench = await benchWithRows(context)
    await symlink('b.csv', bench.path('a.csv'))
    await symlink('a.csv', bench.path('b.csv'))
    const circle = await bench.run(['download', 't', bench.path('a.csv')])
    assert.match(circle.stderr, /chain of more than 40 symbolic links/)
    await mkdir(bench.path('folder.csv'))
    const folder = await bench.run(['download', 't', bench.path('folder.csv')])
    assert.match(folder.stderr, /folder\.csv is a folder\n {2}next: Use a file in it/)
    assert.equal(bench.emulator.requests.filter(({ query }) => query.has('rowrange')).length, 0)
  })

  test('keeps the mode of the file it replaces', async context => {
    const bench = await benchWithRows(context)
    await bench.write('out.csv', 'old')
    await chmod(bench.path('out.csv'), 0o640)
    await bench.ok(['download', 't', bench.path('out.csv')])
    assert.equal((await stat(bench.path('out.csv'))).mode & 0o777, 0o640)
  })

  test('writes through a FIFO, a socket and /dev/null, and leaves them what they are', async context => {
    const bench = await benchWithRows(context)
    spawnSync('mkfifo', [bench.path('fifo.csv')])
    const reader = spawn('cat', [bench.path('fifo.csv')])
    let fromFifo = ''
    reader.stdout.on('data', chunk => {
      fromFifo += chunk
    })
    const closed = new Promise(resolve => reader.on('close', resolve))
    await bench.ok(['download', 't', bench.path('fifo.csv')])
    await closed
    assert.equal(fromFifo, csv)
    assert.ok((await lstat(bench.path('fifo.csv'))).isFIFO())

    let fromSocket = ''
    const server = createServer(socket =>
      socket.on('data', chunk => {
        fromSocket += chunk
      }),
    )
    await new Promise<void>(resolve => server.listen(bench.path('s.csv'), resolve))
    await bench.ok(['download', 't', bench.path('s.csv')])
    await new Promise(resolve => server.close(resolve))
    assert.equal(fromSocket, csv)

    await bench.ok(['download', 't', '/dev/null', '--format', 'csv'])
    assert.ok((await stat('/dev/null')).isCharacterDevice())
    assert.deepEqual(await parts(bench), [])
  })

  test('fails when what reads a FIFO ends before the last row', async context => {
    const bench = await benchWithRows(context)
    await bench.emulator.createTable({ name: 'big', columns: { text: 'string' } })
    await bench.fill(
      'big',
      Array.from({ length: 2000 }, () => ['x'.repeat(1000)]),
    )
    spawnSync('mkfifo', [bench.path('fifo.csv')])
    const reader = spawn('head', ['-c', '1', bench.path('fifo.csv')])
    const closed = new Promise(resolve => reader.on('close', resolve))
    const { code, stderr } = await bench.run(['download', 'big', bench.path('fifo.csv')])
    await closed
    assert.equal(code, 1)
    assert.match(stderr, /fifo\.csv cannot be written: its reader ended before the last row/)
  })

  test('writes to /dev/stdout and descriptors of a shell where they stand', async context => {
    const bench = await benchWithRows(context)
    const script = [
      'echo before > a; run download t /dev/stdout --format csv >> a; echo after >> a',
      '{ echo before; run download t /dev/stdout --format csv; echo after; } > b',
      'run download t /dev/fd/7 --format csv 7> c',
      'ln -s /dev/stdout l; run download t l --format csv | cat > d; test -L l',
      'run download t >(cat > e) --format csv; while [ "$(wc -c < e)" -lt "$(wc -c < c)" ]; do :; done',
    ].join(' && ')
    const { code, stderr } = await runShell(bench, script)
    assert.equal(code, 0, stderr)
    for (const name of ['a', 'b']) assert.equal(await bench.read(name), `before\n${csv}after\n`, name)
    for (const name of ['c', 'd', 'e']) assert.equal(await bench.read(name), csv, name)
  })

  test('to what is no regular file is not resumed, and says so', async context => {
    const bench = await benchWithRows(context)
    spawnSync('mkfifo', [bench.path('fifo.csv')])
    for (const [path, what] of [
      ['-', 'stdout'],
      [bench.path('fifo.csv'), 'no regular file'],
      ['/dev/null', 'no regular file'],
    ] as const) {
      const { code, stderr } = await bench.run(['download', 't', path, '--format', 'csv', '--resume'])
      assert.equal(code, 2)
      assert.match(stderr, new RegExp(`a download to .*${what}.* cannot be resumed`))
    }
  })

  test('never writes through a link that takes the place of its working file', async context => {
    const bench = await benchWithRows(context)
    await bench.write('victim', 'untouched')
    await symlink('victim', bench.path('out.csv.part'))
    await bench.ok(['download', 't', bench.path('out.csv')])
    assert.equal(await bench.read('victim'), 'untouched')
    assert.equal(await bench.read('out.csv'), csv)
  })

  test('is whole though another writes to the same path at the same time', async context => {
    const bench = await benchWithRows(context)
    const path = bench.path('out.csv')
    const both = ['id,name', 'name,id'].map(columns =>
      bench.ok(['download', 't', path, '--columns', columns]),
    )
    await Promise.all(both)
    const lines = csv.trimEnd().split('\n')
    const swapped = `${lines.map(line => line.split(',').reverse().join(',')).join('\n')}\n`
    assert.ok([csv, swapped].includes(await bench.read('out.csv')))
    assert.deepEqual(await parts(bench), [])
  })

  test('says when the disk is full, and leaves no file under the final name', async context => {
    const bench = await benchWithRows(context)
    // A limit on the size of files is the full disk that any user can have.
    const { code, stderr } = await runShell(bench, "trap '' XFSZ; ulimit -f 64; run download t out.csv")
    assert.equal(code, 1)
    assert.match(
      stderr,
      /out\.csv\.\w+\.part cannot be written: the file would be larger than .* a limit allows/,
    )
    await assert.rejects(stat(bench.path('out.csv')))
  })

  test('names its working file in so few bytes that the file system takes it', async context => {
    const bench = await benchWithRows(context)
    const name = `${'好'.repeat(83)}.csv`
    await bench.ok(['download', 't', bench.path(name)])
    assert.equal(await readFile(bench.path(name), 'utf8'), csv)
  })
})
