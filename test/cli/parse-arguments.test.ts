import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Command, optionsOf } from '../../lib/cli/definition.js'
import { downloadCommand } from '../../lib/cli/download/command.js'
import { parseArguments } from '../../lib/cli/parse-arguments.js'
import { uploadCommand } from '../../lib/cli/upload/command.js'
import type { UsageError } from '../../lib/cli/usage-error.js'

const upload = (...args: string[]) => parseArguments(uploadCommand, [...args, 'f', 't'])
const tunnel = (...args: string[]) => parseArguments(uploadCommand, [...args, 'f', 't'], true)
const refused = (run: () => unknown, message: RegExp): void => assert.throws(run, { message })

describe('values that are not understood are errors that name option, value and choices', () => {
  for (const [args, message] of [
    [['--max-bad-records', '10k'], /^--max-bad-records must be a whole number of at least 0, not '10k'$/],
    [['--max-bad-records', '-1'], /not '-1'/],
    [['--max-bad-records', '1e3'], /not '1e3'/],
    [['--max-bad-records', '9007199254740993'], /not '9007199254740993'/],
    [['--concurrency', '65'], /from 1 to 64, not '65'/],
    [['--concurrency', ''], /from 1 to 64, not ''/],
    [['--block-size', '32MM'], /a size such as 32M or 512K.*, not '32MM'/],
    [['--block-size', '0'], /not '0'/],
    [['--block-size', '-1M'], /not '-1M'/],
    [['--block-size', ''], /not ''/],
    [['--format', 'CSV'], /must be one of csv, .*, not 'CSV'/],
    [['--format', ''], /must be one of csv, .*, not ''/],
    [['--overwrite=yes'], /--overwrite must be true or false, not 'yes'/],
    [['--overwrite='], /--overwrite must be true or false, not ''/],
    [['--overwrite=1'], /--overwrite must be true or false, not '1'/],
    [['--columns', ''], /--columns needs a value: --columns <a,b,c>/],
    [['--columns', ' '], /--columns needs a value/],
    [['--encoding', ''], /--encoding needs a value/],
    [['--partition='], /--partition needs a value/],
    [['--config', ''], /--config needs a value/],
    [['--no-format'], /--no-format: only flags can be turned off, but --format has a value/],
    [['--no-overwrite=true'], /--no-overwrite does not accept a value/],
    [['--no-such'], /upload has no option --no-such/],
    [['--null', 'a', '--null', 'b'], /^--null is given twice: 'a' and 'b'$/],
    [['--null=a', '-ni', 'b'], /--null is given twice: 'a' and 'b'/],
    [['--overwrite', '--no-overwrite'], /--overwrite is given twice: 'true' and 'false'/],
    [['-h', 'true', '--no-header'], /--header is given twice/],
    [['--format', '\u001b[31mx'], /not '\\u001b\[31mx'/],
    [['--bad-records', '--overwrite'], /--bad-records needs a value, but --overwrite is an option/],
  ] as const)
    test(args.join(' '), () => refused(() => upload(...args), message))

  test('the same value twice says the same', () => {
    assert.equal(upload('--overwrite', '-ow', 'TRUE').values.flag('overwrite'), true)
  })

  test('empty texts stay where they mean something', () => {
    const { values } = upload('--null', '', '--quote', '', '--delimiter', ' ')
    assert.deepEqual([values.text('null'), values.text('quote'), values.text('delimiter')], ['', '', ' '])
  })

  test('a value that looks like an option can be written with =', () => {
    assert.equal(upload('--null=--overwrite').values.text('null'), '--overwrite')
    assert.equal(upload('-ni', '-').values.text('null'), '-')
  })
})

