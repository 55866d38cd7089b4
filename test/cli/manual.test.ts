import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { commands } from '../../lib/cli/commands.js'
import { optionsOf } from '../../lib/cli/definition.js'
import { formatCommandHelp } from '../../lib/cli/help-text.js'

import { parseArguments } from '../../lib/cli/parse-arguments.js'
import { formatManual } from './manual.js'
import { cliBench } from './support.js'

const manual = new URL('../../docs/cli.md', import.meta.url)

describe('the manual', () => {
  test('docs/cli.md is made of the definitions', () => {
    const opening = readFileSync(new URL('manual-opening.md', import.meta.url), 'utf8')
    const text = formatManual(commands, opening)
    if (process.env['MANUAL'] === 'write') writeFileSync(manual, text)
    assert.equal(readFileSync(manual, 'utf8'), text)
  })

  for (const command of commands) {
    test(`${command.name}: help fits a terminal and names every option`, () => {
      const help = formatCommandHelp(command)
      for (const option of optionsOf(command)) assert.ok(help.includes(`--${option.name}`), option.name)
      for (const line of help.split('\n'))
        if (!/^ {2}(odps-tunnel|mysql|source)/.test(line)) assert.ok(line.length <= 100, line)
    })

    test(`${command.name}: no name means two options`, () => {
      const names = optionsOf(command).flatMap(({ name, aliases = [] }) => [name, ...aliases])
      assert.equal(new Set(names).size, names.length)
    })

    test(`${command.name}: the examples parse`, () => {
      for (const { command: line } of command.examples) {
        const words = [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, word]) => quoted ?? word!)
        const start = words.indexOf('odps-tunnel')
        if (start < 0) continue
        const until = words.findIndex(
          (word, i) => i > start && (word === '>' || word === '|') && !line.includes(`'${word}'`),
        )
        const args = words
          .slice(start + 1, until < 0 ? undefined : until)
          .map(word => word.replace(/\)$/, ''))
        if (args[0] === 'tunnel') args.shift()
        parseArguments(command, args.slice(1))
      }
    })
  }
})

describe('usage', () => {
  for (const [args, message] of [
    [['upload'], /upload needs <file…>\n {2}next: Usage: odps-tunnel upload <file…> <table>/],
    [['uplaod'], /no command 'uplaod'\n {2}next: Did you mean 'upload'\?/],
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

describe('configuration', () => {
  test('config show masks secrets and says where settings come from', async context => {
    const bench = await cliBench(context)
    const profiles = { dev: { project: 'q', accessKeyId: 'file-id', accessKeySecret: 'file-secret' } }
    const path = await bench.write('config.json', JSON.stringify({ profile: 'dev', profiles }))
    const { stdout } = await bench.ok(['config', 'show', '--config', path, '--tunnel-endpoint', 'http://t'])
    assert.match(stdout, /^project +q +\S+config\.json$/m)
    assert.match(stdout, /^tunnelEndpoint +http:\/\/t +--tunnel-endpoint$/m)
    assert.match(stdout, /^endpoint +\S+ +ODPS_ENDPOINT$/m)
    assert.match(stdout, /^accessKeyId +fil\*{8} +\S+config\.json$/m)
    assert.doesNotMatch(stdout, /secret\b|test-id/)
  })

  test('the default file comes after the environment, credentials as a whole', async context => {
    const bench = await cliBench(context)
    const { mkdir } = await import('node:fs/promises')
    await mkdir(bench.path('config/odps-tunnel'), { recursive: true })
    const profile = {
      project: 'q',
      schemaName: 's',
      accessKeyId: 'a',
      accessKeySecret: 'b',
      securityToken: 'c',
    }
    await bench.write('config/odps-tunnel/config.json', JSON.stringify({ profiles: { default: profile } }))
    const settings = JSON.parse((await bench.ok(['config', '--json'])).stdout) as {
      key: string
      source: string
    }[]
    assert.deepEqual(
      settings.map(({ key }) => key),
      ['endpoint', 'project', 'schemaName', 'accessKeyId', 'accessKeySecret'],
    )
    assert.equal(settings.find(({ key }) => key === 'project')?.source, 'ODPS_PROJECT')
    const wrong = await bench.run(['config', '--profile', 'nope'])
    assert.deepEqual([wrong.code, /no profile 'nope'/.test(wrong.stderr)], [2, true])
  })
})

describe('doctor', () => {
  test('is content with the emulator, and leaves the table as it is', async context => {
    const bench = await cliBench(context)
    await bench.emulator.createTable({ name: 't', columns: { id: 'bigint', name: 'string' } })
    const { stdout } = await bench.ok(['doctor', 't'])
    const checks = stdout
      .trim()
      .split('\n')
      .map(line => line.split(/ +/).slice(0, 2).join(' '))
    for (const check of [
      'endpoint',
      'credentials',
      'clock',
      'table',
      'route',
      'read',
      'write',
      'raw',
      'snappy',
    ])
      assert.ok(checks.includes(`ok ${check}`), check)
    assert.match(stdout, /ok +read +can be read, but has no rows to try/)
    assert.match(
      stdout,
      /ok +snappy +a block of 2000 rows, .* was accepted in \d+ ms, and listed by the service \d+ ms later/,
    )
    assert.equal(bench.emulator.rowCount('t'), 0)
  })

  test('reads the first rows', async context => {
    const bench = await cliBench(context)
    await bench.emulator.createTable({ name: 't', columns: { id: 'bigint' } })
    await bench.fill('t', [[1], [2], [3]])
    const { stdout } = await bench.ok(['doctor', 't', '--read-only'])
    assert.match(stdout, /ok +read +the first 3 of 3 rows arrived in \d+ ms/)
  })

  test('believes a block only when the service lists it', async context => {
    const bench = await cliBench(context, {
      faults: [{ action: 'getUpload', times: 1, fault: { status: 403, code: 'NoPermission' } }],
    })
    await bench.emulator.createTable({ name: 't', columns: { id: 'bigint' } })
    const { code, stdout } = await bench.run(['doctor', 't'])
    assert.equal(code, 1)
    assert.match(stdout, /failed +raw +ODPS_ACCESS_DENIED/)
    assert.match(stdout, /ok +snappy/)
  })

  test('names what is wrong and the next step', async context => {
    const bench = await cliBench(context)
    const { code, stdout } = await bench.run(['doctor', 't', '--json'], {
      environment: { ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'no' },
    })
    assert.equal(code, 1)
    const table = stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
      .find(({ check }) => check === 'table')
    assert.equal(table.state, 'failed')
    assert.match(table.what, /ODPS_UNAUTHORIZED/)
    assert.match(table.next, /Check the access key/)
  })
})

test('bash takes the completion script', async context => {
  const bench = await cliBench(context)
  const { stdout } = await bench.ok(['completion', 'bash'])
  const { execFileSync } = await import('node:child_process')
  const ask = (...words: string[]): string[] =>
    execFileSync('bash', [
      '-c',
      `${stdout}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _odps_tunnel; echo "\${COMPREPLY[@]}"`,
      'bash',
      ...words,
    ])
      .toString()
      .trim()
      .split(' ')
  assert.deepEqual(ask('odps-tunnel', 'up'), ['upload'])
  assert.deepEqual(ask('odps-tunnel', 'upload', '--max'), ['--max-bad-records'])
  assert.deepEqual(ask('odps-tunnel', 'download', '--compression', 's'), ['snappy'])
})
