import { encodeRows } from '../../lib/conformance/records.js'
import { definitionOf } from '../../lib/conformance/table-definitions.js'
import { type Change, edit, head, on, refuse, say } from './otherwise.js'

/** A service that answers otherwise, and what the check says of it. */
export type Deviation = readonly [change: () => Change, what: string]

const { columns } = definitionOf('target').schema
const otherRows = (count: number): Buffer =>
  encodeRows(
    columns,
    Array.from({ length: count }, () => [99n, null, null]),
  )
const accepted = (action: Parameters<typeof on>[0]) => () => on(action, say('{}'))

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
}