describe('options that the command does not have', () => {
  const next = (...args: string[]) => {
    try {
      upload(...args)
    } catch (error) {
      return [(error as UsageError).message, (error as UsageError).next]
    }
    return assert.fail('it was accepted')
  }

  test('one is told with the name that is near, or where the names are', () => {
    assert.deepEqual(next('--formt', 'csv'), ['upload has no option --formt', 'Did you mean --format?'])
    assert.deepEqual(next('--zzzzzzzzzzzzzzzz'), [
      'upload has no option --zzzzzzzzzzzzzzzz',
      "See 'odps-tunnel upload --help'",
    ])
  })

  test('several are told together, whatever fails between them', () => {
    assert.deepEqual(
      next('--formt', 'csv', '--concurrency', '0', '-colums=a', '--formt', '--zzzzzzzzzzzzzzzz'),
      [
        'upload has no options --formt, -colums and --zzzzzzzzzzzzzzzz',
        "Did you mean --format for --formt and --columns for -colums? See 'odps-tunnel upload --help'",
      ],
    )
    assert.deepEqual(next('--formt', 'csv', '--no-overwrit'), [
      'upload has no options --formt and --no-overwrit',
      'Did you mean --format for --formt and --overwrite for --no-overwrit?',
    ])
  })

  test('a value that does not fit comes first where it stands first, and a secret is never passed over', () => {
    assert.match(String(next('--concurrency', '0', '--formt', 'csv')[0]), /^--concurrency must be/)
    assert.match(
      String(next('--formt', 'csv', '--access-key-secret=x')[0]),
      /^upload has no option --access-key-secret: secrets/,
    )
  })
})

describe('in odpscmd mode', () => {
  test('its flags take true or false, with one dash or two, in any case', () => {
    const { values, operands } = tunnel('-dbr', 'True', '--overwrite', 'false', '-h', 'true', '-ss', 'FALSE')
    assert.deepEqual(operands, ['f', 't'])
    const flags = ['discard-bad-records', 'overwrite', 'header', 'strict-schema'].map(each =>
      values.choice(each),
    )
    assert.deepEqual(flags, [true, false, true, false])
  })

  for (const [args, message] of [
    [['-dbr', 'yes'], /^-dbr needs a value, true or false, not 'yes'$/],
    [['-h', '1'], /^-h needs a value, true or false, not '1'$/],
    [['-cp', 'maybe'], /^-cp needs a value, true or false, not 'maybe'$/],
    [['-acp'], /^-acp needs a value, true or false, not 'f'/],
    [['--overwrite'], /^--overwrite needs a value, true or false, not 'f'/],
    [['-s', 'yes'], /--scan must be one of true, false, only, not 'yes'/],
    [['-bs', 'x'], /--block-size must be a size/],
    [['-t', '0'], /--concurrency must be a whole number from 1 to 64, not '0'/],
  ] as const)
    test(args.join(' '), () => refused(() => tunnel(...args), message))

  test('a flag at the end needs its value', () => {
    refused(() => parseArguments(uploadCommand, ['f', 't', '-dbr'], true), /^-dbr needs a value$/)
  })

  test('quotes around values are taken off, as there', () => {
    const { values } = tunnel('-fd', "'|'", '-ni', '"NULL"', '-dfp', "'yyyy-MM-dd'")
    const texts = ['delimiter', 'null', 'datetime-format'].map(each => values.text(each))
    assert.deepEqual(texts, ['|', 'NULL', 'yyyy-MM-dd'])
    assert.equal(upload('--null', '"NULL"').values.text('null'), '"NULL"')
  })

  test('our own flags stay as they are', () => {
    const { values, operands } = tunnel('--quiet', '-explain')
    assert.deepEqual([values.flag('quiet'), values.flag('explain'), operands], [true, true, ['f', 't']])
  })

  test('-h alone is help, and not behind which a value stands', () => {
    assert.equal(parseArguments(uploadCommand, ['-h'], true).help, true)
    assert.equal(parseArguments(uploadCommand, ['-h', 'f', 't']).help, true)
    refused(
      () => parseArguments(uploadCommand, ['-h', 'f', 't'], true),
      /^-h needs a value, true or false, not 'f'$/,
    )
  })
})

test("every option of odpscmd's upload and download is known by its short and long name", () => {
  const shared =
    'qn quota_name te tunnel_endpoint c charset fd field-delimiter rd record-delimiter dfp date-format-pattern ni null-indicator tz time-zone cp compress h header sd session-dir cf csv-format time t threads'
  const known = (command: Pick<Command, 'groups'>): Set<string> =>
    new Set(optionsOf(command).flatMap(({ name, aliases = [] }) => [name, ...aliases]))
  for (const [command, own] of [
    [
      uploadCommand,
      's scan dbr discard-bad-records mbr max-bad-records ss strict-schema bs block-size acp auto-create-partition ow overwrite',
    ],
    [downloadCommand, 'limit cn columns-name ci columns-index wp with-partition e exponential'],
  ] as const)
    assert.deepEqual(
      `${shared} ${own}`.split(' ').filter(name => !known(command).has(name)),
      [],
    )
})
