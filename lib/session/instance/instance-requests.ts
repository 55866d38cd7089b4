import type { RequestSpec } from '../../http/request-spec.js'
import type { TunnelClient } from '../../http/tunnel-client.js'
import { childOf, textAt, type XmlElement } from '../../xml.js'
import { unexpected } from '../answer-json.js'
import type { CallOptions } from '../call-options.js'
import { requestXml } from '../metadata.js'

/** A task of an instance: one statement. */
export interface TaskState {
  readonly name: string
  /** In lower case: `waiting`, `running`, `success`, `failed`, `suspended`, `cancelled`. */
  readonly state: string
}

/** What may be asked of one instance on the service (protocol 10.2, 10.3). */
export class InstanceRequests {
  readonly client: TunnelClient
  readonly project: string
  readonly instanceId: string
  /** `Running the query`, for messages. */
  readonly purpose: string
  #hasEnded = false

  constructor(client: TunnelClient, project: string, instanceId: string, purpose: string) {
    this.client = client
    this.project = project
    this.instanceId = instanceId
    this.purpose = purpose
  }

  /** Whether the service has said so. */
  get hasEnded(): boolean {
    return this.#hasEnded
  }

  /** In lower case: `running`, `suspended`, `terminated`; the last says only that it has ended, not how. */
  async status(call: CallOptions): Promise<string> {
    const status = textAt(await this.#ask({}, 'Instance', call), 'Status')?.trim()
    if (!status) throw unexpected(this.purpose, 'has no Status')
    const state = status.toLowerCase()
    this.#hasEnded = state === 'terminated'
    return state
  }

  async tasks(call: CallOptions): Promise<TaskState[]> {
    const root = await this.#ask({ taskstatus: '' }, 'Instance', call)
    return (childOf(root, 'Tasks')?.children ?? []).map(task => ({
      name: textAt(task, 'Name')?.trim() ?? '',
      state: textAt(task, 'Status')?.trim().toLowerCase() ?? '',
    }))
  }

  /** What its tasks have printed, or why they failed. */
  async result(call: CallOptions): Promise<string> {
    const root = await this.#ask({ result: '' }, 'Instance', call)
    const texts = (childOf(root, 'Tasks')?.children ?? []).map(task => textOf(childOf(task, 'Result')))
    return texts.filter(text => text !== '').join('\n')
  }

  /** How much of a task is done, from 0 to 1, over its stages; undefined while it has none. */
  async progress(taskName: string, call: CallOptions): Promise<number | undefined> {
    const query = { instanceprogress: taskName, taskname: taskName }
    const root = await this.#ask(query, undefined, call)
    const shares = root.children
      .filter(({ name }) => name === 'Stage')
      .map(stage => Number(textAt(stage, 'FinishedPercentage') || 0) / 100)
    if (shares.length === 0) return undefined
    const share = shares.reduce((sum, each) => sum + each, 0) / shares.length
    return share >= 0 && share <= 1 ? share : undefined
  }

  /** The job as it was submitted. */
  source(call: CallOptions): Promise<XmlElement> {
    return this.#ask({ source: '' }, undefined, call)
  }

  /** Sent once. @throws what the service refuses it with, as when the instance has ended */
  async stop(): Promise<void> {
    const body = [Buffer.from('<Instance><Status>Terminated</Status></Instance>')]
    const headers = { 'Content-Type': 'application/xml' }
    const spec = { ...this.#place, purpose: `Stopping instance ${this.instanceId}`, headers, body } as const
    await this.client.exchange({ ...spec, method: 'PUT', repeat: 'never' }, response => response.discard())
  }

  get #place(): Pick<RequestSpec, 'target' | 'project' | 'path'> {
    const { project, instanceId } = this
    return { target: 'service', project, path: ['projects', project, 'instances', instanceId] }
  }

  #ask(
    query: Readonly<Record<string, string>>,
    rootName: string | undefined,
    { signal, onRetry }: CallOptions,
  ): Promise<XmlElement> {
    const call = { purpose: this.purpose, query, signal, onRetry }
    return requestXml(this.client, { ...this.#place, ...call, method: 'GET', repeat: 'safe' }, rootName)
  }
}

const textOf = (element: XmlElement | undefined): string => {
  const text = element?.text.trim() ?? ''
  return element?.attributes['Transform'] === 'Base64' ? Buffer.from(text, 'base64').toString() : text
}
