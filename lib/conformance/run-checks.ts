import { AbortError } from '../abort.js'
import {
  TunnelError,
  TunnelOptionError,
  TunnelQueryError,
  TunnelRequestError,
  TunnelServiceError,
} from '../errors.js'
import type { TunnelResponse } from '../http/tunnel-response.js'
import { type Connection, connect, type TunnelOptions } from '../options.js'
import { parsePlace, type TableName, type TablePlace } from '../schema/table-name.js'
import { type Answer, describeAnswer } from './answer.js'
import type { Check, CheckContext, Question } from './check.js'
import { fillingOf } from './filling.js'
import { type CheckState, codeText, different, Finding, notAllowed, notAsked } from './finding.js'
import type { Plan } from './plan.js'
import { upload } from './sessions.js'
import { definitionOf, type TableKey } from './table-definitions.js'

/*
 * One check after the other, so that what the service says about one isn't the noise of another. A check that can't be asked
 * doesn't end the run: the next user wants to know about the rest. Tables are made when the first check needs them.
 */

export interface CheckResult {
  readonly id: string
  readonly sentence: string
  readonly state: CheckState
  /** What came instead, why it wasn't asked, or which of several assumed answers was seen. Free of names and data. */
  readonly what: string | undefined
  /** The service's own words. May hold names; not for a report, unless the user wants them there. */
  readonly detail: string | undefined
}

/** Of an answer so much is read at most; no check asks for more. */
const maxBodyBytes = 32 * 1024 * 1024

/** How often a service that is busy is asked, and how long is waited before the second time. */
const maxAsked = 4
const firstWaitMs = 1_000

export class CheckRun implements CheckContext {
  readonly connection: Connection
  readonly place: TablePlace
  readonly signal: AbortSignal
  readonly options: TunnelOptions
  readonly #plan: Plan
  readonly #opened: Connection[] = []
  readonly #prepared = new Map<TableKey, Promise<void>>()

  constructor(
    plan: Plan,
    { connection, options, signal }: Pick<CheckContext, 'connection' | 'options' | 'signal'>,
  ) {
    this.#plan = plan
    this.connection = connection
    this.options = options
    this.signal = signal
    this.place = parsePlace({}, connection)
  }

  table(key: TableKey): TableName {
    return this.#plan.tables.nameOf(key)
  }

  async ask(question: Question): Promise<Answer> {
    const { client = this.connection.client, body, ...rest } = question
    const { clock } = client
    for (let asked = 1; ; asked++) {
      const spec = {
        ...{
          ...rest,
          purpose: 'Asking',
          project: this.place.project,
          signal: this.signal,
          takesRefusals: true,
        },
        ...(body !== undefined && { body: [body] }),
      }
      const repeat = question.method === 'POST' ? 'never' : 'safe'
      const answer = await client.exchange({ ...spec, repeat }, readAnswer)
      if (answer.status < 500 && answer.status !== 429) return answer
      if (asked === maxAsked) throw notAsked(`the service was busy: ${describeAnswer(answer)}`)
      await clock.sleep(firstWaitMs * 2 ** (asked - 1), this.signal)
    }
  }

  connect(options: TunnelOptions): Connection {
    const connection = connect({ ...this.options, ...options })
    this.#opened.push(connection)
    return connection
  }

  /** @returns undefined when the run was stopped in the middle of it */
  async run(check: Check): Promise<CheckResult | undefined> {
    const { id, sentence } = check
    try {
      await this.prepare(check)
      const what = await check.run(this)
      return { id, sentence, state: 'as assumed', what, detail: undefined }
    } catch (error) {
      if (this.signal.aborted || error instanceof AbortError) return undefined
      const { state, what, detail } = findingOf(error)
      return { id, sentence, state, what, detail }
    }
  }

  /** Makes and fills the tables of a check; each is tried once. */
  async prepare({ tables }: Check): Promise<void> {
    for (const key of tables) {
      const prepared = this.#prepared.get(key) ?? this.#make(key)
      this.#prepared.set(key, prepared)
      await prepared
    }
  }

  async #make(key: TableKey): Promise<void> {
    try {
      await this.#plan.tables.create(key)
      if (definitionOf(key).rows !== undefined) await upload(this, this.table(key), [fillingOf(key)])
    } catch (error) {
      if (error instanceof AbortError) throw error
      const { state, what, detail } = findingOf(error)
      throw new Finding(state, `its table could not be made: ${what}`, detail)
    }
  }

  async close(): Promise<void> {
    for (const { client } of this.#opened) await client.close()
  }
}

const readAnswer = async ({ status, headers, body }: TunnelResponse): Promise<Answer> => {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of body) {
    chunks.push(chunk)
    length += chunk.length
    if (length > maxBodyBytes) throw different(`an answer of more than ${maxBodyBytes} bytes`)
  }
  return { status, headers, body: Buffer.concat(chunks) }
}

/** What an error says about the service. A mistake of ours says nothing, but must not end the run. */
const findingOf = (error: unknown): Finding => {
  if (error instanceof Finding) return error
  if (!(error instanceof TunnelError))
    return notAsked('the check itself failed: please report it', String(error))
  const { code, message } = error
  if (code === 'ODPS_ACCESS_DENIED') return notAllowed('a permission is missing', message)
  if (code === 'ODPS_MISSING_PACKAGE') return notAsked('a package for it is not installed', message)
  if (error instanceof TunnelRequestError && !(error instanceof TunnelServiceError))
    return notAsked(`no answer came (${code})`, message)
  if (error instanceof TunnelOptionError) return notAsked(`it can't be asked so (${code})`, message)
  if (error instanceof TunnelServiceError) {
    const said = `status ${error.statusCode}, ${codeText(error.serviceCode)}`
    return error.retryable ? notAsked(`the service was busy: ${said}`, message) : different(said, message)
  }
  if (error instanceof TunnelQueryError && error.serviceCode === 'ODPS-0130013')
    return notAllowed('a permission for the statement is missing', message)
  if (error instanceof TunnelQueryError && error.serviceCode !== undefined)
    return different(`the statement failed with ${codeText(error.serviceCode)}`, message)
  return different(`the library refuses the answer (${code})`, message)
}
