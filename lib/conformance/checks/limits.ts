import { compress } from '../../compression/compressor.js'
import { textAt } from '../../xml.js'
import { expectDone, jsonOf, objectsIn, xmlOf } from '../answer.js'
import type { Check, CheckContext } from '../check.js'
import { different } from '../finding.js'
import { encodeRows } from '../records.js'
import { createUpload, loadUpload, onService, putBlock } from '../sessions.js'
import { definitionOf, type TableKey } from '../table-definitions.js'

/** 8 MiB */
const fieldBytes = 8_388_608

/** A block with a STRING of so many bytes; all the same, so that a few kilobytes are sent. */
const blockOf = async (bytes: number): Promise<Buffer> => {
  const block = encodeRows(definitionOf('target').schema.columns, [[1n, 'a'.repeat(bytes), null]])
  const chunks: Buffer[] = []
  for await (const chunk of compress('deflate', [block])) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks)
}

/** Of the description that the service gives. */
const countColumns = async (context: CheckContext, key: TableKey, list: 'columns' | 'partitionKeys') => {
  const root = xmlOf(expectDone(await context.ask(onService(context.table(key)))), 'Table')
  const body = Buffer.from(textAt(root, 'Schema') ?? '')
  return objectsIn(jsonOf({ status: 200, headers: {}, body }, 'the schema'), list).length
}

const countCheck = (
  id: string,
  sentence: string,
  ...[key, list, expected]: readonly [TableKey, 'columns' | 'partitionKeys', number]
): Check => ({
  ...{ id, sentence, tables: [key], requests: 1 },
  run: async context => {
    const count = await countColumns(context, key, list)
    if (count !== expected) throw different(`${count}, not ${expected}`)
    return undefined
  },
})

export const limitChecks: readonly Check[] = [
  {
    id: 'limits.field',
    sentence: 'A STRING may have 8388608 bytes.',
    tables: ['target'],
    requests: 3,
    bytes: 100_000,
    run: async context => {
      const session = await createUpload(context, context.table('target'))
      await putBlock(context, session, 0, await blockOf(fieldBytes), { encoding: 'deflate' })
      if (objectsIn(await loadUpload(context, session), 'UploadedBlockList').length === 1) return undefined
      throw different('the block is not listed')
    },
  },
  countCheck(
    'limits.partition-levels',
    'A table may have 6 levels of partitions, and columns VARCHAR(65535) and CHAR(255).',
    ...(['widest', 'partitionKeys', 6] as const),
  ),
  countCheck('limits.columns', 'A table may have 1200 columns.', 'columns', 'columns', 1200),
]
