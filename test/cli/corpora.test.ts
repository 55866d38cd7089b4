import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { parse } from 'csv-parse/sync'
import { cliBench } from './support.js'

/*
 * Files that others have made, into a table of inferred types and back: every cell has to come back as Python's csv read it
 * (golden/make-corpora.py). A cell without text in a column of numbers or times is NULL, which is printed as \N; a time
 * without a zone, 2010-01-01T01:00:00, is taken and printed in UTC, to the millisecond.
 */

interface Corpus {
  readonly records: number
  readonly columns: Readonly<Record<string, string>>
}

const corpora: Readonly<Record<string, Corpus>> = JSON.parse(
  readFileSync(new URL('golden/corpora.json', import.meta.url), 'utf8'),
)
const data = fileURLToPath(new URL('../../node_modules/vega-datasets/data/', import.meta.url))

const hashOf = (cells: readonly string[]): string =>
  createHash('sha256').update(cells.join('\u001f')).digest('hex').slice(0, 16)

describe('CSV files of vega-datasets come back as they were', () => {
  for (const [file, { records, columns }] of Object.entries(corpora))
    test(file, async context => {
      const bench = await cliBench(context)
      await bench.ok(['upload', `${data}${file}`, 't', '--create'])
      assert.equal(bench.emulator.rowCount('t'), records)
      await bench.ok(['download', 't', bench.path('out.csv')])
      const [, ...rows] = parse(await bench.read('out.csv')) as string[][]
      const hashes = Object.keys(columns).map((name, i) => [
        name,
        hashOf(rows.map(row => (row[i] === '\\N' ? '' : row[i]!.replace(/(T\d\d:\d\d:\d\d)\.000Z$/, '$1')))),
      ])
      assert.deepEqual(Object.fromEntries(hashes), columns)
    })
})
