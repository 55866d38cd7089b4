import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, test } from 'node:test'
import { runShell, shellEnvironment } from './shell.js'
import { type CliBench, cliBench } from './support.js'

const benchWithRows = async (context: Parameters<typeof cliBench>[0]): Promise<CliBench> => {
  const bench = await cliBench(context)
  await bench.emulator.createTable({ name: 't', columns: { id: 'bigint', name: 'string' } })
  await bench.fill(
    't',
    Array.from({ length: 30_000 }, (_, i) => [BigInt(i), `row ${i}`]),
  )
  await bench.write('f.csv', 'id\n1\n')
  await bench.ok(['upload', bench.path('f.csv'), 'u', '--create'])
  return bench
}

const systemError = (code: string): Error =>
  Object.assign(new Error(`${code}: from the system, write`), { code })

const printing: readonly (readonly string[])[] = [
  ['schema', 't'],
  ['schema', 't', '--ddl'],
  ['schema', 't', '--json'],
  ['head', 't'],
  ['head', 't', '--json'],
  ['count', 't'],
  ['infer', 'f.csv'],
  ['sessions'],
  ['sessions', 'show'],
  ['config', 'show'],
  ['completion', 'bash'],
  ['download', 't', '-', '--format', 'csv'],
  ['download', 't', '/dev/stdout', '--format', 'ndjson'],
  ['download', 't', '-', '--format', 'parquet'],
  ['upload', 'f.csv', 'u', '--explain'],
  ['--help'],
  ['--version'],
  ['schema', '--help'],
]

describe('stdout that cannot be written', () => {
  test('is an error of every command', async context => {
    const bench = await benchWithRows(context)
    for (const args of printing) {
      const paths = args.map(arg => (arg === 'f.csv' ? bench.path(arg) : arg))
      const { code, stderr } = await bench.run(paths, { stdoutError: systemError('ENOSPC') })
      assert.equal(code, 1, args.join(' '))
      assert.match(stderr, /stdout cannot be written: no space is left on the disk/, args.join(' '))
      assert.doesNotMatch(stderr, /--resume/, args.join(' '))
    }
  })

  test('because nobody reads it any more ends every command quietly', async context => {
    const bench = await benchWithRows(context)
    for (const args of printing) {
      const paths = args.map(arg => (arg === 'f.csv' ? bench.path(arg) : arg))
      const { code, stderr } = await bench.run(
        [...paths, '-q'].slice(0, args[0]!.startsWith('--') ? -1 : undefined),
        {
          stdoutError: systemError('EPIPE'),
        },
      )
      assert.equal(code, 0, `${args.join(' ')}: ${stderr}`)
      assert.equal(stderr.replaceAll(/^(column|id|From|\s*$).*\n?/gm, ''), '', args.join(' '))
    }
  })

  test('stops the transfer when its reader has had enough', {
    skip: process.platform === 'win32',
  }, async context => {
    const bench = await benchWithRows(context)
    const { code, stdout } = await runShell(
      bench,
      'set -o pipefail; run download t - --format csv --quiet | head -n 2',
    )
    assert.equal(stdout, 'id,name\n0,row 0\n')
    assert.equal(code, 0)
  })

  test('because it is closed is an error of a download, and rows can be discarded', {
    skip: process.platform === 'win32',
  }, async context => {
    const bench = await benchWithRows(context)
    for (const target of ['-', '/dev/stdout', '/dev/fd/1']) {
      const { code, stderr } = await runShell(bench, `run download t ${target} --format csv >&-`)
      assert.equal(code, 1, target)
      assert.match(
        stderr,
        /stdout is closed, so what is written to it would be lost\n {2}next: Write to a file, or to \/dev\/null/,
      )
    }
    // What a program opens to discard the output of another one can't be told from it.
    assert.equal((await runShell(bench, 'run download t - --format csv 1<> /dev/null')).code, 1)
    assert.equal((await runShell(bench, 'run download t /dev/stderr --format csv 2>&-')).code, 1)
    assert.equal((await runShell(bench, 'run download t - --format csv > /dev/null')).code, 0)
    assert.equal((await runShell(bench, 'run download t /dev/null --format csv >&-')).code, 0)
  })

  test('because it is closed is told before a query costs anything', {
    skip: process.platform === 'win32',
  }, async context => {
    const bench = await benchWithRows(context)
    const submitted = (): number =>
      bench.emulator.requests.filter(({ action }) => action === 'submitInstance').length
    const before = submitted()
    const { code, stderr } = await runShell(bench, "run query 'SELECT id FROM t' >&-")
    assert.equal(code, 1)
    assert.match(stderr, /stdout is closed/)
    assert.equal((await bench.run(['query', 'SELECT id FROM t', bench.folder, '--format', 'csv'])).code, 1)
    assert.equal(submitted(), before)
  })

  test('while nobody reads stderr an upload goes on', {
    skip: process.platform === 'win32',
  }, async context => {
    const bench = await benchWithRows(context)
    await bench.write('g.csv', `id\n${'7\n'.repeat(50_000)}`)
    const { code } = await runShell(bench, 'set -o pipefail; run upload g.csv u --json 2>&1 | head -n 0')
    assert.equal(code, 0)
    assert.equal(bench.emulator.rowCount('u'), 50_001)
  })
})

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  test(`one ${signal} ends a download to a pipe that is full`, { timeout: 60_000 }, async context => {
    const bench = await benchWithRows(context)
    for (const format of ['ndjson', 'parquet']) {
      const { program, env } = shellEnvironment(bench)
      const args = [...program, 'download', 't', '-', '--format', format]
      const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
      let stderr = ''
      child.stderr.on('data', text => {
        stderr += text
      })
      // The rows are more than a pipe holds, and nobody reads on behind the first ones.
      await once(child.stdout, 'readable')
      child.kill(signal)
      const [code] = await once(child, 'exit')
      child.stdout.destroy()
      assert.equal(code, 130, `${format}: ${stderr}`)
      assert.match(stderr, /Interrupted\. What was written is not complete\./)
    }
  })
