import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { chain } from 'stream-chain'
import { readRefusal } from '../../lib/http/refused-answer.js'
import { ResponseBody } from '../../lib/http/response-body.js'
import { parseErrorBody } from '../../lib/http/service-error.js'
import { TunnelResponse } from '../../lib/http/tunnel-response.js'
import { formatDataType } from '../../lib/schema/data-type.js'
import { defineSchema } from '../../lib/schema/define-schema.js'
import { parseDataType } from '../../lib/schema/parse-data-type.js'
import { formatPartitionSpec, parsePartitionSpec } from '../../lib/schema/partition-spec.js'
import { formatTableName, parseTableName } from '../../lib/schema/table-name.js'
import { formatCell, parseCell } from '../../lib/text/cell-text.js'
import { parseNdjson } from '../../lib/transforms/ndjson.js'
import { parseCsv } from '../../lib/transforms/parse-csv.js'
import { readUploadState } from '../../lib/upload/upload-state.js'
import { schemaJson } from '../session/table-service.js'
import type { Target } from './run-fuzz.js'

const texts = (...list: readonly string[]): Buffer[] => list.map(text => Buffer.from(text))

const context = {
  purpose: 'Fuzzing',
  method: 'GET',
  path: '/p',
  host: 'h',
  attempts: 1,
  requestTimeoutMs: 1,
}

const dataTypes: Target = {
  name: 'data-types',
  corpus: texts(
    'bigint',
    'decimal(38,18)',
    'varchar(10)',
    'array<map<string,struct<a:bigint,`b c`:decimal(10,2)>>>',
    'struct<__proto__:bigint,constructor:string>',
    'vector(float,3)',
    'timestamp_ntz',
    'interval_day_time',
  ),
  isText: true,
  run: input => {
    const type = parseDataType(input.toString())
    assert.deepEqual(parseDataType(formatDataType(type)), type)
  },
}

const partitions: Target = {
  name: 'partition-specs',
  corpus: texts("a=1,b='x y'", 'month=2001-01', 'pt="20250101"/region=cn', '__proto__=1'),
  isText: true,
  run: input => {
    const spec = parsePartitionSpec(input.toString())
    assert.deepEqual(parsePartitionSpec(formatPartitionSpec(spec)), spec)
  },
}

const tableNames: Target = {
  name: 'table-names',
  corpus: texts('t', 's.t', 'p.s.t', '`a.b`.t'),
  isText: true,
  run: input => {
    const name = parseTableName(input.toString(), {}, { project: 'p' })
    assert.ok(!/[/?#\\\s%]|^\.\.?$/.test(name.table), `a table name may hold ${formatTableName(name)}`)
  },
}

const errorBodies: Target = {
  name: 'error-bodies',
  corpus: texts(
    '{"Code":"NoSuchTable","Message":"The table","RequestId":"R","HoldClientMillis":5}',
    '<?xml version="1.0"?>\n<Error><Code>NoSuchObject</Code><Message><![CDATA[a < b]]></Message><RequestId>R</RequestId><HostId>h</HostId></Error>',
    '<!DOCTYPE html><html><body>Bad gateway</body></html>',
    '{"Code":"RequestTimeTooSkewd","Message":"max_interval_date:900000,expire_date:2025-01-01T00:00:00.000Z,now_date:2025-01-01T00:00:00.000Z"}',
  ),
  isText: true,
  run: (input, random) => {
    const text = input.toString()
    parseErrorBody(text)
    const request = { path: ['projects', 'p', 'tables', 't'], query: {} }
    const headers = { 'retry-after': text.slice(0, 40), date: text.slice(0, 30), location: text.slice(0, 90) }
    const status = random.integer(300, 599)
    const { error, askedMs } = readRefusal(
      { status, headers, text, request, hints: {}, secrets: ['Message'] },
      context,
      0,
    )
    assert.ok(error.message.length < 3_000, 'a message without bound')
    assert.ok(askedMs >= 0)
  },
}

const uploadJson = JSON.stringify({
  UploadID: '2025',
  Status: 'normal',
  Schema: schemaJson,
  UploadedBlockList: [{ BlockID: 0, RecordCount: 3, Status: 'normal' }],
  MaxFieldSize: 8388608,
  QuotaName: 'default',
})

const sessions: Target = {
  name: 'session-json',
  corpus: texts(uploadJson, '{"Schema":{"columns":[{"name":"__proto__","type":"bigint"}]}}'),
  isText: true,
  run: async input => {
    const body = new ResponseBody(
      Object.assign(Readable.from([input]), { dump: async () => {} }),
      context,
      undefined,
    )
    const state = await readUploadState(new TunnelResponse(200, {}, body, 'Fuzzing'), 'Fuzzing')
    for (const { blockId } of state.blocks) assert.ok(Number.isSafeInteger(blockId) && blockId >= 0)
    assert.equal(typeof state.sessionId, 'string')
  },
}

const wide = defineSchema({
  id: 'bigint',
  name: 'string',
  at: 'timestamp',
  day: 'date',
  when: 'datetime',
  amount: 'decimal(10,2)',
  tags: 'array<string>',
  map: 'map<string,bigint>',
  nested: 'struct<a:bigint,b:array<double>>',
  bytes: 'binary',
  json: 'json',
  flag: 'boolean',
  span: 'interval_day_time',
})

const csvHeader = 'id,name,at,day,when,amount,tags,map,nested,bytes,json,flag,span\n'
const csvLine =
  '1,"a ""b""",2025-01-02 03:04:05.678901234Z,2025-01-02,2025-01-02T03:04:05Z,1.25,"[""x""]","{""k"":1}","{""a"":1,""b"":[1.5]}",AAEC,"{""z"":[1]}",true,1 00:00:00\n'

const drain = async (stage: unknown, input: Buffer, cut: number): Promise<void> => {
  const stream = chain([stage as (chunk: Buffer) => unknown])
  stream.resume()
  const ended = finished(stream)
  stream.write(input.subarray(0, cut))
  stream.end(input.subarray(cut))
  await ended
}

const csv: Target = {
  name: 'csv',
  corpus: texts(
    csvHeader + csvLine + csvLine,
    `${csvHeader}\\N${',\\N'.repeat(12)}\n`,
    'id,name\r\n1,"x\ny"\r\n',
  ),
  isText: true,
  run: (input, random) =>
    drain(parseCsv(wide, { missingColumns: 'null' }), input, random.integer(0, input.length)),
}

const ndjson: Target = {
  name: 'ndjson',
  corpus: texts(
    '{"id":9007199254740993,"name":"a"}\n{"__proto__":{"x":1},"constructor":2}\n',
    '{"a":[1,2,{"b":null}],"c":1e400,"d":"\\ud800"}\n',
  ),
  isText: true,
  run: (input, random) => drain(parseNdjson(), input, random.integer(0, input.length)),
}

const cells: Target = {
  name: 'cells',
  corpus: texts(
    '2025-01-02T03:04:05.123456789Z',
    '-0001-12-31',
    '1 02:03:04.5',
    '-12345678901234567890.123',
    '{"a":1,"b":[1,2]}',
    '1e-30',
    'true',
    '1-11',
  ),
  isText: true,
  run: (input, random) => {
    const { type } = random.pick(wide.columns)
    const printed = formatCell(parseCell(input.toString(), type), type)
    assert.equal(formatCell(parseCell(printed, type), type), printed)
  },
}

export const textTargets: readonly Target[] = [
  dataTypes,
  partitions,
  tableNames,
  errorBodies,
  sessions,
  csv,
  ndjson,
  cells,
]
