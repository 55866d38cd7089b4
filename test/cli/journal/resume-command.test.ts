import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { benchWithRows, brokenDownload, csv, refused } from './broken-transfers.js'

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

  test('of what has finished or cannot go on, the next step is a command that does', async context => {
    const bench = await benchWithRows(context)
    const broken = await brokenDownload(bench)
    await bench.ok(['download', 't', bench.path('other.csv')])
    const over = await bench.run(['resume'])
    const [, id = ''] =
      /latest that can be resumed is another: odps-tunnel resume (\S+)\n/.exec(over.stderr) ?? []
    assert.match(id, /^\d{14}-/, over.stderr)
    await bench.emulator.dropTable('t')
    await bench.emulator.createTable({ name: 't', columns: { id: 'bigint', other: 'string' } })
    const { code, stderr } = await bench.run(['resume', id])
    assert.ok(stderr.endsWith(`\n  next: Start over: odps-tunnel ${broken.join(' ')}\n`), stderr)
    assert.equal(code, 1)
    await bench.ok(['sessions', 'purge', id])
    assert.match(
      (await bench.run(['resume'])).stderr,
      /has finished\n {2}next: See 'odps-tunnel sessions list'/,
    )
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
