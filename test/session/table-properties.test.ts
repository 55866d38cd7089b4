import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { readTableProperties } from '../../lib/session/table-properties.js'
import { createClient, startServer, text } from '../http/scripted-server.js'

const name = { project: 'p', schemaName: 's', table: 't' }

const answered = (reserved: unknown): string =>
  `<Table><Schema><![CDATA[${JSON.stringify({ Reserved: reserved })}]]></Schema></Table>`

// PyODPS and the Java client read these fields: PrimaryKey is a list, the others are text, and what isn't there is not set.
describe('readTableProperties', () => {
  const cases: [what: string, reserved: unknown, primaryKey: string[] | undefined, properties: object][] = [
    [
      'a key of two columns, in its order',
      '{"Transactional":"true","PrimaryKey":["b","a"],"acid.data.retain.hours":"24"}',
      ['b', 'a'],
      { transactional: 'true', 'acid.data.retain.hours': '24' },
    ],
    ['transactional, with no key', '{"Transactional":"TRUE"}', [], { transactional: 'true' }],
    ['a plain table', '{"schema_version":"1","Transactional":"false","acid.data.retain.hours":"-1"}', [], {}],
    ['an older table', '{}', [], {}],
    ['a service that does not tell', undefined, undefined, {}],
    ['empty text', '', undefined, {}],
  ]
  for (const [what, reserved, primaryKey, properties] of cases)
    test(what, async t => {
      const server = await startServer(t, [text(answered(reserved))])
      assert.deepEqual(await readTableProperties(createClient(t, server.url), name), {
        primaryKey,
        properties,
      })
      const [seen] = server.requests
      assert.deepEqual([seen!.path, seen!.query.has('extended')], ['/api/projects/p/tables/t', true])
      assert.equal(seen!.query.get('curr_schema'), 's')
    })

  for (const reserved of [
    '{',
    '[]',
    '7',
    '{"PrimaryKey":"id"}',
    '{"PrimaryKey":[1]}',
    '{"PrimaryKey":[""]}',
    7,
  ])
    test(`is not understood: ${JSON.stringify(reserved)}`, async t => {
      const server = await startServer(t, [text(answered(reserved))])
      await assert.rejects(readTableProperties(createClient(t, server.url), name), {
        code: 'ODPS_UNEXPECTED_ANSWER',
        message: /^Reading the extended description of p\.s\.t: the response /,
      })
    })
})
