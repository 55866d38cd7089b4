import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { partitionFileNames } from '../../../lib/cli/download/partition-file-names.js'
import { cliBench } from '../support.js'

const named = (values: readonly string[], ending = '.csv'): string[] =>
  partitionFileNames(
    values.map(value => [{ name: 'pt', value }]),
    ending,
  )

describe('file names of partitions', () => {
  test('stay within the folder', () => {
    assert.deepEqual(named(['../../x', '/etc/passwd', '..', '.', 'a\u0000b', 'a\\b', '~root', '\u001b[2J']), [
      'pt=..%2F..%2Fx.csv',
      'pt=%2Fetc%2Fpasswd.csv',
      'pt=...csv',
      'pt=..csv',
      'pt=a%00b.csv',
      'pt=a%5Cb.csv',
      'pt=%7Eroot.csv',
      'pt=%1B[2J.csv',
    ])
    const hostile = [[{ name: '../../x', value: 'y' }], [{ name: '.bashrc', value: 'a=b,c' }]]
    assert.deepEqual(partitionFileNames(hostile, '.csv'), ['%2E.%2F..%2Fx=y.csv', '%2Ebashrc=a=b%2Cc.csv'])
    assert.throws(() => partitionFileNames([[]], '.csv'), /a partition without columns/)
  })

  test('keep what is usual', () => {
    assert.deepEqual(named(['2001-02-03', 'a b', '好', 'x=y', '100%']), [
      'pt=2001-02-03.csv',
      'pt=a b.csv',
      'pt=好.csv',
      'pt=x=y.csv',
      'pt=100%25.csv',
    ])
  })

  test('do not meet, whatever the file system takes for the same', () => {
    const folded = named(['a', 'A', 'é', 'e\u0301', 'ß', 'ss', 'other']).map(name =>
      name.normalize('NFC').toUpperCase(),
    )
    assert.equal(new Set(folded).size, 7)
    assert.equal(named(['a', 'b'])[0], 'pt=a.csv')
    assert.match(named(['a', 'A'])[0]!, /^pt=a~[0-9a-f]{16}\.csv$/)
  })

  test('are as long as file systems take', () => {
    const names = named(
      ['x'.repeat(250), 'x'.repeat(251), '好'.repeat(300), `${'好'.repeat(300)}a`],
      '.ndjson.gz',
    )
    for (const name of names) assert.ok(Buffer.byteLength(name) <= 255 && name.endsWith('.ndjson.gz'))
    assert.equal(new Set(names).size, 4)
  })

  test('are one step and one for each partition, for any text', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(
          fc.array(fc.record({ name: fc.string({ unit: 'binary' }), value: fc.string({ unit: 'binary' }) }), {
            minLength: 2,
            maxLength: 2,
          }),
          { selector: each => JSON.stringify(each), size: 'max', maxLength: 30 },
        ),
        partitions => {
          const names = partitionFileNames(partitions, '.csv')
          assert.equal(new Set(names).size, partitions.length)
          for (const name of names) {
            // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
            assert.doesNotMatch(name, /[/\\\u0000-\u001f]|^\.|\p{Surrogate}/u)
            assert.ok(Buffer.byteLength(name) <= 255)
          }
        },
      ),
    )
  })

  test('are those of a download', async context => {
    const bench = await cliBench(context)
    await bench.emulator.createTable({
      name: 'p',
      columns: { id: 'bigint' },
      partitionColumns: { pt: 'string' },
    })
    const long = '好'.repeat(80)
    for (const [i, value] of ['a:b', 'CN', 'cn', long].entries())
      await bench.fill('p', [[BigInt(i)]], `pt=${value}`)
    await bench.ok(['download', 'p', bench.path('out')])
    const names = (await readdir(bench.path('out'))).sort()
    assert.deepEqual(
      names.map(name => name.replace(/~[0-9a-f]{16}/, '~hash')),
      ['pt=CN~hash.csv', 'pt=a%3Ab.csv', 'pt=cn~hash.csv', `pt=${long}.csv`],
    )
    const contents = await Promise.all(names.map(name => bench.read(`out/${name}`)))
    assert.deepEqual(contents, ['id\n1\n', 'id\n0\n', 'id\n2\n', 'id\n3\n'])
  })

  test('are made of no partition that a service makes up', async context => {
    const bench = await cliBench(context)
    await bench.emulator.createTable({
      name: 'p',
      columns: { id: 'bigint' },
      partitionColumns: { pt: 'string' },
    })
    for (const column of ['Name="pt" Value="../../up"', 'Name="../pt" Value="x"', 'Name="pt" Value="/abs"']) {
      const body = `<?xml version="1.0"?><Partitions><Partition><Column ${column}/></Partition></Partitions>`
      bench.emulator.setFaults(({ query }) => (query.has('partitions') ? { status: 200, body } : undefined))
      for (const more of [[], ['--with-partition-columns']]) {
        const { code, stderr } = await bench.run(['download', 'p', bench.path('out/file.csv'), ...more])
        assert.equal(code, 1)
        assert.match(stderr, /the service lists the partition .*, which cannot be read/)
      }
    }
    assert.ok(!(await readdir(bench.folder)).includes('out'))
  })
})
