import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { type Emulator, startEmulator } from '../../../lib/emulator/index.js'
import { readXml, textAt } from '../../../lib/xml.js'
import { call } from '../emulator-client.js'

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
