import { type CompressionName, contentEncodingOf, loadCompression } from '../../compression/compression.js'
import { compress } from '../../compression/compressor.js'
import { expectDone } from '../answer.js'
import type { Check, CheckContext } from '../check.js'
import { fillingOf } from '../filling.js'
import { different } from '../finding.js'
import { expectSameRows } from '../records.js'
import { askForRows, createDownload, upload } from '../sessions.js'
import { definitionOf, type TableKey } from '../table-definitions.js'

/** Together they have a column of every type that all projects have. */
const tables = ['basic', 'nested', 'char', 'decimal'] as const satisfies readonly TableKey[]

const names = ['deflate', 'snappy', 'zstd', 'lz4'] as const

const compressed = async (name: CompressionName, bytes: Uint8Array): Promise<Buffer> => {
  const chunks: Buffer[] = []
  for await (const chunk of compress(name, [bytes])) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks)
}

/** @throws Finding unless the table has its filling */
const expectFilling = async (context: CheckContext, key: TableKey, encoding?: string): Promise<void> => {
  const { schema, rows = [] } = definitionOf(key)
  const download = await createDownload(context, context.table(key))
  const answer = await askForRows(context, download, [0, rows.length], { version: 5, encoding })
  if (encoding !== undefined)
    expectEncoding(expectDone(answer, 'the rows').headers['content-encoding'], encoding)
  await expectSameRows(schema.columns, answer, rows)
}

const expectEncoding = (came: string | undefined, asked: string): void => {
  if (came === asked) return
  if (came === undefined || came === 'identity') throw different('the rows are not compressed')
  throw different(
    came.toLowerCase() === asked ? 'the name is in another case' : 'they are compressed otherwise',
  )
}

export const compressionChecks: readonly Check[] = names.flatMap(name => {
  const encoding = contentEncodingOf(name)!
  return [
    {
      id: `compressions.${name}-upload`,
      sentence: `Blocks with columns of every type are accepted with \`Content-Encoding: ${encoding}\`.`,
      tables,
      requests: 5 * tables.length,
      bytes: 6_000,
      run: async context => {
        for (const key of tables) {
          const block = await compressed(name, fillingOf(key))
          await upload(context, context.table(key), [block], { overwrite: true, encoding })
          await expectFilling(context, key)
        }
        return undefined
      },
    },
    {
      id: `compressions.${name}-download`,
      sentence: `Rows with columns of every type come with \`Content-Encoding: ${encoding}\` when it is asked for.`,
      tables,
      requests: 2 * tables.length,
      run: async context => {
        await loadCompression(name)
        for (const key of tables) await expectFilling(context, key, encoding)
        return undefined
      },
    },
  ] satisfies Check[]
})
