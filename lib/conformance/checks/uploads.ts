import { expectKeys, expectRefusal, type JsonObject, jsonOf, objectsIn } from '../answer.js'
import type { Check, CheckContext } from '../check.js'
import { different } from '../finding.js'
import { decodeRows, encodeRows, expectRows, type Rows } from '../records.js'
import {
  askForRows,
  askToCommit,
  askToPut,
  countRows,
  createDownload,
  createUpload,
  loadUpload,
  putBlock,
  type Upload,
  type UploadOptions,
  upload,
} from '../sessions.js'
import { definitionOf } from '../table-definitions.js'

const { columns } = definitionOf('target').schema

/** Blocks of one or two rows. */
const block = (...ids: readonly bigint[]): Buffer => encodeRows(columns, rowsOf(ids))
const rowsOf = (ids: readonly bigint[]): Rows => ids.map(id => [id, 'some text', 0.5])

/** All that the table has is replaced when it is committed. */
const begin = (context: CheckContext, options: UploadOptions = { overwrite: true }): Promise<Upload> =>
  createUpload(context, context.table('target'), options)

const commit = async (context: CheckContext, session: Upload): Promise<JsonObject> =>
  jsonOf(await askToCommit(context, session), 'the commit')

const expectIds = async (context: CheckContext, ...ids: readonly bigint[]): Promise<void> => {
  const download = await createDownload(context, context.table('target'))
  if (download.recordCount !== ids.length)
    throw different(`${download.recordCount} rows are in the table, not ${ids.length}`)
  if (ids.length === 0) return
  const { rows } = await decodeRows(columns, await askForRows(context, download, [0, ids.length]))
  expectRows(columns, rows, rowsOf(ids))
}

const expectBlockIds = (json: JsonObject, ...ids: readonly number[]): void => {
  const listed = objectsIn(json, 'UploadedBlockList').map(({ BlockID }) => BlockID)
  if (listed.length === ids.length && ids.every(id => listed.includes(id))) return
  throw different(`${listed.length} blocks are listed, not ${ids.length}, or other ones`)
}

const bytes = 400

