import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { expandPaths } from '../../../lib/cli/files/expand-paths.js'
import { cliBench } from '../support.js'

/** What Spark leaves behind `df.write.csv(…)` on a local disk, partitions and an unfinished task included. */
const ofSpark = [
  'out/_SUCCESS',
  'out/._SUCCESS.crc',
  'out/.part-00000-a.csv.crc',
  'out/part-00000-a.csv',
  'out/part-00001-a.csv',
  'out/_temporary/0/part-00009-b.csv',
  'out/day=1/part-00000-c.csv',
  'out/day=1/_committed_1',
]

const folderWith = async (context: TestContext, files: readonly string[]): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'odps-tunnel-paths-'))
  context.after(() => rm(folder, { recursive: true, force: true }))
  for (const file of files) {
    await mkdir(dirname(join(folder, file)), { recursive: true })
    await writeFile(join(folder, file), '')
  }
  return folder
}

const expand = async (folder: string, operand: string) => {
  let passed: readonly string[] = []
  const paths = await expandPaths([join(folder, operand)], (_operand, names) => {
    passed = names.map(name => (name.startsWith(folder) ? relative(folder, name) : name))
  })
  return { paths: paths.map(path => relative(folder, path)), passed }
}

describe('the files that an operand means', () => {
  test('a folder of Spark has its parts, and what is no data is named', async context => {
    const folder = await folderWith(context, ofSpark)
    assert.deepEqual(await expand(folder, 'out'), {
      paths: ['out/part-00000-a.csv', 'out/part-00001-a.csv'],
      passed: ['._SUCCESS.crc', '.part-00000-a.csv.crc', '_SUCCESS'],
    })
  })

  test('patterns pass over the same names, in every folder', async context => {
    const folder = await folderWith(context, ofSpark)
    assert.deepEqual(await expand(folder, 'out/**/*'), {
      paths: ['out/day=1/part-00000-c.csv', 'out/part-00000-a.csv', 'out/part-00001-a.csv'],
      passed: [
        'out/._SUCCESS.crc',
        'out/.part-00000-a.csv.crc',
        'out/_SUCCESS',
        'out/_temporary/0/part-00009-b.csv',
        'out/day=1/_committed_1',
      ],
    })
  })

  test('a name that is written out is read', async context => {
    const folder = await folderWith(context, ofSpark)
    assert.deepEqual((await expand(folder, 'out/_SUCCESS')).paths, ['out/_SUCCESS'])
    assert.deepEqual((await expand(folder, 'out/_S*')).paths, ['out/_SUCCESS'])
    assert.deepEqual((await expand(folder, 'out/.part*')).paths, ['out/.part-00000-a.csv.crc'])
  })

  test('links to files are files, and a broken link is no file less', async context => {
    const folder = await folderWith(context, ['real.csv', 'out/a.csv'])
    await symlink(join(folder, 'real.csv'), join(folder, 'out/b.csv'))
    assert.deepEqual((await expand(folder, 'out')).paths, ['out/a.csv', 'out/b.csv'])
    assert.deepEqual((await expand(folder, 'out/*.csv')).paths, ['out/a.csv', 'out/b.csv'])
    await symlink(join(folder, 'nowhere.csv'), join(folder, 'out/c.csv'))
    await assert.rejects(expand(folder, 'out'), /cannot follow the link .*c\.csv/)
  })

  test('no file is read twice, under whatever names', async context => {
    const folder = await folderWith(context, ['a.csv', 'b.csv', 'in/c.csv'])
    const all = (...operands: string[]) =>
      expandPaths(
        operands.map(each => `${folder}/${each}`),
        () => {},
      )
    assert.equal((await all('a.csv', 'b.csv', 'in')).length, 3)
    const next = /^Name it once, or its rows are loaded twice$/
    assert.deepEqual(await all('a.csv', 'a.csv'), [`${folder}/a.csv`, `${folder}/a.csv`])
    for (const operands of [
      ['a.csv', '*.csv'],
      ['a.csv', '/./a.csv'],
      ['in', 'in/*'],
      ['in', '**/c.csv'],
    ])
      await assert.rejects(all(...operands), { message: / are one file$|^two operands name /, next })
    await symlink('a.csv', join(folder, 'latest.csv'))
    await assert.rejects(all('*.csv'), { message: `${folder}/a.csv and ${folder}/latest.csv are one file` })
  })

  test('patterns follow no links to folders, and ask only for links that match', async context => {
    const folder = await folderWith(context, ['out/day=3/a.csv', 'out/day=4/a.csv'])
    await symlink('day=4', join(folder, 'out/latest'))
    await symlink('nowhere', join(folder, 'out/day=3/b.json'))
    const days = ['out/day=3/a.csv', 'out/day=4/a.csv']
    for (const pattern of ['out/*/*.csv', 'out/**/a*', 'o*/**/?.csv'])
      assert.deepEqual((await expand(folder, pattern)).paths, days, pattern)
    assert.deepEqual((await expand(folder, 'out/d**/**.csv')).paths, days)
    await assert.rejects(expand(folder, 'out/**'), /cannot follow the link .*b\.json/)
    for (const pattern of ['out/*', 'out/d*/'])
      await assert.rejects(expand(folder, pattern), { message: /no file matches/, next: /Check the pattern/ })
  })

  test('** alone means the files of all folders below', async context => {
    const folder = await folderWith(context, ['a.csv', 'b/c/d.csv'])
    assert.deepEqual((await expand(folder, '**')).paths, ['a.csv', 'b/c/d.csv'])
  })

  // Each of these means something else to a shell or to other globs.
  for (const name of ['x[1]', 'x{1,2}', '!x', 'x!(y)', '+(x)', '@(x|y)', '^x$', 'x y', "x'#~", 'x.+'])
    test(`${name} in a pattern is a name`, async context => {
      const folder = await folderWith(context, [
        `${name}/${name}.csv`,
        `${name}/y.csv`,
        'x/1.csv',
        'x1/x1.csv',
      ])
      const expected = [`${name}/${name}.csv`]
      assert.deepEqual((await expand(folder, `${name}/${name}*`)).paths, expected)
      assert.deepEqual((await expand(folder, `*/${name}.cs?`)).paths, expected)
    })

  test('a folder that cannot be read is an error', async context => {
    const folder = await mkdtemp(join(tmpdir(), 'odps-tunnel-paths-'))
    context.after(() => execFileSync('rm', ['-rf', folder]))
    await writeFile(join(folder, 'a.csv'), '')
    // Deeper than a path may be long, so that nobody can list the last ones by path, not even root.
    const nest = `cd "$1"; for i in $(seq 20); do mkdir ${'d'.repeat(250)}; cd ${'d'.repeat(250)}; done`
    execFileSync('bash', ['-c', nest, 'bash', folder])
    assert.deepEqual((await expand(folder, '*.csv')).paths, ['a.csv'])
    await assert.rejects(expand(folder, '**/*.csv'), /cannot read a folder: ENAMETOOLONG/)
  })

  test('a folder without data says so', async context => {
    const folder = await folderWith(context, ['out/_SUCCESS'])
    await assert.rejects(expand(folder, 'out'), {
      message: /out contains no data files/,
      next: /write its full name/,
    })
    await assert.rejects(expand(folder, 'out/*'), { message: /no file matches/ })
  })
})

test('an upload of such a folder loads the parts and says what it passed over', async context => {
  const bench = await cliBench(context)
  await bench.emulator.createTable({
    name: 't',
    columns: { id: 'bigint' },
    partitionColumns: { '2024': 'string', 分区: 'string', 'a-b': 'string' },
  })
  await mkdir(bench.path('out'))
  await bench.write('out/_SUCCESS', '')
  await bench.write('out/part-0.csv', 'id\n1\n')
  await bench.write('out/part-1.csv', 'id\n2\n')
  const target = 't/分区=甲,a-b=x y/2024=01'
  const { stderr } = await bench.ok(['upload', bench.path('out'), target, '--create-partition'])
  assert.match(stderr, /^Note: in .*out these are not data files and were skipped: _SUCCESS$/m)
  assert.equal(bench.emulator.rowCount('t', { 分区: '甲', 'a-b': 'x y', '2024': '01' }), 2)
  assert.match((await bench.ok(['count', 't', '--by-partition'])).stdout, /2024=01,分区=甲,a-b=x y\t2/)
  await bench.ok(['download', target, bench.path('one.csv')])
  assert.equal(await bench.read('one.csv'), 'id\n1\n2\n')
})
