import { encodeBatch, encodeSchema, endMark } from '../../lib/arrow/ipc/encode-message.js'
import { Framer } from '../../lib/arrow/tunnel/frame.js'
import { wireFields } from '../../lib/arrow/tunnel/wire-fields.js'
import { wireForm } from '../../lib/arrow/tunnel/wire-forms.js'
import { findTrailer } from '../../lib/codec/stream/find-trailer.js'
import { encodeTrailer } from '../../lib/codec/stream/trailer.js'
import { encodeArrow } from '../../lib/conformance/arrow-rows.js'
import { fillingOf } from '../../lib/conformance/filling.js'
import { encodeRows, type Rows } from '../../lib/conformance/records.js'
import { definitionOf, type TableKey } from '../../lib/conformance/table-definitions.js'
import { typedColumns } from '../../lib/conformance/typed-columns.js'
import { parseDataType } from '../../lib/schema/parse-data-type.js'
import { type Change, edit, head, on, refuse, say } from './otherwise.js'

/** A service that answers otherwise, and what the check says of it. */
export type Deviation = readonly [change: () => Change, what: string]

const { columns } = definitionOf('target').schema
const otherRows = (count: number): Buffer =>
  encodeRows(
    columns,
    Array.from({ length: count }, () => [99n, null, null]),
  )
const rowsOf = (key: TableKey): Rows => definitionOf(key).rows ?? []
/** The first row of the table `rows`, with metrics in the footer. */
const withMetrics = (metrics: string) => {
  const [row] = rowsOf('rows')
  const whole = encodeRows(columns, [row!])
  const { at, checksum } = findTrailer(whole)!
  return say(Buffer.concat([whole.subarray(0, at), encodeTrailer(1, checksum, metrics)]))
}
const accepted = (action: Parameters<typeof on>[0]) => () => on(action, say('{}'))

const refused = (action: Parameters<typeof on>[0], status: number, code: string, only?: number) => () =>
  on(action, refuse(status, code), only)
const edited = (action: Parameters<typeof on>[0], json: object, only?: number) => () =>
  on(
    action,
    edit(own => ({ ...own, ...json })),
    only,
  )
/** Columns of the sessions' JSON, changed. */
const editedSchema = (action: Parameters<typeof on>[0], change: (text: string) => string) => () =>
  on(action, reply => ({ ...reply, body: Buffer.from(change(reply.body.toString())) }))

const editText =
  (change: (text: string) => string): Change =>
  reply => ({
    ...reply,
    body: Buffer.from(change(reply.body.toString())),
  })
/** What a query has printed, instead of what it has. */
const printed = (text: string) => () =>
  on(
    'getInstance',
    editText(old =>
      old.replace(
        /<Result .*<\/Result>/s,
        `<Result Transform="Base64">${Buffer.from(text).toString('base64')}</Result>`,
      ),
    ),
  )

function typeDeviations(): Record<string, readonly Deviation[]> {
  const all = Object.entries(typedColumns).flatMap(([key, list]) =>
    list.map(({ name }, index): [string, readonly Deviation[]] => {
      const { schema, rows = [] } = definitionOf(key as TableKey)
      const column = schema.columns[index]!
      const first = rows[0]![index]
      const nulls = rows.map(() => [null])
      const swapped = rows.map((_, i) => [i === 0 ? rows[1]![index] : i === 1 ? first : rows[i]![index]])
      const cases: Deviation[] = [
        [() => on('readData', say(encodeRows([column], nulls))), `row 0, column ${column.name}: NULL`],
        [
          () => on('readData', say(encodeRows([column], swapped))),
          rows[1]![index] === null
            ? `row 0, column ${column.name}: NULL`
            : `row 0, column ${column.name}: another value`,
        ],
        [refused('readData', 400, 'InvalidArgument'), 'the rows: status 400, code InvalidArgument'],
      ]
      return [`types.${name.replaceAll('_', '-')}`, cases]
    }),
  )
  return Object.fromEntries(all)
}

function compressionDeviations(): Record<string, readonly Deviation[]> {
  const basic = definitionOf('basic')
  const nulls = basic.rows!.map(row => row.map(() => null))
  const raw =
    (bytes: Uint8Array): Change =>
    (reply, asked) =>
      head({ 'content-encoding': undefined })({ ...reply, body: Buffer.from(bytes) }, asked)
  const all = (['deflate', 'snappy', 'zstd', 'lz4'] as const).flatMap(
    (name): [string, readonly Deviation[]][] => [
      [
        `compressions.${name}-upload`,
        [
          [refused('putBlock', 400, 'InvalidArgument'), 'the block: status 400, code InvalidArgument'],
          [
            () => on('readData', raw(encodeRows(basic.schema.columns, nulls)), 0),
            'row 0, column c_bigint: NULL',
          ],
        ],
      ],
      [
        `compressions.${name}-download`,
        [
          [() => on('readData', raw(fillingOf('basic')), 0), 'the rows are not compressed'],
          [
            () =>
              on(
                'readData',
                (reply, asked) =>
                  head({ 'content-encoding': reply.headers['content-encoding']!.toUpperCase() })(
                    reply,
                    asked,
                  ),
                0,
              ),
            'the name is in another case',
          ],
          [
            () =>
              on(
                'readData',
                (reply, asked) =>
                  head({ 'content-encoding': name === 'zstd' ? 'deflate' : 'zstd' })(reply, asked),
                0,
              ),
            'they are compressed otherwise',
          ],
          [
            () => on('readData', reply => ({ ...reply, body: reply.body.subarray(0, 9) }), 0),
            'the library refuses the answer (ODPS_TRUNCATED_STREAM)',
          ],
        ],
      ],
    ],
  )
  return Object.fromEntries(all)
}

