import assert from 'node:assert/strict'
import { test } from 'node:test'
import { endingOf, fileFormatOf } from '../../../lib/cli/formats/file-format.js'

test('the ending tells format and compression, in any case', () => {
  for (const [path, name, compression] of [
    ['a.csv', 'csv', 'none'],
    ['A.TXT.GZ', 'csv', 'gzip'],
    ['b.tsv.zst', 'tsv', 'zstd'],
    ['x.y/c.jsonl', 'ndjson', 'none'],
    ['C:\\d\\e.parquet', 'parquet', 'none'],
    ['f.arrows', 'arrow-stream', 'none'],
    ['g.feather', 'arrow', 'none'],
  ] as const)
    assert.deepEqual(fileFormatOf(path, {}), { name, compression })
})

test('what is given wins over the ending', () => {
  assert.deepEqual(fileFormatOf('a.csv.gz', { format: 'json', compression: 'none' }), {
    ...{ name: 'json', compression: 'none' },
  })
  assert.deepEqual(fileFormatOf('a.gz', { format: 'tsv' }), { name: 'tsv', compression: 'gzip' })
  assert.deepEqual(fileFormatOf('data', {}, 'csv'), { name: 'csv', compression: 'none' })
})

test('what nobody knows is refused', () => {
  for (const path of ['data', 'a.xls', 'a.csv.old', 'folder.csv/data', '.gz'])
    assert.throws(() => fileFormatOf(path, {}), /does not show its format/)
  assert.throws(() => fileFormatOf('-', {}), /stdin or stdout is not known/)
})

test('the ending of a format names it again', () => {
  for (const name of ['csv', 'tsv', 'ndjson', 'json', 'parquet', 'arrow', 'arrow-stream'] as const)
    for (const compression of ['none', 'gzip', 'zstd'] as const)
      assert.deepEqual(fileFormatOf(`x${endingOf({ name, compression })}`, {}), { name, compression })
})
