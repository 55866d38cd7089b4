import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { meaningOf, parseErrorBody } from '../../lib/http/service-error.js'

const xml = (code: string, message = 'the text'): string =>
  `<?xml version="1.0"?>\n<Error><Code>${code}</Code><Message><![CDATA[${message}]]></Message><RequestId>R9</RequestId><HostId>h</HostId></Error>`

describe('reading the body', () => {
  const expected = { code: 'NoSuchTable', message: 'the text', requestId: 'R9', holdMs: 0 }

  test('JSON', () => {
    assert.deepEqual(parseErrorBody('{"Code":"NoSuchTable","Message":"the text","RequestId":"R9"}'), expected)
  })

  test('XML', () => {
    assert.deepEqual(parseErrorBody(xml('NoSuchTable')), expected)
  })

  test('HoldClientMillis, text or number, at most ten seconds', () => {
    assert.equal(parseErrorBody('{"Code":"FlowExceeded","HoldClientMillis":"500"}').holdMs, 500)
    assert.equal(parseErrorBody('{"Code":"FlowExceeded","HoldClientMillis":60000}').holdMs, 10_000)
    assert.equal(parseErrorBody('{"Code":"FlowExceeded","HoldClientMillis":"soon"}').holdMs, 0)
    assert.equal(parseErrorBody('{"Code":"FlowExceeded","HoldClientMillis":-1}').holdMs, 0)
  })

  test('a code with text behind it, or only in the message', () => {
    assert.equal(parseErrorBody(xml('ODPS-0410042: Invalid signature value')).code, 'ODPS-0410042')
    assert.equal(parseErrorBody('{"Message":"ODPS-0130013:Authorization exception"}').code, 'ODPS-0130013')
  })

  for (const foreign of [
    '',
    '<html><body>Bad Gateway</body></html>',
    '{"error":"x"}',
    '{"Code":',
    '[]',
    'null',
    '{"Code":7}',
    '\u0000\uFFFD',
  ])
    test(`no error document: ${JSON.stringify(foreign)}`, () => {
      assert.equal(parseErrorBody(foreign).code, undefined)
    })
})