/** One column of another type, as the Arrow tunnel has it. */
const arrowOf = (type: string, cells: readonly unknown[]): Buffer => {
  const framer = new Framer()
  const framed: Uint8Array[] = []
  framer.push(encodeBatch(cells.length, [wireForm(parseDataType(type)).layOut(cells)]).bytes, framed)
  framer.end(framed)
  return Buffer.concat(framed)
}
/** The rows of the table `rows`, in chunks of another size. */
const framedBy = (chunkBytes: number): Buffer => {
  const usual = encodeArrow(columns, rowsOf('rows'))
  const framer = new Framer(chunkBytes)
  const framed: Uint8Array[] = []
  framer.push(usual.subarray(4, -4), framed)
  framer.end(framed)
  return Buffer.concat(framed)
}
/** An ordinary stream of so many rows. */
const arrowStream = (rows: number): Buffer => {
  const [column] = definitionOf('many').schema.columns
  const cells = Array.from({ length: rows }, (_, i) => BigInt(i))
  const batch = encodeBatch(rows, [wireForm(column!.type).layOut(cells)]).bytes
  return Buffer.concat([encodeSchema(wireFields([column!])).bytes, batch, endMark])
}
const keyedRows = (rows: Rows): Buffer => encodeRows(definitionOf('keyed').schema.columns, rows)

