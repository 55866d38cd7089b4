import { expectDone, expectKeys, expectRefusal, jsonOf } from '../answer.js'
import type { Check, CheckContext } from '../check.js'
import { different } from '../finding.js'
import { decodeRows, encodeRows, expectRows, type Rows, rawBytesOf } from '../records.js'
import { askForRows, createDownload, onTunnel, type ReadOptions, upload } from '../sessions.js'
import { definitionOf, filledRows } from '../table-definitions.js'

const { schema, rows: filling = [] } = definitionOf('rows')
const { columns } = schema

/** Of the table that is never changed. */
const readRange = async (
  context: CheckContext,
  range: readonly [number, number],
  options?: ReadOptions,
): Promise<{ readonly rows: Rows; readonly metrics: string | undefined }> => {
  const download = await createDownload(context, context.table('rows'))
  return decodeRows(columns, await askForRows(context, download, range, options))
}

export const downloadChecks: readonly Check[] = [
  {
    id: 'downloads.range',
    sentence: '`rowrange=(start,count)` counts rows from 0.',
    tables: ['rows'],
    requests: 2,
    run: async context => {
      const { rows } = await readRange(context, [3, 4])
      expectRows(columns, rows, filling.slice(3, 7))
      return undefined
    },
  },
  {
    id: 'downloads.range-across-the-end',
    sentence: 'A range that goes past the last row gives the rows up to it.',
    tables: ['rows'],
    requests: 2,
    run: async context => {
      const { rows } = await readRange(context, [filledRows - 2, 100])
      expectRows(columns, rows, filling.slice(-2))
      return undefined
    },
  },
  {
    id: 'downloads.range-beyond-the-end',
    sentence: 'A range that begins behind the last row is refused: 400 `InvalidRowRange`.',
    tables: ['rows'],
    requests: 2,
    run: async context => {
      const download = await createDownload(context, context.table('rows'))
      expectRefusal(await askForRows(context, download, [filledRows, 1]), 400, 'InvalidRowRange')
      return undefined
    },
  },
  {
    id: 'downloads.order-of-rows',
    sentence: 'In one session a range gives the same rows in the same order each time.',
    tables: ['rows'],
    requests: 3,
    run: async context => {
      const download = await createDownload(context, context.table('rows'))
      for (let time = 0; time < 2; time++) {
        const { rows } = await decodeRows(columns, await askForRows(context, download, [0, filledRows]))
        expectRows(columns, rows, filling)
      }
      return undefined
    },
  },
  {
    id: 'downloads.order-of-columns',
    sentence: 'With `columns` the fields of a record are numbered in the order of that list.',
    tables: ['rows'],
    requests: 2,
    run: async context => {
      const [id, , number] = columns
      const asked = [number!, id!]
      const download = await createDownload(context, context.table('rows'))
      const names = asked.map(({ name }) => name)
      const answer = await askForRows(context, download, [0, filledRows], { columns: names })
      const expected = filling.map(row => [row[2], row[0]])
      expectRows(asked, (await decodeRows(asked, answer)).rows, expected)
      return undefined
    },
  },
  {
    id: 'downloads.unknown-column',
    sentence: 'A column that is missing is refused: 400 `InvalidColumnSpec`.',
    tables: ['rows'],
    requests: 2,
    run: async context => {
      const download = await createDownload(context, context.table('rows'))
      const answer = await askForRows(context, download, [0, 1], { columns: ['nothing_of_this_name'] })
      expectRefusal(answer, 400, 'InvalidColumnSpec')
      return undefined
    },
  },
  {
    id: 'downloads.whole-stream',
    sentence:
      'A record stream ends with a footer that has the count and the checksum of the rows, and nothing is behind it.',
    tables: ['rows'],
    requests: 2,
    run: async context => {
      const download = await createDownload(context, context.table('rows'))
      const answer = expectDone(await askForRows(context, download, [0, filledRows], { version: 5 }))
      const raw = await rawBytesOf(answer)
      if (raw.equals(encodeRows(columns, filling))) return undefined
      // It may be spelled otherwise and mean the same: then it is the reader that says so.
      expectRows(columns, (await decodeRows(columns, answer)).rows, filling)
      return 'spelled otherwise than this package does'
    },
  },
  {
    id: 'downloads.raw',
    sentence: 'Whoever asks for `identity` gets rows that are not compressed.',
    tables: ['rows'],
    requests: 2,
    run: async context => {
      const download = await createDownload(context, context.table('rows'))
      const { headers } = expectDone(await askForRows(context, download, [0, 1], { encoding: 'identity' }))
      const encoding = headers['content-encoding'] ?? 'identity'
      if (encoding === 'identity') return undefined
      throw different('they are compressed')
    },
  },
  {
    id: 'downloads.no-metrics-below-6',
    sentence: 'With `x-odps-tunnel-version: 5` the footer has no metrics.',
    tables: ['rows'],
    requests: 2,
    run: async context => {
      const { metrics } = await readRange(context, [0, 1], { version: 5 })
      if (metrics !== undefined) throw different('it has some')
      return undefined
    },
  },
  {
    id: 'downloads.metrics-from-6',
    sentence:
      'With `x-odps-tunnel-version: 6` the footer has no metrics, or JSON with whole numbers for `PanguIOCost`, `ServerIOCost` and `ServerTotalCost`.',
    tables: ['rows'],
    requests: 2,
    run: async context => {
      const { metrics } = await readRange(context, [0, 1], { version: 6 })
      if (metrics === undefined) return 'none'
      const json = jsonOf({ status: 200, headers: {}, body: Buffer.from(metrics) }, 'the metrics')
      expectKeys(json, { PanguIOCost: 'number', ServerIOCost: 'number', ServerTotalCost: 'number' })
      if (Object.values(json).every(Number.isInteger)) return 'some'
      throw different('a number that is not whole')
    },
  },
  {
    id: 'downloads.snapshot',
    sentence:
      'A download session is a snapshot: after the table was overwritten it gives the rows of before, or 409 `TableModified`.',
    tables: ['target'],
    requests: 9,
    bytes: 200,
    run: async context => {
      const table = context.table('target')
      const [old, later]: Rows[] = [[[1n, 'old', 1]], [[2n, 'new', 2]]]
      await upload(context, table, [encodeRows(columns, old!)], { overwrite: true })
      const download = await createDownload(context, table)
      await upload(context, table, [encodeRows(columns, later!)], { overwrite: true })
      const again = jsonOf(await context.ask(onTunnel(table, 'GET', { downloadid: download.id })))
      if (again['RecordCount'] !== 1) throw different('the count has changed')
      const answer = await askForRows(context, download, [0, 1])
      if (answer.status >= 300) {
        expectRefusal(answer, 409, 'TableModified')
        return 'status 409'
      }
      expectRows(columns, (await decodeRows(columns, answer)).rows, old!)
      return 'the rows of before'
    },
  },
]
