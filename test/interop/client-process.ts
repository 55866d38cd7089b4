import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/** How to run a client program that is installed. */
export interface ClientCommand {
  readonly command: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

/** What a client raised: the name of its class, and the service's code and HTTP status where the client keeps them. */
export class ClientError extends Error {
  readonly kind: string
  readonly code: string | null
  readonly status: number | null

  constructor(op: string, parts: { kind: string; code?: string; status?: number; message?: string }) {
    super(`${op}: ${parts.kind}: ${parts.message ?? ''}`)
    this.kind = parts.kind
    this.code = parts.code ?? null
    this.status = parts.status ?? null
  }
}

interface Answer {
  readonly id: number
  readonly value?: unknown
  readonly error?: { kind: string; code?: string; status?: number; message?: string }
}

interface Waiting {
  readonly op: string
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

const keptOutput = 8_000

/** A client program: one process for all jobs, a line of JSON each way. Jobs run one after the other. */
export class ClientProcess {
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, Waiting>()
  #output = ''
  #lastId = 0
  #ended: Error | undefined

  constructor({ command, args, env: own }: ClientCommand) {
    const env = { ...process.env, ...own, TZ: 'UTC', NO_PROXY: '127.0.0.1', no_proxy: '127.0.0.1' }
    this.#child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], env })
    this.#child.stdin!.on('error', () => {})
    this.#child.stderr!.on('data', chunk => {
      this.#output = (this.#output + chunk).slice(-keptOutput)
    })
    this.#child.on('error', error => this.#end(error))
    this.#child.on('close', code => this.#end(new Error(`the client ended with ${code}\n${this.#output}`)))
    createInterface({ input: this.#child.stdout! }).on('line', line => this.#settle(line))
  }

  #settle(line: string): void {
    const answer = JSON.parse(line) as Answer
    const waiting = this.#waiting.get(answer.id)
    this.#waiting.delete(answer.id)
    if (answer.error === undefined) waiting?.resolve(answer.value)
    else waiting?.reject(new ClientError(waiting.op, answer.error))
  }

  #end(error: Error): void {
    this.#ended ??= error
    for (const { op, reject } of this.#waiting.values()) reject(new Error(`${op}: ${error.message}`))
    this.#waiting.clear()
  }

  /** Runs a job of the client program. @throws ClientError what the client raised */
  call<T>(op: string, job: object = {}): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== undefined) {
        reject(this.#ended)
        return
      }
      const id = ++this.#lastId
      this.#waiting.set(id, { op, resolve: value => resolve(value as T), reject })
      this.#child.stdin!.write(`${JSON.stringify({ id, op, ...job })}\n`)
    })
  }

  async close(): Promise<void> {
    if (this.#ended !== undefined) return
    const closed = new Promise(resolve => this.#child.once('close', resolve))
    this.#child.stdin!.end()
    await closed
  }
}
