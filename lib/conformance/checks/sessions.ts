import { textAt } from '../../xml.js'
import { expectDone, expectKeys, jsonOf, kindOf, objectIn, objectsIn, textOf, xmlOf } from '../answer.js'
import type { Check } from '../check.js'
import { different } from '../finding.js'
import { encodeRows } from '../records.js'
import {
  createDownload,
  createUpload,
  downloadQuestion,
  loadUpload,
  onService,
  onTunnel,
  putBlock,
  uploadQuestion,
} from '../sessions.js'
import { definitionOf, filledRows } from '../table-definitions.js'

const { columns } = definitionOf('target').schema

/** How long a session may be made. */
const patienceMs = 60_000
const waitMs = 1_000

export const sessionChecks: readonly Check[] = [
  {
    id: 'sessions.keys-of-upload',
    sentence:
      'An upload session has text as `UploadID`, `Status`, `Initiated`, `Owner`, `QuotaName`, a number as `MaxFieldSize`, a boolean as `IsOverwrite`, a list as `UploadedBlockList`, an object as `Schema`.',
    tables: ['target'],
    requests: 1,
    run: async context => {
      const { answer } = await createUpload(context, context.table('target'))
      expectKeys(jsonOf(answer), {
        ...{
          UploadID: 'string',
          Status: 'string',
          Initiated: 'string',
          Owner: 'string',
          QuotaName: 'string',
        },
        ...{ MaxFieldSize: 'number', IsOverwrite: 'boolean', UploadedBlockList: 'list', Schema: 'object' },
      })
      return undefined
    },
  },
  {
    id: 'sessions.status-of-upload',
    sentence:
      'The `Status` of a new upload session is `normal`, in lower case, and its list of blocks is empty.',
    tables: ['target'],
    requests: 1,
    run: async context => {
      const json = jsonOf((await createUpload(context, context.table('target'))).answer)
      if (json['Status'] !== 'normal')
        throw different(
          String(json['Status']).toLowerCase() === 'normal' ? 'in another case' : 'another Status',
        )
      const blocks = objectsIn(json, 'UploadedBlockList')
      if (blocks.length > 0) throw different(`${blocks.length} blocks`)
      return undefined
    },
  },
  {
    id: 'sessions.keys-of-block',
    sentence:
      'A block in the list has numbers as `BlockID`, `RecordCount`, `CreateTime`, `Version`, and text as `Date`, `FileName`.',
    tables: ['target'],
    requests: 3,
    bytes: 100,
    run: async context => {
      const session = await createUpload(context, context.table('target'))
      await putBlock(context, session, 5, encodeRows(columns, [[1n, null, null]]))
      const [block = {}] = objectsIn(await loadUpload(context, session), 'UploadedBlockList')
      expectKeys(block, {
        ...{ BlockID: 'number', RecordCount: 'number', CreateTime: 'number', Version: 'number' },
        ...{ Date: 'string', FileName: 'string' },
      })
      if (block['BlockID'] !== 5 || block['RecordCount'] !== 1)
        throw different('the block has another id or count of rows')
      return undefined
    },
  },
  {
    id: 'sessions.max-field-size',
    sentence: '`MaxFieldSize` is 8388608.',
    tables: ['target'],
    requests: 1,
    run: async context => {
      const json = jsonOf((await createUpload(context, context.table('target'))).answer)
      const size = json['MaxFieldSize']
      if (size === 8_388_608) return undefined
      throw different(typeof size === 'number' ? String(size) : kindOf(size))
    },
  },
  {
    id: 'sessions.keys-of-download',
    sentence:
      'A download session has text as `DownloadID`, `Status`, `Initiated`, `Owner`, `QuotaName`, a number as `RecordCount`, a boolean as `SupportReadByRawSize`, an object as `Schema`.',
    tables: ['rows'],
    requests: 1,
    run: async context => {
      const { json } = await createDownload(context, context.table('rows'))
      expectKeys(json, {
        ...{
          DownloadID: 'string',
          Status: 'string',
          Initiated: 'string',
          Owner: 'string',
          QuotaName: 'string',
        },
        ...{ RecordCount: 'number', SupportReadByRawSize: 'boolean', Schema: 'object' },
      })
      return undefined
    },
  },
  {
    id: 'sessions.record-count',
    sentence: 'The `RecordCount` of a download session is how many rows there are.',
    tables: ['rows'],
    requests: 1,
    run: async context => {
      const { recordCount } = await createDownload(context, context.table('rows'))
      if (recordCount !== filledRows) throw different(`${recordCount}, not ${filledRows}`)
      return undefined
    },
  },
  {
    id: 'sessions.schema',
    sentence:
      'The `Schema` of a session has `columns` and `partitionKeys`, each with `name`, `type` and the boolean `nullable`; partition columns are not among `columns`.',
    tables: ['days'],
    requests: 1,
    run: async context => {
      const { answer } = await createUpload(context, context.table('days'), {
        ...{ partition: 'day=schema,region=x', createPartition: true },
      })
      const schema = objectIn(jsonOf(answer), 'Schema')
      const [own, keys] = [objectsIn(schema, 'columns'), objectsIn(schema, 'partitionKeys')]
      for (const each of [...own, ...keys])
        expectKeys(each, { name: 'string', type: 'string', nullable: 'boolean' })
      const names = [...own, ...keys].map(({ name, type }) => `${name} ${type}`.toLowerCase())
      if (own.length !== 1 || names.join() !== 'id bigint,day string,region string')
        throw different('other columns, or in another order')
      return undefined
    },
  },
  {
    id: 'sessions.schema-of-service',
    sentence:
      'The JSON in the description of a table has `columns` and `partitionKeys`, each with the boolean `isNullable`, and `comment`, `lifecycle`.',
    tables: ['days'],
    requests: 1,
    run: async context => {
      const root = xmlOf(expectDone(await context.ask(onService(context.table('days')))), 'Table')
      const body = Buffer.from(textAt(root, 'Schema') ?? '')
      const json = jsonOf({ status: 200, headers: {}, body }, 'the schema')
      for (const each of [...objectsIn(json, 'columns'), ...objectsIn(json, 'partitionKeys')])
        expectKeys(each, { name: 'string', type: 'string', isNullable: 'boolean' })
      expectKeys(json, { comment: 'string', lifecycle: 'number' })
      if (json['lifecycle'] !== 1) throw different('another lifecycle than the statement said')
      return undefined
    },
  },
  {
    id: 'sessions.date-transform',
    sentence:
      'Sessions have no header `odps-tunnel-date-transform: true`: DATETIME needs no change of calendars.',
    tables: ['target'],
    requests: 2,
    run: async context => {
      const table = context.table('target')
      for (const question of [uploadQuestion(table), downloadQuestion(table)]) {
        const { headers } = expectDone(await context.ask(question))
        if (headers['odps-tunnel-date-transform']?.toLowerCase() === 'true')
          throw different('uploads' in (question.query ?? {}) ? 'true for uploads' : 'true for downloads')
      }
      return undefined
    },
  },
  {
    id: 'sessions.asynchronous-download',
    sentence:
      'A download session that is created with `asyncmode=true` is `normal` at once, or `initiating` and soon `normal`.',
    tables: ['rows'],
    requests: 3,
    run: async context => {
      const table = context.table('rows')
      const { clock } = context.connection.client
      const answer = await context.ask(onTunnel(table, 'POST', { downloads: '', asyncmode: 'true' }))
      const first = jsonOf(answer)
      const downloadid = textOf(first, 'DownloadID')
      const seen = `status ${answer.status}, ${String(first['Status']).toLowerCase() === 'normal' ? 'normal' : 'initiating'}`
      let json = first
      for (let waitedMs = 0; String(json['Status']).toLowerCase() === 'initiating'; waitedMs += waitMs) {
        if (waitedMs >= patienceMs) throw different(`still initiating after ${patienceMs / 1000} s`)
        await clock.sleep(waitMs, context.signal)
        json = jsonOf(await context.ask(onTunnel(table, 'GET', { downloadid })))
      }
      if (String(json['Status']).toLowerCase() !== 'normal') throw different('another Status')
      return seen
    },
  },
]
