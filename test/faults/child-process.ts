import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** A program of this directory in a process of its own. */
export class Child {
  readonly #process: ChildProcess
  readonly #exited: Promise<unknown>
  readonly #lines: AsyncIterator<string>
  #errors = ''

  constructor(program: string, args: readonly string[]) {
    const path = fileURLToPath(new URL(program, import.meta.url))
    this.#process = spawn(process.execPath, ['--import', 'tsx', path, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NODE_TEST_CONTEXT: '' },
    })
    this.#exited = once(this.#process, 'exit')
    this.#lines = createInterface({ input: this.#process.stdout! })[Symbol.asyncIterator]()
    this.#process.stderr?.on('data', chunk => {
      this.#errors += String(chunk)
    })
  }

  /** The next line that it prints; undefined when it has ended. */
  async line(): Promise<string | undefined> {
    const { done, value } = await this.#lines.next()
    return done ? undefined : value
  }

  /** What it wrote to stderr. */
  get errors(): string {
    return this.#errors
  }

  /** As `kill -9`: it gets no chance to tidy up. */
  async kill(): Promise<void> {
    this.#process.kill('SIGKILL')
    await this.#exited
  }

  /** Waits for its end. */
  async exited(): Promise<{ readonly code: number | null; readonly signal: string | null }> {
    await this.#exited
    return { code: this.#process.exitCode, signal: this.#process.signalCode }
  }
}
