import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ServiceRefusal } from '../../../lib/emulator/server/service-refusal.js'
import { parseXmlBody } from '../../../lib/emulator/xml/xml-body.js'
import { childOf } from '../../../lib/xml.js'

test('the job of PyODPS is read', () => {
  const root = parseXmlBody(
    '<?xml version="1.0" encoding="utf-8"?>\n<Instance>\n <Job>\n  <Priority>9</Priority><Tasks><SQL><Name>N</Name>' +
      '<Query><![CDATA[select \'<a>\' && "b";]]></Query></SQL></Tasks><DAG><RunMode>Sequence</RunMode></DAG></Job></Instance>\n',
  )
  const task = childOf(childOf(childOf(root, 'Job'), 'Tasks'), 'SQL')
  assert.equal(childOf(task, 'Query')?.text, 'select \'<a>\' && "b";')
})

test('entities are read as the Go client writes them', () =>
  assert.equal(parseXmlBody('<Query>a&#xA;&#34;b&#34; &lt;&#x4e2d;</Query>').text, 'a\n"b" <中'))

test('a body that is no XML is refused as the service does it', () => {
  assert.throws(
    () => parseXmlBody('<Instance><Job></Instance>'),
    error => {
      assert.ok(error instanceof ServiceRefusal)
      assert.deepEqual([error.status, error.serviceCode], [400, 'MalformedXML'])
      assert.match(error.message, /^The XML you provided was not well-formed: .* at position 15\.$/)
      return true
    },
  )
})