export const uploadChecks: readonly Check[] = [
  {
    id: 'uploads.invisible-before-commit',
    sentence: 'Rows of a session are in no table before its commit.',
    tables: ['target'],
    requests: 4,
    bytes,
    run: async context => {
      const before = await countRows(context, context.table('target'))
      await putBlock(context, await begin(context), 0, block(1n))
      const after = await countRows(context, context.table('target'))
      if (after !== before) throw different(`${after} rows after the block, ${before} before it`)
      return undefined
    },
  },
  {
    id: 'uploads.append',
    sentence: 'A commit appends to what is there.',
    tables: ['target'],
    requests: 8,
    bytes,
    run: async context => {
      await upload(context, context.table('target'), [block(1n)], { overwrite: true })
      await upload(context, context.table('target'), [block(2n)])
      await expectIds(context, 1n, 2n)
      return undefined
    },
  },
  {
    id: 'uploads.overwrite',
    sentence: 'With `overwrite=true` a commit replaces what is there.',
    tables: ['target'],
    requests: 8,
    bytes,
    run: async context => {
      await upload(context, context.table('target'), [block(1n, 2n)], { overwrite: true })
      await upload(context, context.table('target'), [block(3n)], { overwrite: true })
      await expectIds(context, 3n)
      return undefined
    },
  },
  {
    id: 'uploads.overwrite-by-nothing',
    sentence: 'With `overwrite=true` the commit of a session without blocks empties the table.',
    tables: ['target'],
    requests: 6,
    bytes,
    run: async context => {
      await upload(context, context.table('target'), [block(1n)], { overwrite: true })
      await commit(context, await begin(context))
      await expectIds(context)
      return undefined
    },
  },
  {
    id: 'uploads.block-replaced',
    sentence: 'A second block with an id replaces the first.',
    tables: ['target'],
    requests: 7,
    bytes,
    run: async context => {
      const session = await begin(context)
      await putBlock(context, session, 0, block(1n, 2n))
      await putBlock(context, session, 0, block(3n))
      expectBlockIds(await loadUpload(context, session), 0)
      await commit(context, session)
      await expectIds(context, 3n)
      return undefined
    },
  },
  {
    id: 'uploads.order-of-blocks',
    sentence: 'Rows are committed in the order of block ids, whatever the order in which the blocks came.',
    tables: ['target'],
    requests: 6,
    bytes,
    run: async context => {
      const session = await begin(context)
      await putBlock(context, session, 7, block(2n))
      await putBlock(context, session, 3, block(1n))
      await commit(context, session)
      await expectIds(context, 1n, 2n)
      return undefined
    },
  },
  {
    id: 'uploads.last-block-id',
    sentence: 'Block ids go up to 19999, and need not be contiguous.',
    tables: ['target'],
    requests: 3,
    bytes,
    run: async context => {
      const session = await begin(context)
      await putBlock(context, session, 19_999, block(1n))
      expectBlockIds(await loadUpload(context, session), 19_999)
      return undefined
    },
  },
  {
    id: 'uploads.block-id-beyond',
    sentence: 'Block id 20000 is refused: 400 `InvalidBlockID`.',
    tables: ['target'],
    requests: 2,
    bytes,
    run: async context => {
      expectRefusal(await askToPut(context, await begin(context), 20_000, block(1n)), 400, 'InvalidBlockID')
      return undefined
    },
  },
  {
    id: 'uploads.checksum-verified',
    sentence: 'A block whose checksum is wrong is refused, 400 `CorruptedDataStream`, and leaves no block.',
    tables: ['target'],
    requests: 3,
    bytes,
    run: async context => {
      const session = await begin(context)
      const damaged = block(1n)
      // The number in the second byte, so that the form of the stream stays right.
      damaged[1] = damaged[1]! ^ 2
      expectRefusal(await askToPut(context, session, 0, damaged), 400, 'CorruptedDataStream')
      expectBlockIds(await loadUpload(context, session))
      return undefined
    },
  },
  {
    id: 'uploads.cut-block',
    sentence: 'A block without its footer is refused, 400 `MalformedDataStream`, and leaves no block.',
    tables: ['target'],
    requests: 3,
    bytes,
    run: async context => {
      const session = await begin(context)
      const whole = block(1n)
      expectRefusal(
        await askToPut(context, session, 0, whole.subarray(0, whole.length - 14)),
        ...([400, 'MalformedDataStream'] as const),
      )
      expectBlockIds(await loadUpload(context, session))
      return undefined
    },
  },
  {
    id: 'uploads.answer-of-commit',
    sentence:
      'The answer to a commit is the session as JSON; its `Status` is `closed`, or `closing` for a while.',
    tables: ['target'],
    requests: 3,
    bytes,
    run: async context => {
      const session = await begin(context)
      await putBlock(context, session, 0, block(1n))
      const json = await commit(context, session)
      expectKeys(json, { UploadID: 'string', Status: 'string' })
      const status = String(json['Status']).toLowerCase()
      if (status !== 'closed' && status !== 'closing') throw different('another Status')
      return status
    },
  },
  {
    id: 'uploads.second-commit',
    sentence: 'A second commit adds nothing; its answer is 200, or 409 `StatusConflict`.',
    tables: ['target'],
    requests: 8,
    bytes,
    run: async context => {
      const session = await begin(context, {})
      await upload(context, context.table('target'), [], { overwrite: true })
      await putBlock(context, session, 0, block(1n))
      await commit(context, session)
      const answer = await askToCommit(context, session)
      if (answer.status !== 200) expectRefusal(answer, 409, 'StatusConflict')
      await expectIds(context, 1n)
      return `status ${answer.status}`
    },
  },
  {
    id: 'uploads.block-after-commit',
    sentence: 'A block for a session that is committed is refused: 409 `StatusConflict`.',
    tables: ['target'],
    requests: 3,
    bytes,
    run: async context => {
      const session = await begin(context)
      await commit(context, session)
      expectRefusal(await askToPut(context, session, 0, block(1n)), 409, 'StatusConflict')
      return undefined
    },
  },
  {
    id: 'uploads.metrics',
    sentence:
      'The answer to a block has no header `odps-tunnel-metrics`, or one that is JSON with whole numbers for `PanguIOCost`, `ServerIOCost` and `ServerTotalCost`.',
    tables: ['target'],
    requests: 2,
    bytes,
    run: async context => {
      const answer = await putBlock(context, await begin(context), 0, block(1n))
      const text = answer.headers['odps-tunnel-metrics']
      if (text === undefined) return 'none'
      const json = jsonOf({ ...answer, body: Buffer.from(text) }, 'the header')
      expectKeys(json, { PanguIOCost: 'number', ServerIOCost: 'number', ServerTotalCost: 'number' })
      if (Object.values(json).every(Number.isInteger)) return 'some'
      throw different('a number that is not whole')
    },
  },
  {
    id: 'uploads.least-bigint',
    sentence: 'A BIGINT may be -9223372036854775808.',
    tables: ['target'],
    requests: 5,
    bytes,
    run: async context => {
      const least = -(2n ** 63n)
      await upload(context, context.table('target'), [block(least)], { overwrite: true })
      await expectIds(context, least)
      return undefined
    },
  },
]
