import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { type CliBench, cliBench } from '../support.js'

/* What the manual says of each option: "CSV:", "Text files:", "Time zone of times written to CSV, and of times … when reading". */

const filled = async (context: TestContext): Promise<CliBench> => {
  const bench = await cliBench(context)
  await bench.emulator.createTable({ name: 't', columns: { id: 'bigint', name: 'string' } })
  await bench.fill('t', [[7n, 'x']])
  return bench
}

const noteOf = (stderr: string): string | undefined => /^Note: (.* no effect .*)$/m.exec(stderr)?.[1]

describe('an option that does nothing is named', () => {
  for (const [format, options, note] of [
    ['parquet', ['--delimiter', ';'], '--delimiter has no effect on parquet'],
    ['arrow', ['--encoding', 'gbk', '-ni', 'X'], '--null, --encoding have no effect on arrow'],
    ['ndjson', ['--encoding', 'gbk'], undefined],
    ['ndjson', ['-dfp', 'yyyy', '--no-header'], '--header, --datetime-format have no effect on ndjson'],
    ['json', ['--timezone', '+08:00'], '--timezone has no effect on json'],
    ['csv', ['--timezone', '+08:00', '--delimiter', ';', '--encoding', 'gbk'], undefined],
    ['tsv', ['--no-header', '--no-exponential'], undefined],
    ['parquet', [], undefined],
  ] as const)
    test(`download of ${format} ${options.join(' ')}`, async context => {
      const bench = await filled(context)
      const { stderr } = await bench.ok(['download', 't', bench.path(`out.${format}`), ...options])
      assert.equal(noteOf(stderr), note)
    })

  test('when reading, by upload and infer; one file with a use for it will do', async context => {
    const bench = await filled(context)
    const json = await bench.write('f.ndjson', '{"id":1,"name":"a"}\n')
    const csv = await bench.write('f.csv', 'id;name\n1;a\n')
    const told = async (...args: string[]) => noteOf((await bench.ok([...args, '--delimiter', ';'])).stderr)
    assert.equal(await told('upload', json, 't'), '--delimiter has no effect on ndjson')
    assert.equal(await told('infer', json), '--delimiter has no effect on ndjson')
    assert.equal(await told('upload', json, csv, 't'), undefined)
    const zone = await bench.ok(['upload', json, 't', '--timezone', '+08:00'])
    assert.equal(noteOf(zone.stderr), undefined)
  })

  test('but not one of a configuration file', async context => {
    const bench = await filled(context)
    const settings = `project_name=p\nend_point=${bench.emulator.endpoint}\naccess_id=test-id\naccess_key=test-secret\n`
    const ini = await bench.write('odps_config.ini', `${settings}field-delimiter=|\n`)
    const { stderr } = await bench.ok(['download', 't', bench.path('out.ndjson'), '--config', ini])
    assert.equal(noteOf(stderr), undefined)
  })
})
