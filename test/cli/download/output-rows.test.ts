import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { cliBench } from '../support.js'

describe('a row that a format has no place for is named', () => {
  for (const [format, args] of [
    ['ndjson', []],
    ['csv', ['--encoding', 'gbk']],
    ['parquet', []],
    ['arrow', []],
    ['arrow-stream', []],
  ] as const)
    test(`by its partition and its place there, in ${format}`, async context => {
      const bench = await cliBench(context)
      await bench.emulator.createTable({
        name: 't',
        columns: { s: 'string' },
        partitionColumns: { pt: 'string' },
      })
      for (const [partition, text] of [
        ['a', 's\nx\ny\nz\n'],
        ['b', 's\nx\n\xff\n'],
      ] as const) {
        const path = await bench.write(`${partition}.csv`, Buffer.from(text, 'latin1'))
        await bench.ok(['upload', path, 't', '--partition', `pt=${partition}`, '--create-partition'])
      }
      const out = bench.path('out')
      const several = await bench.run([
        'download',
        't',
        out,
        '--format',
        format,
        '--with-partition-columns',
        ...args,
      ])
      assert.equal(several.code, 1)
      assert.match(several.stderr, /row 1 of partition pt=b \(row 4 of the file\), column 's'.* UTF-8/)
      const one = await bench.run(['download', 't', out, '--format', format, '--partition', 'pt=b', ...args])
      assert.match(one.stderr, /row 1, column 's'.* UTF-8/)
    })
})
