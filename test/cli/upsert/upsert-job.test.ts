import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import type { TableDefinition } from '../../../lib/emulator/index.js'
import { type CliBench, cliBench } from '../support.js'

/** A table `(id bigint, name string, city string)` with the key id and two rows. */
const bench = async (context: TestContext, definition: Partial<TableDefinition> = {}): Promise<CliBench> => {
  const cli = await cliBench(context)
  await cli.emulator.createTable({
    ...{ name: 't', columns: { id: 'bigint', name: 'string', city: 'string' }, primaryKey: ['id'] },
    ...definition,
  })
  if (definition.partitionColumns === undefined)
    await cli.emulator.insert('t', [
      [1n, 'Ada', 'London'],
      [2n, 'Emmy', 'Erlangen'],
    ])
  return cli
}

/** In the order of the first column. */
const rowsOf = async (cli: CliBench, partition?: string): Promise<unknown[]> => {
  const rows = (await cli.emulator.rows('t', partition, { rowShape: 'array' })) as unknown[][]
  return rows.sort((a, b) => Number(a[0]) - Number(b[0]))
}

const untouched = [
  [1n, 'Ada', 'London'],
  [2n, 'Emmy', 'Erlangen'],
]

const eventsOf = (stderr: string): Record<string, unknown>[] =>
  stderr
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as Record<string, unknown>)

