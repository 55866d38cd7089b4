import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { formatTarget, parseTarget } from '../../../lib/cli/transfer/table-target.js'

type Args = Parameters<typeof parseTarget>

const target = (...args: Args) => {
  const { project, table, partition } = parseTarget(...args)
  return [project, table, partition?.map(({ name, value }) => [name, value])]
}

describe('a table as it is written', () => {
  for (const [args, expected] of [
    [['t'], [undefined, 't', undefined]],
    [['s.t'], [undefined, 's.t', undefined]],
    [['p.s.t'], [undefined, 'p.s.t', undefined]],
    [['t/pt=a'], [undefined, 't', [['pt', 'a']]]],
    [
      ['t/pt=a,region=b'],
      [
        undefined,
        't',
        [
          ['pt', 'a'],
          ['region', 'b'],
        ],
      ],
    ],
    [
      ['t/pt=a/region=b//'],
      [
        undefined,
        't',
        [
          ['pt', 'a'],
          ['region', 'b'],
        ],
      ],
    ],
    [
      ['t', 'pt=a'],
      [undefined, 't', [['pt', 'a']]],
    ],
    // odpscmd has project.t.
    [
      ['p.t', undefined, true],
      ['p', 't', undefined],
    ],
    [
      ['`p`.t/pt=a', undefined, true],
      ['p', 't', [['pt', 'a']]],
    ],
    [
      ['t', undefined, true],
      [undefined, 't', undefined],
    ],
    [
      ['p.s.t', undefined, true],
      [undefined, 'p.s.t', undefined],
    ],
  ] as [Args, unknown][])
    test(JSON.stringify(args), () => assert.deepEqual(target(...args), expected))

  for (const [args, message] of [
    [[''], /'' does not name a table/],
    [['/pt=a'], /'\/pt=a' does not name a table/],
    [['t/pt=a', 'pt=a'], /the partition is given twice/],
    [['.t', undefined, true], /does not name a project/],
    [['p.', undefined, true], /does not name a table/],
    [['instance://x'], /'instance:\/\/x' is the result of a query, which can only be downloaded/],
    [['t/pt'], /pt/],
    [['t/'], /'t\/' names no partition behind the slash/],
    [['t//'], /names no partition/],
    [['t/', 'pt=a'], /names no partition/],
    [['p.t/', undefined, true], /names no partition/],
  ] as [Args, RegExp][])
    test(`${JSON.stringify(args)} is refused`, () => assert.throws(() => parseTarget(...args), { message }))

  test('is shown as it would be written', () => {
    for (const text of ['t', 'p.s.t', "t/pt='a',region='b'"])
      assert.equal(
        formatTarget(parseTarget(text.replaceAll("'", ''))).replaceAll("'", ''),
        text.replaceAll("'", ''),
      )
    assert.equal(formatTarget(parseTarget('p.t', undefined, true)), 'p.t')
  })
})
