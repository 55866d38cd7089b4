import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { describe, test } from 'node:test'
import { benchWithRows, brokenUpload, entryPath, rows } from './broken-transfers.js'

describe('the journal', () => {
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
})