describe('odps-tunnel upsert', () => {
  test('replaces and adds rows by their key, and of a key the last row wins', async context => {
    const cli = await bench(context)
    const first = await cli.write('1.csv', 'city,ID,name\nParis,1,Ada\n,3,"Grace, H"\nRome,3,Grace\n')
    const { stderr } = await cli.ok(['upsert', first, 't'])
    assert.match(stderr, /^3 rows upserted into t in \d:\d\d \(\d requests?, /m)
    assert.deepEqual(await rowsOf(cli), [
      [1n, 'Ada', 'Paris'],
      [2n, 'Emmy', 'Erlangen'],
      [3n, 'Grace', 'Rome'],
    ])
    // Later files win as well, and an empty field is NULL.
    const second = await cli.write('2.tsv', 'id\tname\tcity\n3\tGrace\tNew York\n1\tAda\t\n')
    await cli.ok(['upsert', first, second, '-', 't'], { stdin: '{"id":2,"name":"Emmy","city":"Moscow"}\n' })
    assert.deepEqual(await rowsOf(cli), [
      [1n, 'Ada', null],
      [2n, 'Emmy', 'Moscow'],
      [3n, 'Grace', 'New York'],
    ])
  })

  test('--delete deletes the rows of the keys that the file has', async context => {
    const cli = await bench(context, { primaryKey: ['name', 'id'] })
    const gone = await cli.write('gone.csv', 'id,name\n1,Ada\n7,Nobody\n2,Ada\n')
    const { stderr } = await cli.ok(['upsert', gone, 't', '--delete'])
    assert.match(stderr, /^3 keys deleted from t in /m)
    assert.deepEqual(await rowsOf(cli), [[2n, 'Emmy', 'Erlangen']])
    // Without a header the fields are those of the key, in its order.
    await cli.ok(['upsert', '-', 't', '--delete', '--format', 'csv', '--no-header'], { stdin: 'Emmy,2\n' })
    assert.deepEqual(await rowsOf(cli), [])
  })

  test('--delete reads only the key, and nothing else of the file without being told', async context => {
    const cli = await bench(context)
    const whole = await cli.write('whole.csv', 'id,name,city\n1,Ada,London\n')
    const refused = await cli.run(['upsert', whole, 't', '--delete'])
    assert.equal(refused.code, 1)
    assert.match(
      refused.stderr,
      /has 'name', 'city', which the primary key does not have\n {2}next: --extra-columns ignore/,
    )
    const named = await cli.run(['upsert', whole, 't', '--delete', '--columns', 'id,name'])
    assert.equal(named.code, 2)
    assert.match(named.stderr, /--columns has 'name', which is not in the primary key \(id\)/)
    assert.deepEqual(await rowsOf(cli), untouched)
    await cli.ok(['upsert', whole, 't', '--delete', '--extra-columns', 'ignore'])
    assert.deepEqual(await rowsOf(cli), [[2n, 'Emmy', 'Erlangen']])
  })

  test('--columns sets these columns, and leaves the others', async context => {
    const cli = await bench(context, { properties: { 'acid.partial.fields.update.enable': 'true' } })
    const moved = await cli.write('moved.csv', 'name,city,id\nX,Paris,1\nX,Rome,3\n')
    await cli.ok(['upsert', moved, 't', '--columns', 'id,city'])
    assert.deepEqual(await rowsOf(cli), [
      [1n, 'Ada', 'Paris'],
      [2n, 'Emmy', 'Erlangen'],
      [3n, null, 'Rome'],
    ])
    const records = '{"id":1,"city":"Oslo"}\n{"id":2}\n'
    await cli.ok(['upsert', '-', 't', '--columns', 'id,city'], { stdin: records })
    assert.deepEqual(await rowsOf(cli), [
      [1n, 'Ada', 'Oslo'],
      [2n, 'Emmy', null],
      [3n, null, 'Rome'],
    ])
    for (const [columns, message] of [
      ['name,city', /--columns lacks 'id' of the primary key \(id\)/],
      ['id', /--columns has no column besides the primary key \(id\)/],
      ['id,town', /--columns: the table has no column 'town'/],
    ] as const) {
      const { code, stderr } = await cli.run(['upsert', moved, 't', '--columns', columns])
      assert.equal(code, 2, stderr)
      assert.match(stderr, message)
    }
  })

  test('--columns needs a table that takes it, unless it has all columns', async context => {
    const cli = await bench(context)
    const turned = await cli.write('turned.csv', 'Paris,1,Ada\n')
    const args = ['upsert', turned, 't', '--no-header', '--columns']
    await cli.ok([...args, 'city,id,name'])
    assert.deepEqual(await rowsOf(cli), [[1n, 'Ada', 'Paris'], untouched[1]])
    const some = await cli.write('some.csv', 'Oslo,1\n')
    const { code, stderr } = await cli.run(['upsert', some, 't', '--no-header', '--columns', 'city,id'])
    assert.equal(code, 1)
    assert.match(stderr, /acid\.partial\.fields\.update\.enable.*\n {2}next: .*upsert --help/)
    assert.deepEqual(await rowsOf(cli), [[1n, 'Ada', 'Paris'], untouched[1]])
  })

  test('a bad record is named by record and column, and nothing is committed', async context => {
    const cli = await bench(context)
    const path = await cli.write('f.csv', 'id,name,city\n1,Ada,Paris\nx,Bad,\n,NoKey,\n')
    const { code, stderr } = await cli.run(['upsert', path, 't'])
    assert.equal(code, 3)
    assert.match(stderr, /f\.csv, record 2, column 'id': expected a whole number/)
    assert.match(stderr, /^Note: Nothing was committed\. An upsert is not resumed: run the command again\.$/m)
    assert.deepEqual(await rowsOf(cli), untouched)
    // The second one is a row that the table refuses.
    const bad = ['--bad-records', cli.path('bad.ndjson')]
    const set = await cli.ok(['upsert', path, 't', ...bad])
    assert.match(set.stderr, /^1 row upserted into t in .*, 2 bad records written to \S+bad\.ndjson\)$/m)
    const kept = eventsOf(await cli.read('bad.ndjson'))
    assert.deepEqual(
      kept.map(({ record, column, code }) => [record, column, code]),
      [
        [2, 'id', 'ODPS_INVALID_VALUE'],
        [3, 'id', 'ODPS_NULL_NOT_ALLOWED'],
      ],
    )
    assert.deepEqual(await rowsOf(cli), [[1n, 'Ada', 'Paris'], untouched[1]])
    assert.equal((await cli.run(['upsert', path, 't', ...bad, '--max-bad-records', '1'])).code, 3)
  })

  test('a table without a primary key, or without the columns, is refused before any row', async context => {
    const cli = await bench(context)
    await cli.emulator.createTable({ name: 'plain', columns: { id: 'bigint' } })
    const path = await cli.write('f.csv', 'id\n1\n')
    const { code, stderr } = await cli.run(['upsert', path, 'plain'])
    assert.equal(code, 1)
    assert.match(stderr, /plain has no primary key, so rows can't be upserted into it; use an upload, or/)
    assert.match(stderr, /\n {2}next: .*'odps-tunnel upsert --help'\n/)
    const other = await cli.run(['upsert', path, 't'])
    assert.equal(other.code, 1)
    assert.match(other.stderr, /lacks 'name', 'city'/)
    assert.doesNotMatch(other.stderr, /Note/)
    const ended = cli.emulator.requests.filter(each => each.method === 'DELETE' && each.query.has('upsertid'))
    assert.equal(ended.length, 1)
    const nowhere = await cli.run(['upsert', path, 'nowhere'])
    assert.equal(nowhere.code, 1)
    assert.match(nowhere.stderr, /next: Check the name, or create the table with a primary key\n/)
    assert.ok(cli.emulator.requests.every(({ method }) => method !== 'PUT'))
  })

  test('what fails on the service says to start over, and does not speak of --resume', async context => {
    const cli = await bench(context)
    const path = await cli.write('f.csv', 'id,name,city\n1,Ada,Paris\n')
    const fault = { status: 404, code: 'UpsertSessionNotFound' }
    cli.emulator.setFaults([{ action: 'putUpsert', times: 100, fault }])
    const { code, stderr } = await cli.run(['upsert', path, 't'])
    assert.equal(code, 1)
    assert.match(stderr, /ODPS_NO_SUCH_SESSION: .*\n {2}next: The session has ended: start over\n/)
    assert.deepEqual(await rowsOf(cli), untouched)
  })

  test('into one partition, which must exist or be asked for', async context => {
    const cli = await bench(context, { partitionColumns: { pt: 'string' } })
    const path = await cli.write('f.csv', 'id,name,city\n1,Ada,Paris\n')
    const missing = await cli.run(['upsert', path, 't/pt=a'])
    assert.equal(missing.code, 1)
    assert.match(missing.stderr, /next: .*--create-partition$/m)
    await cli.ok(['partitions', 'create', 't/pt=b'])
    for (let i = 0; i < 2; i++) {
      const { stderr } = await cli.ok(['upsert', path, 't/pt=a', '--create-partition'])
      assert.match(stderr, /^1 row upserted into t\/pt=a in /m)
    }
    await cli.ok(['upsert', '-', 't', '--partition', 'pt=b'], { stdin: 'id,name,city\n2,Emmy,\n' })
    assert.deepEqual(await rowsOf(cli, 'pt=a'), [[1n, 'Ada', 'Paris']])
    assert.deepEqual(await rowsOf(cli, 'pt=b'), [[2n, 'Emmy', null]])
  })

  test('--json tells the same as events', async context => {
    const cli = await bench(context)
    const path = await cli.write('f.csv', 'id,name,city\n1,Ada,Paris\n3,Grace,\n')
    const [start, ...events] = eventsOf((await cli.ok(['upsert', path, 't', '--json'])).stderr)
    assert.deepEqual(start, { event: 'start', kind: 'upsert', target: 't', paths: [path], deletes: false })
    const done = events.at(-1)!
    assert.deepEqual(
      [done['event'], done['rows'], done['badRecords'], done['retries'], typeof done['sessionId']],
      ['done', 2, 0, 0, 'string'],
    )
    await cli.emulator.createTable({ name: 'plain', columns: { id: 'bigint' } })
    const refused = eventsOf((await cli.run(['upsert', path, 'plain', '--json'])).stderr).at(-1)!
    assert.deepEqual(
      [refused['event'], refused['exitCode'], refused['code']],
      ['error', 1, 'ODPS_INVALID_OPTION'],
    )
  })
})

describe('an upsert that is interrupted', () => {
  test('says that nothing was committed, and is run again', async context => {
    const cli = await bench(context)
    const path = await cli.write('f.csv', 'id,name,city\n1,Ada,Paris\n')
    let interrupt = (): void => {}
    cli.emulator.setFaults(({ action }) => {
      if (action !== 'putUpsert') return undefined
      interrupt()
      return { delayMs: 60_000 }
    })
    const { code, stderr } = await cli.run(['upsert', path, 't'], {
      onStart: stop => {
        interrupt = stop
      },
    })
    assert.equal(code, 130, stderr)
    assert.match(
      stderr,
      /^Interrupted\. Nothing was committed\. An upsert is not resumed: run the command again\.$/m,
    )
    assert.deepEqual(await rowsOf(cli), untouched)
    cli.emulator.setFaults()
    await cli.ok(['upsert', path, 't'])
    assert.deepEqual(await rowsOf(cli), [[1n, 'Ada', 'Paris'], untouched[1]])
  })

  test("says in its commit that it isn't known what came of it", async context => {
    const cli = await bench(context)
    const path = await cli.write('f.csv', 'id,name,city\n1,Ada,Paris\n')
    let interrupt = (): void => {}
    let isSent = false
    cli.emulator.setFaults(({ action }) => {
      isSent ||= action === 'commitUpsert'
      if (!isSent) return undefined
      if (action === 'commitUpsert') interrupt()
      return 'drop-answer'
    })
    const { code, stderr } = await cli.run(['upsert', path, 't', '--retries', '0', '--json'], {
      onStart: stop => {
        interrupt = stop
      },
    })
    assert.equal(code, 130, stderr)
    assert.equal(isSent, true)
    const { event, message } = eventsOf(stderr).at(-1)!
    assert.equal(event, 'interrupted')
    assert.match(
      String(message),
      /^The commit was under way: it isn't known whether the changes are in t\. Run the command again: /,
    )
    // A failure says the same, and what to do.
    isSent = false
    const failed = await cli.run(['upsert', path, 't', '--retries', '0'])
    assert.equal(failed.code, 1)
    assert.match(
      failed.stderr,
      /^Note: The commit was under way: .*\n.*ODPS_COMMIT_UNKNOWN: .*\n {2}next: Run it again: /m,
    )
  })
})