/** For each id: the service must not be able to be otherwise without being noticed. */
export const deviations: Readonly<Record<string, readonly Deviation[]>> = {
  'routing.endpoint': [
    [() => on('getEndpoint', say('http://dt.example')), 'an address with a scheme'],
    [() => on('getEndpoint', say('')), 'an empty answer'],
    [() => on('getEndpoint', say('dt.example/tunnel')), 'text of another form'],
    [() => on('getEndpoint', refuse(400, 'InvalidArgument')), 'status 400, code InvalidArgument'],
  ],
  'routing.request-id': [
    [() => on('getTable', head({ 'x-odps-request-id': undefined })), 'the service sends none'],
    [() => on('createDownload', head({ 'x-odps-request-id': undefined })), 'the tunnel sends none'],
  ],
  'routing.schema': [
    [() => on('createDownload', refuse(404, 'NoSuchSchema')), 'on the tunnel: status 404, code NoSuchSchema'],
    [() => on('getTable', refuse(404, 'NoSuchObject')), 'on the service: status 404, code NoSuchObject'],
  ],
  'routing.case-of-names': [
    [() => on('createDownload', refuse(404, 'NoSuchTable')), 'on the tunnel: status 404, code NoSuchTable'],
  ],
  'routing.presence-of-parameters': [
    [
      () => on('createUpload', refuse(400, 'InvalidArgument')),
      'the answer: status 400, code InvalidArgument',
    ],
    [() => on('createUpload', say('{}')), 'UploadID is missing'],
    [() => on('createUpload', say('[]')), "the answer isn't a JSON object"],
    [() => on('createUpload', say('')), "the answer isn't JSON"],
  ],
  'routing.keep-alive': [
    [() => on('createDownload', head({ connection: 'close' })), 'it closes the connection after an answer'],
  ],
  'signatures.v1': [
    [refused('getTable', 401, 'SignatureNotMatch'), 'on the service: status 401, code SignatureNotMatch'],
    [
      refused('createDownload', 401, 'SignatureNotMatch'),
      'on the tunnel: status 401, code SignatureNotMatch',
    ],
  ],
  'signatures.v4-service': [
    [refused('getTable', 401, 'SignatureNotMatch'), 'status 401, code SignatureNotMatch'],
  ],
  'signatures.v4-tunnel': [[refused('createDownload', 401, 'ODPS-0410042'), 'status 401, code ODPS-0410042']],
  'signatures.wrong-secret': [
    [accepted('getTable'), 'status 200'],
    [refused('getTable', 400, 'SignatureNotMatch'), 'status 400, code SignatureNotMatch'],
    [refused('getTable', 401, 'InvalidAuthorization'), 'status 401, code InvalidAuthorization'],
  ],
  'signatures.old-date': [
    [accepted('getTable'), 'status 200'],
    [refused('getTable', 401, 'Unauthorized'), 'status 401, code Unauthorized'],
  ],
  'signatures.tolerated-date': [
    [refused('getTable', 401, 'RequestTimeTooSkewd'), 'status 401, code RequestTimeTooSkewd'],
  ],
  'signatures.decoded-once': [
    [refused('createDownload', 401, 'SignatureNotMatch'), 'status 401, code SignatureNotMatch'],
  ],
  'errors.no-such-table': [
    [() => on('createDownload', refuse(404, 'NoSuchObject')), 'status 404, code NoSuchObject'],
    [() => on('createDownload', refuse(400, 'NoSuchTable')), 'status 400, code NoSuchTable'],
    [accepted('createDownload'), 'status 200'],
  ],
  'errors.no-such-object': [
    [() => on('getTable', refuse(404, 'NoSuchTable')), 'status 404, code NoSuchTable'],
  ],
  'errors.no-such-project': [
    [() => on('getTable', refuse(404, 'ODPS-0420111')), 'status 404, code ODPS-0420111'],
  ],
  'errors.no-such-upload': [
    [() => on('getUpload', refuse(400, 'NoSuchUpload')), 'status 400, code NoSuchUpload'],
    [() => on('getUpload', say('<html>', 404)), 'status 404, no code'],
  ],
  'errors.no-such-download': [
    [() => on('getDownload', refuse(410, 'NoSuchDownload')), 'status 410, code NoSuchDownload'],
  ],
  'errors.missing-partition-spec': [[accepted('createDownload'), 'status 200']],
  'errors.invalid-partition-spec': [
    [() => on('createDownload', refuse(404, 'NoSuchPartition')), 'status 404, code NoSuchPartition'],
  ],
  'errors.tunnel-document': [
    [() => on('createDownload', say('<Error/>', 404)), "the answer isn't JSON"],
    [
      () => on('createDownload', say('{"Code":1}', 404)),
      'Code is a number, not a string; Message is missing',
    ],
    [accepted('createDownload'), 'status 200'],
  ],
  'errors.service-document': [
    [() => on('getTable', say('{}', 404)), "the answer isn't a <Error> document"],
    [
      () => on('getTable', say('<Error><Code>NoSuchObject</Code><Message>no</Message></Error>', 404)),
      'RequestId, HostId missing',
    ],
  ],
  'sessions.keys-of-upload': [
    [
      edited('createUpload', { MaxFieldSize: '8388608', Owner: undefined }),
      'Owner is missing; MaxFieldSize is a string, not a number',
    ],
    [edited('createUpload', { UploadedBlockList: {} }), 'UploadedBlockList is an object, not a list'],
  ],
  'sessions.status-of-upload': [
    [edited('createUpload', { Status: 'NORMAL' }), 'in another case'],
    [edited('createUpload', { Status: 'open' }), 'another Status'],
    [edited('createUpload', { UploadedBlockList: undefined }), 'UploadedBlockList is missing'],
    [edited('createUpload', { UploadedBlockList: [{}] }), '1 blocks'],
  ],
  'sessions.keys-of-block': [
    [
      edited('getUpload', { UploadedBlockList: [{ BlockID: '5' }] }),
      'BlockID is a string, not a number; RecordCount is missing; CreateTime is missing; Version is missing; Date is missing; FileName is missing',
    ],
    [edited('getUpload', { UploadedBlockList: [5] }), "UploadedBlockList has an item that isn't an object"],
    [
      edited('getUpload', {
        UploadedBlockList: [
          { BlockID: 5, RecordCount: 2, CreateTime: 1, Version: 0, Date: '', FileName: '' },
        ],
      }),
      'the block has another id or count of rows',
    ],
  ],
  'sessions.max-field-size': [
    [edited('createUpload', { MaxFieldSize: 10485760 }), '10485760'],
    [edited('createUpload', { MaxFieldSize: undefined }), 'missing'],
  ],
  'sessions.keys-of-download': [
    [edited('createDownload', { SupportReadByRawSize: undefined }), 'SupportReadByRawSize is missing'],
    [edited('createDownload', { RecordCount: '10' }), 'RecordCount is a string, not a number'],
  ],
  'sessions.record-count': [[edited('createDownload', { RecordCount: -1 }), '-1, not 10']],
  'sessions.schema': [
    [edited('createUpload', { Schema: undefined }), 'Schema is missing'],
    [
      editedSchema('createUpload', text => text.replaceAll('"nullable"', '"isNullable"')),
      'nullable is missing',
    ],
    [
      editedSchema('createUpload', text => text.replace('"bigint"', '"int"')),
      'other columns, or in another order',
    ],
    [
      edited('createUpload', {
        Schema: { columns: [{ name: 'day', type: 'string', nullable: true }], partitionKeys: [] },
      }),
      'other columns, or in another order',
    ],
  ],
  'sessions.schema-of-service': [
    [
      editedSchema('getTable', text => text.replaceAll('"isNullable"', '"nullable"')),
      'isNullable is missing',
    ],
    [
      editedSchema('getTable', text => text.replace('"lifecycle":1', '"lifecycle":-1')),
      'another lifecycle than the statement said',
    ],
    [editedSchema('getTable', text => text.replace('"lifecycle":1', '"life":1')), 'lifecycle is missing'],
    [() => on('getTable', say('<Table><Name>t</Name></Table>')), "the schema isn't JSON"],
  ],
  'sessions.date-transform': [
    [() => on('createUpload', head({ 'odps-tunnel-date-transform': 'true' })), 'true for uploads'],
    [() => on('createDownload', head({ 'odps-tunnel-date-transform': 'true' })), 'true for downloads'],
  ],
  'sessions.asynchronous-download': [
    [edited('createDownload', { Status: 'closed' }), 'another Status'],
    [
      () => {
        const initiating = edit(json => ({ ...json, Status: 'initiating' }))
        return async (reply, asked) =>
          on('getDownload', initiating)(await on('createDownload', initiating)(reply, asked), asked)
      },
      'still initiating after 60 s',
    ],
    [refused('createDownload', 400, 'InvalidArgument'), 'the answer: status 400, code InvalidArgument'],
  ],
  'partitions.missing': [
    [accepted('createUpload'), 'status 200'],
    [refused('createDownload', 404, 'NoSuchObject'), 'status 404, code NoSuchObject'],
  ],
  'partitions.created': [
    [refused('createUpload', 404, 'NoSuchPartition'), 'the upload session: status 404, code NoSuchPartition'],
    [
      refused('createUpload', 409, 'ObjectAlreadyExists', 1),
      'the upload session: status 409, code ObjectAlreadyExists',
    ],
    [refused('createDownload', 404, 'NoSuchPartition'), 'the partition: status 404, code NoSuchPartition'],
  ],
  'partitions.quoted-on-the-service': [
    [refused('getPartition', 400, 'InvalidPartitionSpec'), 'status 400, code InvalidPartitionSpec'],
    [
      () => on('getPartition', say('<Partition><Schema>{"createTime":"1"}</Schema></Partition>')),
      'partitionRecordNum is missing; partitionSize is missing; createTime is a string, not a number; lastModifiedTime is missing',
    ],
    [() => on('getPartition', say('<Table/>')), "the answer isn't a <Partition> document"],
  ],
  'partitions.missing-on-the-service': [
    [refused('getPartition', 404, 'NoSuchObject'), 'status 404, code NoSuchObject'],
  ],
  'partitions.listed': [
    [
      () => on('listPartitions', say('<Partitions><Marker/></Partitions>')),
      'a new partition is not in the list',
    ],
    [
      editedSchema('listPartitions', text => text.replaceAll(/(<Column [^>]*>)(<Column [^>]*>)/g, '$2$1')),
      'a new partition is not in the list',
    ],
    [
      editedSchema('listPartitions', text =>
        text.replace(/<Marker>.*<\/Marker>|<Marker\/>/, '<Marker>a</Marker>'),
      ),
      'a list of few partitions does not end',
    ],
  ],
  'partitions.not-in-columns': [[accepted('readData'), 'status 200']],
  'uploads.invisible-before-commit': [
    [
      () =>
        on(
          'createDownload',
          edit(json => ({ ...json, RecordCount: 7 })),
          1,
        ),
      '7 rows after the block, 0 before it',
    ],
  ],
  'uploads.append': [
    [
      () =>
        on(
          'createDownload',
          edit(json => ({ ...json, RecordCount: 1 })),
        ),
      '1 rows are in the table, not 2',
    ],
    [() => on('readData', say(otherRows(2))), 'row 0, column id: another value'],
  ],
  'uploads.overwrite': [
    [
      () =>
        on(
          'createDownload',
          edit(json => ({ ...json, RecordCount: 3 })),
        ),
      '3 rows are in the table, not 1',
    ],
    [() => on('readData', say(otherRows(1))), 'row 0, column id: another value'],
  ],
  'uploads.overwrite-by-nothing': [
    [
      () =>
        on(
          'createDownload',
          edit(json => ({ ...json, RecordCount: 1 })),
        ),
      '1 rows are in the table, not 0',
    ],
    [
      () => on('commitUpload', refuse(400, 'InvalidArgument'), 1),
      'the commit: status 400, code InvalidArgument',
    ],
  ],
  'uploads.block-replaced': [
    [
      () =>
        on(
          'getUpload',
          edit(json => ({ ...json, UploadedBlockList: [{ BlockID: 0 }, { BlockID: 1 }] })),
        ),
      '2 blocks are listed, not 1, or other ones',
    ],
    [() => on('readData', say(otherRows(1))), 'row 0, column id: another value'],
    [
      () =>
        on(
          'createDownload',
          edit(json => ({ ...json, RecordCount: 3 })),
        ),
      '3 rows are in the table, not 1',
    ],
    [() => on('putBlock', refuse(409, 'StatusConflict'), 1), 'the block: status 409, code StatusConflict'],
  ],
  'uploads.order-of-blocks': [[() => on('readData', say(otherRows(2))), 'row 0, column id: another value']],
  'uploads.last-block-id': [
    [() => on('putBlock', refuse(400, 'InvalidBlockID')), 'the block: status 400, code InvalidBlockID'],
    [
      () =>
        on(
          'getUpload',
          edit(json => ({ ...json, UploadedBlockList: [] })),
        ),
      '0 blocks are listed, not 1, or other ones',
    ],
    [
      () =>
        on(
          'getUpload',
          edit(json => ({ ...json, UploadedBlockList: null })),
        ),
      'UploadedBlockList is null',
    ],
  ],
  'uploads.block-id-beyond': [[accepted('putBlock'), 'status 200']],
  'uploads.checksum-verified': [
    [accepted('putBlock'), 'status 200'],
    [
      () =>
        on(
          'getUpload',
          edit(json => ({ ...json, UploadedBlockList: [{ BlockID: 0 }] })),
        ),
      '1 blocks are listed, not 0, or other ones',
    ],
  ],
  'uploads.cut-block': [
    [() => on('putBlock', refuse(400, 'IncompleteBody')), 'status 400, code IncompleteBody'],
    [
      () =>
        on(
          'getUpload',
          edit(json => ({ ...json, UploadedBlockList: [{ BlockID: 0 }] })),
        ),
      '1 blocks are listed, not 0, or other ones',
    ],
  ],
  'uploads.answer-of-commit': [
    [() => on('commitUpload', say('')), "the commit isn't JSON"],
    [
      () =>
        on(
          'commitUpload',
          edit(json => ({ ...json, Status: 'normal' })),
        ),
      'another Status',
    ],
  ],
  'uploads.second-commit': [
    [() => on('commitUpload', refuse(404, 'NoSuchUpload'), 2), 'status 404, code NoSuchUpload'],
    [
      () =>
        on(
          'createDownload',
          edit(json => ({ ...json, RecordCount: 2 })),
        ),
      '2 rows are in the table, not 1',
    ],
  ],
  'uploads.block-after-commit': [[accepted('putBlock'), 'status 200']],
  'uploads.metrics': [
    [() => on('putBlock', head({ 'odps-tunnel-metrics': 'x' })), "the header isn't JSON"],
    [
      () => on('putBlock', head({ 'odps-tunnel-metrics': '{"PanguIOCost":1,"ServerIOCost":"2"}' })),
      'ServerIOCost is a string, not a number; ServerTotalCost is missing',
    ],
    [
      () =>
        on(
          'putBlock',
          head({ 'odps-tunnel-metrics': '{"PanguIOCost":1.5,"ServerIOCost":2,"ServerTotalCost":3}' }),
        ),
      'a number that is not whole',
    ],
  ],
  'downloads.range': [
    [() => on('readData', say(otherRows(4))), 'row 0, column id: another value'],
    [() => on('readData', say(otherRows(3))), '3 rows, not 4'],
    [
      () => on('readData', reply => ({ ...reply, body: reply.body.subarray(0, -3) })),
      'the library refuses the answer (ODPS_TRUNCATED_STREAM)',
    ],
  ],
  'downloads.range-across-the-end': [
    [refused('readData', 400, 'InvalidRowRange'), 'the rows: status 400, code InvalidRowRange'],
    [() => on('readData', say(otherRows(100))), '100 rows, not 2'],
  ],
  'downloads.range-beyond-the-end': [
    [() => on('readData', say(otherRows(0))), 'status 200'],
    [refused('readData', 416, 'InvalidRowRange'), 'status 416, code InvalidRowRange'],
  ],
  'downloads.order-of-rows': [
    [() => on('readData', say(otherRows(10)), 1), 'row 0, column id: another value'],
  ],
  'downloads.order-of-columns': [
    [
      () =>
        on(
          'readData',
          say(
            encodeRows(
              [columns[0]!, columns[2]!],
              rowsOf('rows').map(row => [row[0], row[2]]),
            ),
          ),
        ),
      'the library refuses the answer (ODPS_MALFORMED_STREAM)',
    ],
  ],
  'downloads.unknown-column': [
    [refused('readData', 404, 'NoSuchColumn'), 'status 404, code NoSuchColumn'],
    [() => on('readData', say(otherRows(1))), 'status 200'],
  ],
  'downloads.whole-stream': [
    [
      () => on('readData', reply => ({ ...reply, body: Buffer.concat([reply.body, Buffer.from([0])]) })),
      'the library refuses the answer (ODPS_MALFORMED_STREAM)',
    ],
    [
      () => on('readData', reply => ({ ...reply, body: reply.body.subarray(0, -12) })),
      'the library refuses the answer (ODPS_TRUNCATED_STREAM)',
    ],
    [() => on('readData', say(otherRows(10))), 'row 0, column id: another value'],
  ],
  'downloads.raw': [[() => on('readData', head({ 'content-encoding': 'gzip' })), 'they are compressed']],
  'downloads.no-metrics-below-6': [[() => on('readData', withMetrics('{}')), 'it has some']],
  'downloads.metrics-from-6': [
    [() => on('readData', withMetrics('x')), "the metrics isn't JSON"],
    [
      () => on('readData', withMetrics('{"PanguIOCost":1,"ServerIOCost":"2"}')),
      'ServerIOCost is a string, not a number; ServerTotalCost is missing',
    ],
    [
      () => on('readData', withMetrics('{"PanguIOCost":1,"ServerIOCost":2.5,"ServerTotalCost":3}')),
      'a number that is not whole',
    ],
  ],
  'downloads.snapshot': [
    [edited('getDownload', { RecordCount: 2 }), 'the count has changed'],
    [() => on('readData', say(otherRows(1))), 'row 0, column id: another value'],
    [refused('readData', 404, 'NoSuchDownload'), 'status 404, code NoSuchDownload'],
  ],
  ...typeDeviations(),
  ...compressionDeviations(),
  'limits.field': [
    [refused('putBlock', 400, 'MalformedDataStream'), 'the block: status 400, code MalformedDataStream'],
    [edited('getUpload', { UploadedBlockList: [] }), 'the block is not listed'],
  ],
  'limits.partition-levels': [
    [editedSchema('getTable', text => text.replace(/,\{[^{}]*"level_6"[^{}]*\}/, '')), '5, not 6'],
  ],
  'limits.columns': [
    [editedSchema('getTable', text => text.replace(/,\{[^{}]*"c1199"[^{}]*\}/, '')), '1199, not 1200'],
  ],
  'statements.submitted': [
    [() => on('submitInstance', reply => ({ ...reply, status: 200 })), 'status 200'],
    [() => on('submitInstance', head({ location: undefined })), 'no Location that ends in an instance'],
    [() => on('submitInstance', reply => ({ ...reply, body: Buffer.from('<Instance/>') })), 'it has a body'],
  ],
  'statements.status': [
    [
      () =>
        on(
          'getInstance',
          editText(text => text.replace('Terminated', 'Ended')),
          2,
        ),
      'another Status of the instance',
    ],
    [
      () =>
        on(
          'getInstance',
          editText(text => text.replace('Success', 'Done')),
          3,
        ),
      'another Status of the task',
    ],
    [() => on('getInstance', say('<Instance/>'), 3), 'no task'],
  ],
  'statements.source': [
    [
      () =>
        on(
          'getInstance',
          editText(text => text.replaceAll('uuid', 'guid')),
        ),
      'no uuid',
    ],
    [
      () =>
        on(
          'getInstance',
          editText(text => text.replace(/[0-9a-f]{8}(?=-[0-9a-f]{4}-)/, 'another')),
        ),
      'another uuid',
    ],
    [() => on('getInstance', say('<Instance/>')), "the answer isn't a <Job> document"],
  ],
  'statements.listed': [
    [() => on('listInstances', say('<Instances><Marker/></Instances>')), 'not in the list after 30 s'],
  ],
  'statements.failed': [
    [
      () =>
        on(
          'getInstance',
          editText(text => text.replace(/<Result .*<\/Result>/s, '<Result>ODPS-0130161: no</Result>')),
        ),
      'it fails with code ODPS-0130161',
    ],
    [
      () =>
        on(
          'getInstance',
          editText(text => text.replace(/<Result .*<\/Result>/s, '<Result>no</Result>')),
        ),
      'it fails with no code',
    ],
    [
      () =>
        on(
          'getInstance',
          editText(text => text.replace('Failed', 'Success')),
        ),
      'it does not fail',
    ],
  ],
  'statements.create-existing': [
    [
      () =>
        on(
          'getInstance',
          editText(text => text.replace('Failed', 'Success')),
        ),
      'it does not fail',
    ],
  ],
  'statements.partition': [
    [refused('getPartition', 404, 'NoSuchPartition'), 'the partition: status 404, code NoSuchPartition'],
  ],
  'results.rows': [
    [() => on('readResult', say(otherRows(10))), 'row 0, column id: another value'],
    [() => on('readResult', say(otherRows(9))), '9 rows, not 10'],
    [
      refused('createResultDownload', 400, 'InvalidArgument'),
      'the session: status 400, code InvalidArgument',
    ],
  ],
  'results.unnamed-column': [
    [editedSchema('createResultDownload', text => text.replace('_c0', 'count')), 'another name'],
    [editedSchema('createResultDownload', text => text.replace('"bigint"', '"string"')), 'another type'],
    [edited('createResultDownload', { Schema: { columns: [] } }), '0 columns'],
  ],
  'results.whole': [[edited('createResultDownload', { RecordCount: 10_000 }), '10000 rows']],
  'results.limited': [[edited('createResultDownload', { RecordCount: 10_001 }), '10001 rows']],
  'results.no-rows': [
    [accepted('createResultDownload'), 'status 200'],
    [refused('createResultDownload', 400, 'TaskFailed'), 'status 400, code TaskFailed'],
  ],
  'results.no-such-instance': [
    [refused('createResultDownload', 400, 'InvalidArgument'), 'status 400, code InvalidArgument'],
  ],
  'results.datetime-as-text': [
    [
      printed('"c"\n"2024-02-29 20:34:56"\n"1970-01-01 08:00:00"\n"1970-01-01 07:59:59"\n'),
      'not 1969-12-31 23:59:59',
    ],
    [printed('"c"\n'), '0 values, not 3'],
  ],
  'results.timestamp-as-text': [
    [
      printed(
        '"c"\n"1970-01-01 00:00:00.0"\n"1970-01-01 00:00:00.500000000"\n"2024-02-29 12:34:56.123456789"\n',
      ),
      'not 1969-12-31 23:59:59.5',
    ],
  ],
  'results.date-as-text': [
    [printed('"c"\n"1969-12-31"\n"1970-01-01"\n"2024-03-01"\n"9999-12-31"\n\\N\n'), 'not 2024-02-29'],
  ],
  'arrow.upload': [
    [refused('putBlock', 400, 'InvalidArgument'), 'the block: status 400, code InvalidArgument'],
    [() => on('readData', say(otherRows(10))), 'row 0, column id: another value'],
  ],
  'arrow.empty-upload': [
    [refused('putBlock', 400, 'MalformedDataStream'), 'the block: status 400, code MalformedDataStream'],
    [edited('createDownload', { RecordCount: 1 }), '1 rows'],
  ],
  'arrow.mixed-blocks': [
    [refused('putBlock', 400, 'MalformedDataStream', 1), 'the block: status 400, code MalformedDataStream'],
    [() => on('readData', say(otherRows(10))), 'row 0, column id: another value'],
  ],
  'arrow.download': [
    [
      () => on('readData', say(encodeArrow(columns, [...rowsOf('rows')].reverse()))),
      'row 0, column id: another value',
    ],
    [() => on('readData', say(otherRows(10))), 'the library refuses the answer (ODPS_CHECKSUM_MISMATCH)'],
    [
      () =>
        on('readData', reply => ({
          ...reply,
          body: Buffer.concat([reply.body.subarray(0, -1), Buffer.of(1)]),
        })),
      'the library refuses the answer (ODPS_CHECKSUM_MISMATCH)',
    ],
    [() => on('readData', say(framedBy(1024))), 'chunks of 1024 bytes'],
  ],
  'arrow.order-of-columns': [
    [() => on('readData', say(encodeArrow(columns, rowsOf('rows')))), 'neither order'],
    [refused('readData', 400, 'InvalidColumnSpec'), 'the rows: status 400, code InvalidColumnSpec'],
  ],
  'arrow.timestamp': [
    [
      () =>
        on(
          'readData',
          say(
            arrowOf('interval_day_time', [
              [0n, 1],
              [1n, 2],
            ]),
          ),
        ),
      'seconds and nanoseconds',
    ],
  ],
  'arrow.old-decimal': [
    [() => on('readData', say(arrowOf('decimal(38,18)', [1n, 2n]))), 'a decimal of 128 bits'],
  ],
  'arrow.interval-day-time': [
    [() => on('readData', say(arrowOf('bigint', [1n, 2n]))), 'an interval of Arrow'],
  ],
  ...Object.fromEntries(
    ['deflate', 'snappy', 'zstd', 'lz4'].map((name): [string, readonly Deviation[]] => [
      `arrow.${name}`,
      [
        [refused('putBlock', 400, 'InvalidArgument'), 'the block: status 400, code InvalidArgument'],
        [
          () =>
            on(
              'readData',
              (reply, asked) =>
                head({ 'content-encoding': undefined })(
                  { ...reply, body: encodeArrow(columns, rowsOf('rows')) },
                  asked,
                ),
              1,
            ),
          'the rows are not compressed',
        ],
        [
          () => on('readData', head({ 'content-encoding': 'X-OTHER' }), 1),
          'another encoding, or in another case',
        ],
      ],
    ]),
  ),
  'streams.keys-of-session': [
    [edited('createStreamUpload', { schema_version: '0' }), 'schema_version is a string, not a number'],
    [edited('createStreamUpload', { slots: [] }), 'no slots'],
    [edited('createStreamUpload', { slots: [['0', '10.0.0.1:80']] }), 'a slot of another form'],
    [edited('createStreamUpload', { slots: [[0, '10.0.0.1']] }), 'a slot of another form'],
    [edited('createStreamUpload', { status: 'init' }), 'another status'],
  ],
  'streams.reload': [
    [edited('getStreamUpload', { session_name: 'x' }), 'another session'],
    [refused('getStreamUpload', 405, 'MethodNotAllowed'), 'the answer: status 405, code MethodNotAllowed'],
  ],
  'streams.pack': [
    [() => on('putPack', head({ 'odps-tunnel-slot-num': undefined })), 'no number of slots'],
    [() => on('putPack', head({ 'odps-tunnel-routed-server': undefined })), 'no server'],
    [refused('putPack', 400, 'MalformedDataStream'), 'the pack: status 400, code MalformedDataStream'],
    [edited('createDownload', { RecordCount: 0 }), '0 rows after 60 s, not 2'],
  ],
  'streams.unknown-session': [
    [refused('getStreamUpload', 404, 'NoSuchUpload'), 'status 404, code NoSuchUpload'],
  ],
  'streams.changed-schema': [
    [accepted('putPack'), 'status 200'],
    [
      () =>
        on(
          'putPack',
          head({
            'odps-tunnel-latest-schema-version': undefined,
            'x-odps-tunnel-latest-schema-version': undefined,
          }),
        ),
      'no latest version',
    ],
  ],
  'upserts.keys-of-session': [
    [edited('createUpsert', { hasher: 'other' }), 'another hasher'],
    [edited('createUpsert', { hash_key: 'id' }), 'hash_key is a string, not a list'],
    [edited('createUpsert', { hash_key: ['text'] }), 'another hash_key'],
    [edited('createUpsert', { status: 'expired' }), 'another status'],
    [
      edited('createUpsert', { slots: [{ slot_id: '0', buckets: [1], worker_addr: '10.0.0.1:80' }] }),
      'other buckets',
    ],
    [
      edited('createUpsert', { slots: [{ slot_id: '0', worker_addr: '10.0.0.1:80' }] }),
      'a slot without buckets',
    ],
    [edited('createUpsert', { slots: [{ slot_id: '0', buckets: [0] }] }), 'a slot without an address'],
  ],
  'upserts.key-described': [
    [
      () =>
        on(
          'getTable',
          editText(old => old.replace('PrimaryKey', 'primary_key')),
        ),
      'PrimaryKey is missing',
    ],
    [
      () =>
        on(
          'getTable',
          editText(old => old.replace('[\\"id\\"]', '[\\"text\\"]')),
        ),
      'another PrimaryKey',
    ],
    [
      () =>
        on(
          'getTable',
          editText(old => old.replace('Transactional\\":\\"true', 'Transactional\\":\\"false')),
        ),
      'another Transactional',
    ],
    [
      () =>
        on(
          'getTable',
          editText(old => old.replace('"Reserved"', '"reserved"')),
        ),
      'Reserved is missing',
    ],
    [refused('getTable', 400, 'InvalidParameter'), 'status 400, code InvalidParameter'],
  ],
  'upserts.rows': [
    [
      () =>
        on(
          'readData',
          say(
            keyedRows([
              [1n, 'first', 1n],
              [2n, 'second', 2n],
            ]),
          ),
        ),
      'row 0, column text: another value',
    ],
    [edited('createDownload', { RecordCount: 3 }), '3 rows are in the table, not 2'],
    [refused('putUpsert', 400, 'MalformedDataStream', 1), 'the flush: status 400, code MalformedDataStream'],
    [() => on('putUpsert', reply => ({ ...reply, status: 202 })), 'status 202 of a flush'],
    [edited('commitUpsert', { status: 'critical' }), 'another status after the commit'],
    [edited('commitUpsert', { status: 'committing' }), 'not committed after 120 s'],
  ],
  'upserts.deleted-rows': [
    [edited('createDownload', { RecordCount: 2 }), '2 rows are in the table, not 1'],
    [() => on('readData', say(keyedRows([[1n, 'first', 1n]]))), 'row 0, column id: another value'],
  ],
  'upserts.aborted': [
    [edited('createDownload', { RecordCount: 1 }), '1 rows are in the table, not 0'],
    [refused('abortUpsert', 405, 'MethodNotAllowed'), 'status 405, code MethodNotAllowed'],
  ],
  'upserts.unknown-session': [[refused('getUpsert', 404, 'NoSuchUpload'), 'status 404, code NoSuchUpload']],
  'uploads.least-bigint': [
    [refused('putBlock', 400, 'MalformedDataStream'), 'the block: status 400, code MalformedDataStream'],
    [() => on('readData', say(otherRows(1))), 'row 0, column id: another value'],
  ],
  'results.arrow-timestamp': [
    [() => on('readResult', say(arrowOf('timestamp', [1n, 2n]))), 'a count of nanoseconds'],
    [refused('readResult', 400, 'InvalidArgument'), 'the rows: status 400, code InvalidArgument'],
  ],
  'results.preview': [
    [() => on('preview', say('')), 'not an Arrow stream with a schema'],
    [() => on('preview', say(arrowStream(5000))), '5000 rows'],
    [refused('preview', 405, 'MethodNotAllowed'), 'status 405, code MethodNotAllowed'],
  ],
  'streams.dynamic-partition': [
    [
      refused('createStreamUpload', 400, 'MissingPartitionSpec'),
      'the session: status 400, code MissingPartitionSpec',
    ],
    [refused('putPack', 404, 'NoSuchPartition'), 'the pack: status 404, code NoSuchPartition'],
    [edited('createDownload', { RecordCount: 1 }), '1 rows after 60 s, not 2'],
  ],
  'upserts.partial-rows': [
    [edited('createUpsert', { enable_partial_update: false }), 'enable_partial_update is not true'],
    [
      editedSchema('createUpsert', text => text.replaceAll('"column_id"', '"id"')),
      'a column without a column_id',
    ],
    [() => on('readData', say(keyedRows([[1n, 'second', 2n]]))), 'row 0, column number: another value'],
    [refused('putUpsert', 400, 'MalformedDataStream', 2), 'the flush: status 400, code MalformedDataStream'],
  ],
  'upserts.lifecycle': [
    [refused('createUpsert', 400, 'InvalidArgument', 1), 'the answer: status 400, code InvalidArgument'],
  ],
}
