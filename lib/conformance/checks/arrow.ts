import { type CompressionName, contentEncodingOf, loadCompression } from '../../compression/compression.js'
import { compress } from '../../compression/compressor.js'
import { TunnelProtocolError } from '../../errors.js'
import { expectDone } from '../answer.js'
import { decodeArrow, encodeArrow } from '../arrow-rows.js'
import type { Check, CheckContext } from '../check.js'
import { different } from '../finding.js'
import { encodeRows, expectRows, expectSameRows, type Rows } from '../records.js'
import { askForRows, askToCommit, createDownload, createUpload, putBlock, upload } from '../sessions.js'
import { definitionOf, filledRows, type TableKey } from '../table-definitions.js'

const { schema, rows: filling = [] } = definitionOf('rows')
const { columns } = schema
const all = [0, filledRows] as const

const expectTarget = async (context: CheckContext, rows: Rows): Promise<void> => {
  const download = await createDownload(context, context.table('target'))
  await expectSameRows(columns, await askForRows(context, download, [0, rows.length]), rows)
}

const encodingOf = (name: CompressionName): string =>
  name === 'lz4' ? 'x-odps-lz4-frame' : contentEncodingOf(name)!

const compressedCheck = (name: 'deflate' | 'snappy' | 'zstd' | 'lz4'): Check => ({
  id: `arrow.${name}`,
  sentence: `Arrow comes and goes with \`${encodingOf(name)}\` as its encoding.`,
  tables: ['target'],
  requests: 7,
  bytes: 2_000,
  run: async context => {
    await loadCompression(name)
    const encoding = encodingOf(name)
    const chunks: Buffer[] = []
    for await (const chunk of compress(name, [encodeArrow(columns, filling)])) chunks.push(Buffer.from(chunk))
    await upload(context, context.table('target'), [Buffer.concat(chunks)], {
      ...{ overwrite: true, arrow: true, encoding },
    })
    await expectTarget(context, filling)
    const download = await createDownload(context, context.table('target'))
    const answer = expectDone(await askForRows(context, download, all, { arrow: true, encoding }), 'the rows')
    const came = answer.headers['content-encoding'] ?? 'identity'
    if (came === 'identity') throw different('the rows are not compressed')
    if (came !== encoding) throw different('another encoding, or in another case')
    expectRows(columns, (await decodeArrow(columns, answer)).rows, filling)
    return undefined
  },
})

/** The type that a column has on the wire, where clients don't agree about it. */
const fieldCheck = (
  id: string,
  sentence: string,
  [key, name]: readonly [TableKey, string],
  told: (type: {
    readonly name: string
    readonly bits?: number
    readonly unit?: string
  }) => string | undefined,
): Check => ({
  ...{ id, sentence, tables: [key], requests: 2 },
  run: async context => {
    const { schema, rows = [] } = definitionOf(key)
    const column = schema.columns.find(each => each.name === name)!
    const download = await createDownload(context, context.table(key))
    const options = { arrow: true, columns: [name] }
    const answer = await askForRows(context, download, [0, rows.length], options)
    const { fields } = await decodeArrow([column], answer)
    const other = told(fields[0]!.type)
    if (other !== undefined) throw different(other)
    return undefined
  },
})

export const arrowChecks: readonly Check[] = [
  {
    id: 'arrow.upload',
    sentence:
      'A block with `arrow` is record batches in framed chunks, without a schema and an end mark; its rows are those that records would have.',
    tables: ['target'],
    requests: 5,
    bytes: 2_000,
    run: async context => {
      const block = encodeArrow(columns, filling)
      await upload(context, context.table('target'), [block], { overwrite: true, arrow: true })
      await expectTarget(context, filling)
      return undefined
    },
  },
  {
    id: 'arrow.empty-upload',
    sentence: 'A block with `arrow` that has no rows is the 8 bytes of its framing.',
    tables: ['target'],
    requests: 4,
    bytes: 8,
    run: async context => {
      const options = { overwrite: true, arrow: true }
      await upload(context, context.table('target'), [encodeArrow(columns, [])], options)
      const { recordCount } = await createDownload(context, context.table('target'))
      if (recordCount !== 0) throw different(`${recordCount} rows`)
      return undefined
    },
  },
  {
    id: 'arrow.mixed-blocks',
    sentence: 'One session takes blocks of records and of Arrow.',
    tables: ['target'],
    requests: 6,
    bytes: 2_000,
    run: async context => {
      const session = await createUpload(context, context.table('target'), { overwrite: true })
      const [first, rest] = [filling.slice(0, 1), filling.slice(1)]
      await putBlock(context, session, 0, encodeRows(columns, first))
      await putBlock(context, session, 1, encodeArrow(columns, rest), { arrow: true })
      expectDone(await askToCommit(context, session), 'the commit')
      await expectTarget(context, filling)
      return undefined
    },
  },
  {
    id: 'arrow.download',
    sentence:
      'With `arrow` rows come as record batches in framed chunks of 65536 bytes, without a schema, with the checksums of chunks and of the whole.',
    tables: ['rows'],
    requests: 2,
    run: async context => {
      const download = await createDownload(context, context.table('rows'))
      const answer = await askForRows(context, download, all, { arrow: true })
      const { rows, chunkBytes } = await decodeArrow(columns, answer)
      expectRows(columns, rows, filling)
      if (chunkBytes !== 65_536) throw different(`chunks of ${chunkBytes} bytes`)
      return undefined
    },
  },
  {
    id: 'arrow.order-of-columns',
    sentence:
      'With `columns` in another order than the table has, batches have them in one of the two orders; this package asks in the order of the table.',
    tables: ['rows'],
    requests: 2,
    run: async context => {
      const [id, text] = columns
      const download = await createDownload(context, context.table('rows'))
      const options = { arrow: true, columns: [text!.name, id!.name] }
      const answer = expectDone(await askForRows(context, download, all, options), 'the rows')
      for (const [order, asked] of [
        ['the order asked for', [text!, id!]],
        ['the order of the table', [id!, text!]],
      ] as const) {
        try {
          const { rows } = await decodeArrow(asked, answer)
          const names = asked.map(({ name }) => columns.findIndex(each => each.name === name))
          expectRows(
            asked,
            rows,
            filling.map(row => names.map(index => row[index])),
          )
          return order
        } catch (error) {
          // Bytes that are of the other order don't fit the types of this one.
          if (!(error instanceof TunnelProtocolError)) throw error
        }
      }
      throw different('neither order')
    },
  },
  fieldCheck(
    'arrow.timestamp',
    'A TIMESTAMP of a table is a count of nanoseconds in 64 bits.',
    ['basic', 'c_timestamp'],
    ({ name }) => (name === 'timestamp' ? undefined : 'seconds and nanoseconds'),
  ),
  fieldCheck(
    'arrow.old-decimal',
    'The old DECIMAL of a table is a Decimal256.',
    ['old_decimal', 'c_old_decimal'],
    ({ bits }) => (bits === 256 ? undefined : `a decimal of ${Number(bits)} bits`),
  ),
  fieldCheck(
    'arrow.interval-day-time',
    'An INTERVAL_DAY_TIME of a table is a struct of seconds and nanoseconds.',
    ['interval_day_time', 'c_interval_day_time'],
    ({ name }) => (name === 'struct' ? undefined : 'an interval of Arrow'),
  ),
  ...(['deflate', 'snappy', 'zstd', 'lz4'] as const).map(compressedCheck),
]