describe('what codes mean', () => {
  const request = { path: ['projects', 'p', 'tables', 't'], query: {} }
  const meaning = (code: string | undefined, status: number, message = ''): string => {
    const found = meaningOf({ code, message, requestId: undefined, holdMs: 0 }, status, request)
    return `${found.code} ${found.refusal}`
  }

  // [service code, HTTP status, our code, what may follow]; the status is misleading on purpose where there is a code
  const table: [string | undefined, number, string][] = [
    ['Unauthorized', 500, 'ODPS_UNAUTHORIZED final'],
    ['QuotaExceeded', 403, 'ODPS_THROTTLED busy'],
    ['TunnelQuotaExceeded', 403, 'ODPS_THROTTLED busy'],
    ['ExceedQuota', 400, 'ODPS_THROTTLED busy'],
    ['Throttling.User', 400, 'ODPS_THROTTLED busy'],
    ['SomethingElse', 403, 'ODPS_ACCESS_DENIED final'],
    ['SignatureNotMatch', 400, 'ODPS_UNAUTHORIZED final'],
    ['ODPS-0410042', 400, 'ODPS_UNAUTHORIZED final'],
    ['ODPS-0410051', 400, 'ODPS_UNAUTHORIZED final'],
    ['AuthenticationRequestExpired', 400, 'ODPS_CREDENTIALS_EXPIRED expired'],
    ['RequestTimeTooSkewed', 400, 'ODPS_CLOCK_SKEW skewed'],
    ['RequestTimeTooSkewd', 401, 'ODPS_CLOCK_SKEW skewed'],
    ['AccessDenied', 400, 'ODPS_ACCESS_DENIED final'],
    ['NoPermission', 403, 'ODPS_ACCESS_DENIED final'],
    ['ODPS-0130013', 400, 'ODPS_ACCESS_DENIED final'],
    ['NoSuchProject', 404, 'ODPS_NO_SUCH_PROJECT final'],
    ['NoSuchSchema', 404, 'ODPS_NO_SUCH_SCHEMA final'],
    ['nosuchtable', 500, 'ODPS_NO_SUCH_TABLE final'],
    ['ODPS-0130131', 400, 'ODPS_NO_SUCH_TABLE final'],
    ['NoSuchPartition', 404, 'ODPS_NO_SUCH_PARTITION final'],
    ['InvalidColumnSpec', 400, 'ODPS_NO_SUCH_COLUMN final'],
    ['MissingPartitionSpec', 400, 'ODPS_INVALID_PARTITION_SPEC final'],
    ['InvalidRowRange', 400, 'ODPS_INVALID_RANGE final'],
    ['NoSuchUpload', 404, 'ODPS_NO_SUCH_SESSION final'],
    ['NoSuchDownload', 404, 'ODPS_NO_SUCH_SESSION final'],
    ['StatusConflict', 409, 'ODPS_SESSION_STATUS final'],
    ['FlowExceeded', 400, 'ODPS_THROTTLED busy'],
    ['SlotExceeded', 429, 'ODPS_THROTTLED busy'],
    ['QPSExceeded', 403, 'ODPS_THROTTLED busy'],
    ['CorruptedDataStream', 400, 'ODPS_BLOCK_REFUSED body'],
    ['MalformedDataStream', 400, 'ODPS_BLOCK_REFUSED body'],
    ['IncompleteBody', 400, 'ODPS_BLOCK_REFUSED body'],
    ['SchemaModified', 412, 'ODPS_SCHEMA_CHANGED final'],
    ['TableModified', 400, 'ODPS_TABLE_MODIFIED final'],
    ['ServiceUnavailable', 400, 'ODPS_SERVICE_UNAVAILABLE busy'],
    ['InternalServerError', 400, 'ODPS_SERVICE_UNAVAILABLE broken'],
    ['RequestTimeOut', 400, 'ODPS_SERVICE_UNAVAILABLE broken'],
    ['MethodNotAllowed', 405, 'ODPS_SERVICE_ERROR final'],
    ['InvalidArgument', 400, 'ODPS_SERVICE_ERROR final'],
    ['SomethingNew', 500, 'ODPS_SERVICE_UNAVAILABLE broken'],
    ['SomethingNew', 429, 'ODPS_THROTTLED busy'],
    [undefined, 401, 'ODPS_UNAUTHORIZED final'],
    [undefined, 403, 'ODPS_ACCESS_DENIED final'],
    [undefined, 404, 'ODPS_SERVICE_ERROR final'],
    [undefined, 408, 'ODPS_SERVICE_UNAVAILABLE broken'],
    [undefined, 502, 'ODPS_SERVICE_UNAVAILABLE broken'],
    [undefined, 503, 'ODPS_SERVICE_UNAVAILABLE busy'],
    [undefined, 501, 'ODPS_SERVICE_ERROR final'],
    [undefined, 302, 'ODPS_SERVICE_ERROR final'],
  ]
  for (const [code, status, expected] of table)
    test(`${code} with HTTP ${status}`, () => {
      assert.equal(meaning(code, status), expected)
    })

  test('a refused credential whose text says expired', () => {
    const text = 'ODPS-0410051:Invalid credentials - the security token has expired'
    assert.equal(meaning('ODPS-0410051', 401, text), 'ODPS_CREDENTIALS_EXPIRED expired')
  })

  test('308 is a slot on another server where there are slots, and a redirect elsewhere', () => {
    const body = { code: undefined, message: undefined, requestId: undefined, holdMs: 0 }
    const refusal = (...below: string[]): string =>
      meaningOf(body, 308, { path: ['projects', 'p', 'tables', 't', ...below], query: {} }).refusal
    assert.deepEqual([refusal('streams'), refusal('upserts'), refusal()], ['busy', 'busy', 'final'])
  })

  test('NoSuchObject is what was asked for', () => {
    const body = { code: 'NoSuchObject', message: '', requestId: undefined, holdMs: 0 }
    const code = (path: string[], query: Record<string, string>): string =>
      meaningOf(body, 404, { path, query }).code
    assert.equal(code(['projects', 'p', 'tunnel'], {}), 'ODPS_NO_SUCH_PROJECT')
    assert.equal(code(['projects', 'p', 'tables', 't'], {}), 'ODPS_NO_SUCH_TABLE')
    assert.equal(code(['projects', 'p', 'tables', 't'], { partition: "a='1'" }), 'ODPS_NO_SUCH_PARTITION')
  })
})
