import assert from 'node:assert/strict'
import { appendFile, readFile, rm, writeFile } from 'node:fs/promises'
import { describe, test } from 'node:test'
import { benchWithRows, brokenDownload, csv, entryPath, refused, rows } from '../journal/broken-transfers.js'
import { type CliBench, cliBench } from '../support.js'

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
