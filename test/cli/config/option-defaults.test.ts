import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { type CliBench, type CliResult, cliBench } from '../support.js'

/** Runs a command with an odps_config.ini, on a table (id bigint, name string) with one row. */
const withIni = async (
  context: TestContext,
  lines: readonly string[],
  run: (bench: CliBench, config: readonly string[]) => Promise<CliResult>,
): Promise<[CliResult, CliBench]> => {
  const bench = await cliBench(context)
  await bench.emulator.createTable({ name: 't', columns: { id: 'bigint', name: 'string' } })
  await bench.fill('t', [[7n, 'old']])
  const settings = [
    'project_name=p',
    'access_id=test-id',
    'access_key=test-secret',
    `end_point=${bench.emulator.endpoint}`,
  ]
  const ini = await bench.write('odps_config.ini', [...settings, ...lines, ''].join('\n'))
  return [await run(bench, ['--config', ini]), bench]
}

describe("defaults of odpscmd's configuration file", () => {
  test('every option of an upload is taken', async context => {
    const lines = [
      'overwrite=true',
      'discard-bad-records=true',
      'max-bad-records=1',
      'threads=2',
      'block-size=1',
      'strict-schema=false',
      'header=false',
      'field-delimiter=|',
      'null-indicator=NULL',
      'compress=false',
      'scan=true',
      'time=false',
    ]
    const [result, bench] = await withIni(context, lines, async (bench, config) =>
      bench.run([
        'tunnel',
        'upload',
        await bench.write('f.txt', '1|a|x\nbad|b\n2\n3|NULL\n'),
        't',
        ...config,
      ]),
    )
    assert.equal(result.code, 0, result.stderr)
    assert.doesNotMatch(result.stderr, /not used/)
    assert.deepEqual(await bench.rows('t'), [
      [1n, 'a'],
      [2n, null],
      [3n, null],
    ])
  })

  test('the command line wins, also over what contradicts it', async context => {
    const [result, bench] = await withIni(
      context,
      ['overwrite=true', 'compress=false', 'field-delimiter=|', 'columns-index=0'],
      async (bench, config) => {
        const path = await bench.write('f.csv', 'id,name\n1,a\n')
        return bench.run([
          'upload',
          path,
          't',
          '--no-overwrite',
          '--delimiter',
          ',',
          '--compression',
          'deflate',
          ...config,
        ])
      },
    )
    assert.equal(result.code, 0, result.stderr)
    assert.equal(bench.emulator.rowCount('t'), 2)
  })

  test('a limit of bad records is parsed as on the command line', async context => {
    const [{ code, stderr }] = await withIni(context, ['max-bad-records=1k'], async (bench, config) =>
      bench.run(['upload', await bench.write('f.csv', 'id,name\n'), 't', ...config]),
    )
    assert.equal(code, 2)
    assert.match(stderr, /odps_config\.ini: max-bad-records must be a whole number of at least 0, not '1k'/)
  })

  for (const [line, message] of [
    ['overwrite=yes', /overwrite must be true or false, not 'yes'/],
    ['header=1', /header must be true or false, not '1'/],
    ['csv-format=', /csv-format must be true or false, not ''/],
    ['scan=always', /scan must be one of true, false, only, not 'always'/],
    ['threads=0', /threads must be a whole number from 1 to 64, not '0'/],
    ['charset=', /charset needs a value/],
    ['time-zone=Mars', /--timezone: 'Mars' is not a known time zone/],
    ['date-format-pattern=yyyy-QQ', /--datetime-format: 'QQ'/],
  ] as const)
    test(`${line} is an error that names it`, async context => {
      const [{ code, stderr }] = await withIni(context, [line], async (bench, config) =>
        bench.run(['upload', await bench.write('f.csv', 'id,name\n'), 't', ...config]),
      )
      assert.equal(code, 2)
      assert.match(stderr, message)
    })

  test('keys that nothing uses are named, and those of another command are not', async context => {
    const lines = ['log_view_host=http://x', 'overwite=true', 'limit=1', 'exponential=true', 't=3', 'hooks=']
    const [{ code, stderr }] = await withIni(context, lines, async (bench, config) =>
      bench.run(['upload', await bench.write('f.csv', 'id,name\n1,a\n'), 't', ...config]),
    )
    assert.equal(code, 0)
    assert.match(stderr, /^Note: .*odps_config\.ini has unused keys: 'log_view_host', 'overwite', 't'$/m)
  })

  test('a download has its own', async context => {
    const lines = ['limit=1', 'columns-name=name', 'header=true', 'exponential=false', 'overwrite=true']
    const [{ stderr }, bench] = await withIni(context, lines, async (bench, config) => {
      await bench.fill('t', [[8n, 'new']])
      return bench.ok(['download', 't', bench.path('out.csv'), ...config])
    })
    assert.doesNotMatch(stderr, /not used/)
    assert.equal(await bench.read('out.csv'), 'name\nold\n')
  })
})

describe('our own configuration file', () => {
  for (const [file, message] of [
    [{ endpoint: 'http://x', profiles: {} }, /unknown key 'endpoint'\n.*Settings must be inside a profile/],
    [{ profile: 'dev', profiles: { prod: {} } }, /has no profile 'dev'\n.*It has prod/],
    [{ profile: 5, profiles: {} }, /'profile' must be the name of a profile/],
    [{ profiles: { default: { tabel: 'x' } } }, /unknown key 'tabel'/],
  ] as const)
    test(JSON.stringify(file), async context => {
      const bench = await cliBench(context)
      const path = await bench.write('config.json', JSON.stringify(file))
      const { code, stderr } = await bench.run(['config', '--config', path])
      assert.equal(code, 2)
      assert.match(stderr, message)
    })
})
