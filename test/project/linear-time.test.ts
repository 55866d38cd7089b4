import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parseIni } from '../../lib/cli/config/ini-file.js'
import { CellNotes } from '../../lib/cli/formats/cell-notes.js'
import { cellParserOf } from '../../lib/cli/formats/cells.js'
import { columnNameOf, columnNames } from '../../lib/cli/formats/infer/columns.js'
import { TextObserver } from '../../lib/cli/formats/infer/type.js'
import { ElementCutter, LineCutter } from '../../lib/cli/formats/json/splitter.js'
import { compileDatetimePattern } from '../../lib/cli/formats/times/datetime-pattern.js'
import { decimalParts, formatDecimal } from '../../lib/codec/types/decimal.js'
import { parseJson } from '../../lib/codec/types/json.js'
import { defineSchema } from '../../lib/schema/define-schema.js'
import { parseDataType } from '../../lib/schema/parse-data-type.js'
import { parsePartitionSpec } from '../../lib/schema/partition-spec.js'
import { parseTableName } from '../../lib/schema/table-name.js'
import { parseCell } from '../../lib/text/cell-text.js'
import { formatCsv } from '../../lib/transforms/format-csv.js'
import { parseNdjson } from '../../lib/transforms/ndjson.js'
import { objectsToRows } from '../../lib/transforms/object-rows.js'
import { parseCsv } from '../../lib/transforms/parse-csv.js'
import { parseJsonTree } from '../../lib/values/json-tree.js'
import { timeZoneOf } from '../../lib/values/time-zone.js'
import { Timestamp } from '../../lib/values/timestamp.js'

/*
 * What comes from files and services may be long, and is looked at once: a parser that looks at the rest of a text again
 * for each of its characters takes more than ten seconds for these, and stops the event loop for as long.
 */

const length = 200_000
const limitMs = 2000

const endings = ['', 'x', '"']
const longTexts = [
  '1',
  '0',
  '9.',
  '.',
  ' ',
  '"',
  '-',
  '+',
  '\\',
  '\\"',
  '_',
  'a',
  '[',
  '{"a":',
  ',',
  '`',
  "'",
  'e1',
  '1:',
  '\t',
]
  .map(piece => piece.repeat(Math.ceil(length / piece.length)))
  .flatMap(text => endings.map(ending => text + ending))

const types = [
  ...[
    'bigint',
    'int',
    'float',
    'double',
    'decimal(38,18)',
    'boolean',
    'binary',
    'datetime',
    'date',
    'timestamp',
  ],
  ...[
    'timestamp_ntz',
    'interval_day_time',
    'interval_year_month',
    'json',
    'array<double>',
    'map<bigint,decimal>',
  ],
  ...['struct<a:int>', 'vector(float,2)', 'string'],
].map(parseDataType)

const options = {
  timeZone: 'UTC',
  datetime: undefined,
  plainNumbers: false,
  notes: new CellNotes(),
  nullText: '',
  isOdpscmd: false,
  encoding: 'utf-8',
}
const pattern = compileDatetimePattern("yyyy-MM-dd'T'HH:mm:ss.SSS")

const parsers: Readonly<Record<string, (text: string) => unknown>> = {
  parsePattern: text => pattern.parse(text),
  formatDecimal,
  decimalParts,
  parseJson,
  parseJsonTree,
  timeZone: text => timeZoneOf(text.slice(-length)),
  Timestamp: text => Timestamp.from(text),
  parseDataType,
  'defineSchema, type': text => defineSchema({ a: `bigint${text}not null` }),
  'defineSchema, name': text => defineSchema([[text, 'int']]),
  parsePartitionSpec,
  parseTableName: text => parseTableName(text),
  parseIni,
  columnNameOf,
  infer: text => {
    const observer = new TextObserver('UTC')
    for (const each of [text, text.slice(1)]) observer.add(each)
    return observer.result()
  },
  'cutting lines': text => new LineCutter().next(Buffer.from(text)),
  'cutting elements': text => new ElementCutter('f').next(Buffer.from(`[${text}]`)),
  parseNdjson: text => [...parseNdjson()(`${text}\n`)],
  'parseNdjson, a string': text => [...parseNdjson()(`${JSON.stringify({ a: text })}\n`)],
  objectsToRows: text => objectsToRows(defineSchema({ a: 'map<double,decimal>' }))({ a: { [text]: text } }),
  parseCsv: async text => [...(await parseCsv(defineSchema({ a: 'double' }))(Buffer.from(`a\n${text}\n`)))],
  formatCsv: text => formatCsv(defineSchema({ a: 'string' }))([text]),
}

/** Calls with every text; what is refused is as good as what is taken. Time of this process, however busy the machine is. */
const slowest = async (parse: (text: string) => unknown): Promise<number> => {
  let most = 0
  for (const text of longTexts) {
    const start = process.cpuUsage()
    try {
      await parse(text)
    } catch (error) {
      assert.ok(error instanceof Error && !(error instanceof RangeError), String(error))
    }
    const { user, system } = process.cpuUsage(start)
    most = Math.max(most, (user + system) / 1000)
  }
  return most
}

describe('long text is looked at once', () => {
  for (const type of types)
    test(`a cell of ${type.kind}`, async () => {
      const parse = cellParserOf(type, options)
      assert.ok((await slowest(text => parse(text))) < limitMs)
      assert.ok((await slowest(text => parseCell(text, type))) < limitMs)
    })
  for (const [name, parse] of Object.entries(parsers))
    test(name, async () => {
      assert.ok((await slowest(parse)) < limitMs)
    })
  test('names that are all the same', () => {
    const start = process.cpuUsage()
    assert.equal(new Set(columnNames(new Array(50_000).fill('a b'))).size, 50_000)
    assert.ok(process.cpuUsage(start).user / 1000 < limitMs)
  })
})
