import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { createRecordDecoder } from '../../../lib/codec/rows/record-decoder.js'
import { type Emulator, startEmulator } from '../../../lib/emulator/index.js'
import { parseDataType } from '../../../lib/schema/parse-data-type.js'
import { readXml, textAt } from '../../../lib/xml.js'
import { call, jsonOf } from '../emulator-client.js'
import { submit } from '../rest-calls.js'

interface ResultRecords {
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  readonly body: Buffer
}

interface ResultTable {
  /** Name and type. */
  readonly columns: readonly string[]
  readonly rows: readonly unknown[][]
}

export const decode = ({ columns, body }: ResultRecords): ResultTable => {
  const decoder = createRecordDecoder(
    columns.map(({ name, type }) => ({ name, type: parseDataType(type), nullable: true })),
    { json: 'text' },
  )
  const rows: unknown[][] = []
  decoder.push(body, rows)
  decoder.end()
  return { columns: columns.map(({ name, type }) => `${name} ${type}`), rows }
}

/** The text of a statement's result; throws that of its error. */
export class Session {
  readonly emulator: Emulator

  constructor(emulator: Emulator) {
    this.emulator = emulator
  }

  async run(sql: string, query = ''): Promise<string> {
    const body = Buffer.from(
      `<Instance><Job><Tasks><SQL><Name>T</Name><Query><![CDATA[${sql}]]></Query></SQL></Tasks></Job></Instance>`,
    )
    const path = `/projects/p/instances?${query}`
    const { headers } = await call(this.emulator.endpoint, 'POST', path, { body })
    const id = headers['location']!.split('/').at(-1)
    const answer = await call(this.emulator.endpoint, 'GET', `/projects/p/instances/${id}?result`)
    const root = readXml(answer.body.toString())
    const text = Buffer.from(textAt(root, 'Tasks', 'Task', 'Result') ?? '', 'base64').toString()
    if (textAt(root, 'Tasks', 'Task', 'Status') === 'Failed') throw new Error(text)
    return text
  }

  /** The rows of a statement's result as its download gives them, with the names and types of their columns. */
  async table(sql: string): Promise<ResultTable> {
    return decode(await this.download(sql))
  }

  /** The records of a statement's result; throws the error of a task that failed. */
  async download(sql: string): Promise<ResultRecords> {
    const id = await submit(this.emulator, sql)
    const path = `/projects/p/instances/${id}`
    const created = jsonOf(await call(this.emulator.tunnelEndpoint, 'POST', `${path}?downloads=`))
    if (created['DownloadID'] === undefined) throw new Error(String(created['Message']))
    const range = `(0,${created['RecordCount']})`
    const query = `data=&downloadid=${created['DownloadID']}&rowrange=${range}`
    const { body } = await call(this.emulator.tunnelEndpoint, 'GET', `${path}?${query}`)
    const { columns } = created['Schema'] as Pick<ResultRecords, 'columns'>
    return { columns, body }
  }

  rows(table: string): Promise<unknown[]> {
    return this.emulator.rows(table, undefined, { rowShape: 'array' })
  }

  async fails(sql: string, message: RegExp): Promise<void> {
    await assert.rejects(this.run(sql), { message })
  }
}

export const start = async (context: TestContext, options = {}): Promise<Session> => {
  const emulator = await startEmulator({ projects: ['p'], ...options })
  context.after(() => emulator.close())
  return new Session(emulator)
}
