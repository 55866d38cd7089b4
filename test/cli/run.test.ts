import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { cliBench } from './support.js'

describe('usage', () => {
  for (const [args, message] of [
    [['upload'], /upload needs <file…>\n {2}next: Usage: odps-tunnel upload <file…> <table>/],
    [['uplaod'], /no command 'uplaod'\n {2}next: Did you mean 'upload'\?/],
    [['show', 'tables'], /sessions has no 'tables'\n {2}next: Use 'odps-tunnel tables list'/],
    [['show', 'PARTITIONS', 't'], /next: Use 'odps-tunnel partitions list t'/],
    [['show', 'partitions'], /next: Use 'odps-tunnel partitions list <table>'/],
    [['desc', 't'], /no command 'desc'\n {2}next: Use 'odps-tunnel schema <table>'/],
    [
      ['--config', 'c', 'tunnel', 'download', 't'],
      /options come after the command, and '--config' comes before it\n {2}next: As in 'odps-tunnel download /,
    ],
    [['--access-key-secret=x', 'count', 't'], /and '--access-key-secret' comes before it/],
    [['tunnel', 'upload', '-dbr', 'a', 't'], /-dbr needs a value, true or false, .*\n {2}next: -dbr true/],
    [['upload', 'a', 't', '--delimeter', ';'], /no option --delimeter\n {2}next: Did you mean --delimiter\?/],
    [['upload', 'a', 't', '--concurrency', '0'], /--concurrency must be a whole number from 1 to 64/],
    [['upload', 'a', 't', '--block-size', 'big'], /--block-size must be a size/],
    [['upload', 'a', 't', '--format', 'xml'], /--format must be one of csv, tsv/],
    [['upload', 'a', 't', '--format'], /--format needs a value: --format <name>/],
    [['head', 't', '--access-key-secret=x'], /secrets are not accepted on the command line/],
    [['count', 't', 'u'], /count does not accept 'u'/],
    [['download', 't', 'x.csv', '-dfp', 'yyyy-QQ'], /--datetime-format: 'QQ' in 'yyyy-QQ' is not supported/],
    [['download', 't', 'x.what'], /the extension of x\.what does not show its format/],
    [['completion', 'fish'], /no completion for 'fish'/],
  ] as const)
    test(args.join(' '), async context => {
      const bench = await cliBench(context)
      await bench.emulator.createTable({ name: 't', columns: { id: 'bigint' } })
      await bench.write('a', '')
      const { code, stderr, stdout } = await bench.run(args.map(arg => (arg === 'a' ? bench.path('a') : arg)))
      assert.match(stderr, message)
      assert.doesNotMatch(stderr, /=x/)
      assert.deepEqual([code, stdout], [2, ''])
    })

  test('--verbose adds the request id and the causes', async context => {
    const bench = await cliBench(context)
    const { code, stderr } = await bench.run(['count', 'nope', '--verbose'])
    assert.equal(code, 1)
    assert.match(
      stderr,
      /ODPS_NO_SUCH_TABLE.*\n {2}next: .*\n {2}service: status 404, code \S+, request id \w+/,
    )
  })
})
