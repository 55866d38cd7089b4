import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { rowsUpTo } from '../../session/emulated-table.js'
import { type CliBench, cliBench } from '../support.js'

const specs = ['pt=a', 'pt=b', 'pt=c'] as const
const columns = { id: 'bigint', name: 'string' }

const bench = async (context: TestContext): Promise<CliBench> => {
  const made = await cliBench(context)
  await made.emulator.createTable({ name: 'parts', columns, partitionColumns: { pt: 'string' } })
  for (const [i, spec] of specs.entries()) await made.emulator.insert('parts', rowsUpTo(i + 3), spec)
  await made.emulator.createTable({ name: 'single', columns })
  await made.emulator.insert('single', rowsUpTo(5))
  return made
}

const counts = ({ emulator }: CliBench, table: string): number[] =>
  specs.map(spec => emulator.rowCount(table, spec))

const eventsOf = (stderr: string): Record<string, unknown>[] =>
  stderr
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as Record<string, unknown>)

describe('odps-tunnel copy', () => {
  test('a table, one partition, and all of them', async context => {
    const cli = await bench(context)
    const { code, stderr } = await cli.run(['copy', 'single', 'like', '--create'])
    assert.equal(code, 0, stderr)
    assert.match(stderr, /^5 rows committed to like in .*\(copied as they are, /m)
    assert.deepEqual(await cli.emulator.rows('like', undefined, { rowShape: 'array' }), rowsUpTo(5))

    await cli.emulator.createTable({ name: 'turned', columns: { name: 'string', id: 'bigint' } })
    const one = await cli.run(['copy', 'parts/pt=b', 'turned', '--verify', 'records', '--json'])
    assert.equal(one.code, 0, one.stderr)
    const done = eventsOf(one.stderr).find(({ event }) => event === 'done')
    assert.deepEqual([done?.['rows'], done?.['partitions'], done?.['ways']], [4, 1, ['reencoded']])
    assert.equal(cli.emulator.rowCount('turned'), 4)

    const all = await cli.run(['copy', 'parts', 'all', '--create'])
    assert.equal(all.code, 0, all.stderr)
    assert.match(all.stderr, /12 rows in 3 partitions committed to all/)
    assert.deepEqual(counts(cli, 'all'), [3, 4, 5])
  })

  test('what does not fit is exit code 1 or 2, and nothing is changed', async context => {
    const cli = await bench(context)
    assert.equal((await cli.run(['copy', 'single'])).code, 2)
    const missing = await cli.run(['copy', 'single', 'nowhere'])
    assert.notEqual(missing.code, 0)
    assert.match(missing.stderr, /there is no table.*\n {2}next: .*--create creates the table/)
    const levels = await cli.run(['copy', 'parts', 'single'])
    assert.match(levels.stderr, /the source is partitioned by pt.*\n {2}next: A partition is written t\/pt=a/)
    await cli.emulator.createTable({ name: 'other', columns: { x: 'bigint' } })
    const unlike = await cli.run(['copy', 'single', 'other'])
    assert.match(unlike.stderr, /don't fit the other.*\n {2}next: See the columns with /)
    await cli.emulator.createTable({ name: 'none', columns })
    const empty = await cli.run(['copy', 'none', 'single', '--overwrite'])
    assert.equal(empty.code, 1, empty.stderr)
    assert.match(empty.stderr, /--overwrite would leave single empty; it was not changed/)
    assert.equal(cli.emulator.rowCount('single'), 5)
    const meant = await cli.run(['copy', 'none', 'single', '--overwrite', '--allow-empty'])
    assert.equal(meant.code, 0, meant.stderr)
    assert.equal(cli.emulator.rowCount('single'), 0)
  })

  test('goes on behind what is committed, with --resume and with resume', async context => {
    const cli = await bench(context)
    cli.emulator.setFaults([{ action: 'putBlock', after: 1, fault: { status: 403 } }])
    const failed = await cli.run(['copy', 'parts', 'all', '--create'])
    assert.equal(failed.code, 1)
    assert.match(failed.stderr, /kept: 1 partition committed with 3 rows/)
    assert.match(failed.stderr, /resume: odps-tunnel copy parts all --create --resume/)
    // The answer to the next commit is lost for good.
    let isLost = false
    cli.emulator.setFaults(request => {
      if (request.action !== 'commitUpload') return undefined
      isLost = true
      return 'drop-answer'
    })
    const again = await cli.run(['resume'])
    assert.equal(isLost, true)
    cli.emulator.setFaults()
    const last = again.code === 0 ? again : await cli.run(['copy', 'parts', 'all', '--create', '--resume'])
    assert.equal(last.code, 0, last.stderr)
    assert.deepEqual(counts(cli, 'all'), [3, 4, 5])
    const other = await cli.run(['copy', 'parts', 'all', '--overwrite', '--resume'])
    assert.equal(other.code, 1)
    assert.match((await cli.run(['sessions'])).stdout, /done +copy +12 +all +parts/)
  })

  test('Ctrl-C between partitions keeps those before it', async context => {
    const cli = await bench(context)
    let interrupt = (): void => {}
    let blocks = 0
    cli.emulator.setFaults(request => {
      if (request.action === 'putBlock' && ++blocks === 2) interrupt()
      return undefined
    })
    const { code, stderr } = await cli.run(['copy', 'parts', 'all', '--create'], {
      onStart: stop => {
        interrupt = stop
      },
    })
    assert.equal(code, 130, stderr)
    assert.match(stderr, /Interrupted\. What was committed is kept\./)
    assert.deepEqual(counts(cli, 'all'), [3, 0, 0])
    cli.emulator.setFaults()
    assert.equal((await cli.run(['resume'])).code, 0)
    assert.deepEqual(counts(cli, 'all'), [3, 4, 5])
  })
})
