import assert from 'node:assert/strict'
import type { Emulator } from '../../lib/emulator/index.js'
import { readXml, textAt, type XmlElement } from '../../lib/xml.js'
import { call, type Reply } from './emulator-client.js'

export const get = (emulator: Emulator, path: string): Promise<Reply> => call(emulator.endpoint, 'GET', path)

export const xmlOf = (reply: Reply): XmlElement => {
  assert.match(reply.headers['content-type'] ?? '', /application\/xml/)
  return readXml(reply.body.toString())
}

/** A refusal in the form of the service: XML with four elements, the request id that of the header. */
export const refused = (reply: Reply, status: number, code: string): void => {
  const error = xmlOf(reply)
  assert.equal(`${reply.status} ${textAt(error, 'Code')}`, `${status} ${code}`)
  assert.deepEqual(
    error.children.map(child => child.name),
    ['Code', 'Message', 'RequestId', 'HostId'],
  )
  assert.equal(textAt(error, 'RequestId'), reply.headers['x-odps-request-id'])
}

/** Runs SQL and gives the task's status and its result text. */
export const runSql = async (emulator: Emulator, sql: string, settings = '{}'): Promise<[string, string]> => {
  const id = await submit(emulator, sql, settings)
  const task = xmlOf(await get(emulator, `/projects/p/instances/${id}?result`)).children[0]!.children[0]!
  assert.equal(task.attributes['Type'], 'SQL')
  const result = task.children.find(child => child.name === 'Result')
  assert.equal(result?.attributes['Transform'], 'Base64')
  return [textAt(task, 'Status') ?? '', Buffer.from(result?.text ?? '', 'base64').toString()]
}

/** Submits a job and gives its id. */
export const submit = async (emulator: Emulator, sql: string, settings = '{}'): Promise<string> => {
  const body = Buffer.from(
    '<?xml version="1.0" encoding="utf-8"?><Instance><Job><Priority>9</Priority><Tasks><SQL><Name>MyTask</Name>' +
      `<Config><Property><Name>settings</Name><Value>${settings}</Value></Property></Config>` +
      `<Query><![CDATA[${sql.replaceAll(']]>', ']]]]><![CDATA[>')}]]></Query></SQL></Tasks><DAG><RunMode>Sequence</RunMode></DAG></Job></Instance>`,
  )
  const headers = { 'Content-Type': 'application/xml' }
  const reply = await call(emulator.endpoint, 'POST', '/projects/p/instances?curr_project=p', {
    body,
    headers,
  })
  assert.deepEqual([reply.status, reply.body.length], [201, 0])
  const location = new URL(reply.headers['location'] ?? '')
  assert.equal(location.origin, emulator.tunnelEndpoint)
  return location.pathname.split('/').at(-1)!
}
