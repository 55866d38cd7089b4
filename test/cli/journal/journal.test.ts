import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { describe, test } from 'node:test'
import type { EmulatorRequest } from '../../../lib/emulator/index.js'
import { runShell } from '../shell.js'
import type { CliBench } from '../support.js'
import {
  benchWithRows,
  brokenDownload,
  brokenUpload,
  csv,
  entryPath,
  partOf,
  rows,
} from './broken-transfers.js'

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

  test('holds no credentials and no rows', async context => {
    const bench = await benchWithRows(context)
    await brokenUpload(bench)
    const text = await readFile(await entryPath(bench), 'utf8')
    assert.doesNotMatch(text, /test-secret|test-id|row 1/)
  })
})
