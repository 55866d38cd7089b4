import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { cache, pinned } from './contender.js'
import type { ColumnText, Place } from './contenders/jobs.js'
import type { Replayed } from './contenders/replay.js'

export interface Traffic {
  /** Over all connections so far. */
  readonly wireBytes: number
  /** Of the rows since the last time it was asked; `none` of rows that were sent as they are. */
  readonly encodings: readonly string[]
  /** Answers with rows that the replay has. */
  readonly replayed: readonly Replayed[]
}

interface Started {
  readonly place: Place
  readonly url: string
  readonly replayUrl: string
}

/** The emulator in its own process, on another processor than the contenders. */
export class EmulatorProcess {
  readonly #child: ChildProcess
  readonly place: Place
  /** Of the server that keeps what is PUT and gives it back. */
  readonly floorUrl: string
  /** Of a tunnel that answers once by the emulator, and then as it did. */
  readonly replayUrl: string

  private constructor(child: ChildProcess, { place, url, replayUrl }: Started) {
    this.#child = child
    this.place = place
    this.floorUrl = url
    this.replayUrl = replayUrl
  }

  static async start(dataDir = ''): Promise<EmulatorProcess> {
    const program = join(cache, 'build/benchmarks/contenders/emulator.js')
    const { command, args } = pinned({ command: process.execPath, args: [program, dataDir] }, 0)
    const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    const [started] = await once(child, 'message')
    return new EmulatorProcess(child, started)
  }

  /** @param more a key, partition columns */
  async createTable(name: string, columns: readonly ColumnText[], more: object = {}): Promise<void> {
    await this.#ask({ createTable: { name, columns, ifNotExists: true, ...more } })
  }

  async traffic(): Promise<Traffic> {
    return this.#ask({})
  }

  async #ask(message: object): Promise<Traffic> {
    this.#child.send(message)
    const [answer] = await once(this.#child, 'message')
    return answer
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, 'exit')
    this.#child.disconnect()
    await ended
  }
}
