import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { describe, type TestContext, test } from 'node:test'
import { type CliBench, cliBench } from '../../support.js'

const columns = { id: 'bigint', name: 'string' }

/** A table that holds a row already. */
const benchWithTable = async (context: TestContext): Promise<CliBench> => {
  const bench = await cliBench(context)
  await bench.emulator.createTable({ name: 't', columns })
  await bench.fill('t', [[0n, 'old']])
  return bench
}

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1')

describe('uploads of odd CSV files', () => {
  /* Nothing is sent, whatever may be bad: with --overwrite the table would be emptied else. */
  for (const [what, text, reason] of [
    ['text behind the closing quote of a header', '"id"x,name\n1,a\n', /text follows the closing quote/],
    ['a quote in the header that is never closed', 'id,"name\n1,a\n2,b\n', /a quote is not closed/],
    [
      'a quote that takes the lines behind it',
      'id,name\n1,"a\n2,b\n3,c\n',
      /record 1: a quote is not closed/,
    ],
    ['0 bytes', '', /is empty, but a header is expected/],
    ['only a byte order mark', '\ufeff', /is empty, but a header is expected/],
    ['only blank lines', '\n\r\n\n', /is empty, but a header is expected/],
    ['an empty name', '""\n1\n', /has ''.*lacks 'id', 'name'/],
    ['a name twice', 'id,name,ID\n1,a,2\n', /has 'id' twice/],
    ['no header', '1,a\n2,b\n', /has '1', 'a'.*--no-header/s],
    ['a header that is not UTF-8', latin1('id,n\xe4me\n1,a\n'), /a name is not utf-8.*--encoding/s],
    ['LF behind a header that ends with CR', 'id,name\r1,a\n2,b\r', /3 fields|LF outside quotes/],
  ] as const)
    test(`${what} is refused`, async context => {
      const bench = await benchWithTable(context)
      const path = await bench.write('f.csv', text)
      const bad = ['--bad-records', bench.path('bad.csv'), '--max-bad-records', '0']
      const options = ['--overwrite', '--missing-columns', 'null', '--extra-columns', 'ignore']
      for (const more of [[], options]) {
        const { code, stderr } = await bench.run(['upload', path, 't', ...more, ...bad])
        if (what === 'an empty name' || what === 'no header' || more.length === 0 || !/twice/.test(what))
          assert.match(stderr, reason)
        assert.notEqual(code, 0)
      }
      assert.deepEqual(await bench.rows('t'), [[0n, 'old']])
    })

  test('lines that end with CR alone are records', async context => {
    const bench = await benchWithTable(context)
    const path = await bench.write('f.csv', 'id,name\r1,a\r2,"b\r\nc"\r')
    await bench.ok(['upload', path, 't'])
    assert.deepEqual(await bench.rows('t'), [
      [0n, 'old'],
      [1n, 'a'],
      [2n, 'b\r\nc'],
    ])
  })

  test('a file without a header may begin with a record that cannot be read', async context => {
    const bench = await benchWithTable(context)
    const path = await bench.write('f.csv', '"1"x,a\n2,b\n')
    const all = ['upload', path, 't', '--no-header']
    const { code, stderr } = await bench.run(all)
    assert.equal(code, 3)
    assert.match(stderr, /record 1: text follows the closing quote/)
    await bench.ok([...all, '--bad-records', bench.path('bad.csv'), '--max-bad-records', '1'])
    assert.deepEqual(await bench.rows('t'), [
      [0n, 'old'],
      [2n, 'b'],
    ])
  })

  test('a quote that hides other records is no bad record to be set aside', async context => {
    const bench = await benchWithTable(context)
    const path = await bench.write('f.csv', 'id,name\n1,a\n2,"b\n3,c\n4,d\n')
    const bad = ['--bad-records', bench.path('bad.csv'), '--max-bad-records', '100']
    const { code, stderr } = await bench.run(['upload', path, 't', ...bad])
    assert.equal(code, 3)
    assert.match(
      stderr,
      /f\.csv, record 2: a quote is not closed at the end of the input, and includes all lines/,
    )
    assert.deepEqual(await bench.rows('t'), [[0n, 'old']])
  })

  test('bytes that are not UTF-8 pass into text, and are refused for other types', async context => {
    const bench = await cliBench(context)
    await bench.emulator.createTable({
      name: 'b',
      columns: { a: 'string', b: 'varchar(9)', c: 'char(2)', n: 'bigint' },
    })
    const path = await bench.write('f.csv', latin1('a,b,c,n\ncaf\xe9,"\xff,",\xc3\xa9\xe9,1\n'))
    const { stderr: notes } = await bench.ok(['upload', path, 'b'])
    for (const name of ['a', 'b', 'c'])
      assert.match(notes, new RegExp(`column '${name}', 1 value: text that is not UTF-8 .* --encoding`))
    const made = await bench.ok(['upload', path, 'made', '--create'])
    assert.match(made.stderr, /column 'a', 1 value: text that is not UTF-8/)
    const ignoring = await bench.ok(['upload', path, 'b', '--scan=only', '--encoding', 'ignore'])
    assert.doesNotMatch(ignoring.stderr, /not UTF-8/)
    await bench.ok(['download', 'b', bench.path('out.csv')])
    assert.deepEqual(
      await readFile(bench.path('out.csv')),
      latin1('a,b,c,n\ncaf\xe9,"\xff,",\xc3\xa9\xe9,1\n'),
    )
    const wrong = await bench.write('g.csv', latin1('a,b,c,n\nx,y,z,\xe9\n'))
    const { code, stderr } = await bench.run(['upload', wrong, 'b'])
    assert.equal(code, 3)
    assert.match(stderr, /record 1, column 'n': is not UTF-8/)
    const gbk = await bench.run(['download', 'b', bench.path('out.csv'), '--encoding', 'gbk'])
    assert.match(gbk.stderr, /row 0, column 'a' contains bytes that are not UTF-8/)
  })

  test('bytes that another encoding does not define are refused by record and column', async context => {
    const bench = await benchWithTable(context)
    const path = await bench.write(
      'f.csv',
      Buffer.concat([latin1('id,name\n1,'), Buffer.from('c4e3ff', 'hex'), latin1('\n2,b\n')]),
    )
    const args = ['upload', path, 't', '--encoding', 'gbk']
    const { code, stderr } = await bench.run(args)
    assert.equal(code, 3)
    assert.match(stderr, /record 1, column 'name': contains bytes that gbk does not define/)
    await bench.ok([...args, '--bad-records', bench.path('bad.json'), '--max-bad-records', '1'])
    assert.deepEqual(await bench.rows('t'), [
      [0n, 'old'],
      [2n, 'b'],
    ])
  })

  test('bad records are set aside as they stood', async context => {
    const bench = await benchWithTable(context)
    const records = ['x," a "', 'y,""', 'z,', '1,"a"b', latin1('v,"caf\xe9,"'), 'w']
    const lines = records.map(record => Buffer.concat([Buffer.from(record), Buffer.from('\n')]))
    const file = Buffer.concat([Buffer.from('id,name\n'), ...lines])
    const path = await bench.write('f.csv', file)
    const bad = ['--bad-records', bench.path('bad.csv'), '--max-bad-records', '9', '--allow-empty']
    await bench.run(['upload', path, 't', ...bad])
    assert.deepEqual(await readFile(bench.path('bad.csv')), file)
  })

  test('a file of UTF-16 has one byte order mark', async context => {
    const bench = await benchWithTable(context)
    await bench.ok(['download', 't', bench.path('out.csv'), '--encoding', 'utf-16'])
    assert.equal((await readFile(bench.path('out.csv'))).toString('utf16le'), '\ufeffid,name\n0,old\n')
  })
})

test('rows of 1 200 whole numbers pass, whose fields fill the buffer between two checks', async context => {
  const bench = await cliBench(context)
  const names = Array.from({ length: 1200 }, (_, i) => `c${i}`)
  await bench.emulator.createTable({ name: 't', columns: names.map(name => ({ name, type: 'bigint' })) })
  const rows = Array.from({ length: 70 }, (_, row) =>
    names.map((_, i) => String(9_000_000_000_000_000_000n + BigInt(row + i))).join(),
  )
  const text = `${[names.join(), ...rows].join('\n')}\n`
  await bench.ok(['upload', await bench.write('wide.csv', text), 't'])
  await bench.ok(['download', 't', bench.path('out.csv')])
  assert.equal(await bench.read('out.csv'), text)
})
