import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable, Writable } from 'node:stream'
import type { TestContext } from 'node:test'
import { commands } from '../../lib/cli/commands.js'
import { run } from '../../lib/cli/run.js'
import { type Emulator, type FaultSource, startEmulator } from '../../lib/emulator/index.js'

export interface CliResult {
  readonly code: number
  readonly stdout: string
  readonly stdoutBytes: Buffer
  readonly stderr: string
}

export interface CliCall {
  readonly stdin?: string | Uint8Array
  readonly environment?: Readonly<Record<string, string>>
  /** Called with what was printed on stderr so far, and a function that is Ctrl-C. */
  readonly onStderr?: (text: string, interrupt: () => void) => void
  /** Called with the function that is Ctrl-C, before the command starts. */
  readonly onStart?: (interrupt: () => void) => void
  readonly isTTY?: boolean
  /** stdin is a terminal, where somebody types. */
  readonly isTyped?: boolean
  /** What becomes of every write to stdout. */
  readonly stdoutError?: Error
}

/** An emulator, a folder of its own, and the command line in this process. */
export class CliBench {
  readonly emulator: Emulator
  readonly folder: string

  constructor(emulator: Emulator, folder: string) {
    this.emulator = emulator
    this.folder = folder
  }

  path(name: string): string {
    return join(this.folder, name)
  }

  async write(name: string, content: string | Uint8Array): Promise<string> {
    await writeFile(this.path(name), content)
    return this.path(name)
  }

  read(name: string): Promise<string> {
    return readFile(this.path(name), 'utf8')
  }

  /** Runs a command; resolves when it has ended. */
  async run(args: readonly string[], call: CliCall = {}): Promise<CliResult> {
    const handlers = new Set<() => void>()
    const interrupt = (): void => {
      for (const handler of handlers) handler()
    }
    const out = collector(() => {}, call.stdoutError)
    const err = collector(text => call.onStderr?.(text, interrupt))
    call.onStart?.(interrupt)
    const code = await run(commands, args, {
      stdin: Object.assign(Readable.from(call.stdin === undefined ? [] : [Buffer.from(call.stdin)]), {
        isTTY: call.isTyped ?? false,
      }),
      stdout: out.stream,
      stderr: Object.assign(err.stream, { isTTY: call.isTTY ?? false, columns: 100 }),
      environment: {
        ODPS_ENDPOINT: this.emulator.endpoint,
        ODPS_PROJECT: 'p',
        ALIBABA_CLOUD_ACCESS_KEY_ID: 'test-id',
        ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'test-secret',
        XDG_STATE_HOME: this.path('state'),
        XDG_CONFIG_HOME: this.path('config'),
        ...call.environment,
      },
      home: this.folder,
      onInterrupt: handler => {
        handlers.add(handler)
        return () => handlers.delete(handler)
      },
      exit: () => {},
    })
    return { code, stdout: out.text(), stdoutBytes: out.bytes(), stderr: err.text() }
  }

  /** Runs a command that has to succeed. */
  async ok(args: readonly string[], call: CliCall = {}): Promise<CliResult> {
    const result = await this.run(args, call)
    if (result.code !== 0) throw new Error(`odps-tunnel ${args.join(' ')}: ${result.code}\n${result.stderr}`)
    return result
  }

  /** All rows of a table, read without the command line. */
  async rows(table: string, partitionSpec?: string): Promise<unknown[]> {
    const { Tunnel } = await import('../../lib/tunnel.js')
    await using tunnel = new Tunnel({ endpoint: this.emulator.endpoint, project: 'p', credentials })
    const session = await tunnel.createDownloadSession({ table, partitionSpec })
    return session.recordCount === 0 ? [] : await session.download(0, session.recordCount)
  }

  /** Puts rows into a table without the command line. */
  async fill(table: string, rows: readonly unknown[], partitionSpec?: string): Promise<void> {
    const { Tunnel } = await import('../../lib/tunnel.js')
    await using tunnel = new Tunnel({ endpoint: this.emulator.endpoint, project: 'p', credentials })
    const session = await tunnel.createUploadSession({
      table,
      partitionSpec,
      createPartition: partitionSpec !== undefined,
    })
    await session.upload(0, rows)
    await session.commit()
  }
}

const credentials = { accessKeyId: 'test-id', accessKeySecret: 'test-secret' }

const collector = (onText: (text: string) => void = () => {}, failure?: Error) => {
  const chunks: Buffer[] = []
  const bytes = (): Buffer => Buffer.concat(chunks)
  const stream = new Writable({
    write(chunk: Buffer, _encoding, callback) {
      if (failure !== undefined && chunk.length > 0) return callback(failure)
      chunks.push(chunk)
      onText(bytes().toString())
      callback()
    },
  })
  return { stream, bytes, text: () => bytes().toString() }
}

export const cliBench = async (
  context: TestContext | { after(close: () => Promise<void>): void },
  { faults }: { readonly faults?: FaultSource } = {},
): Promise<CliBench> => {
  const emulator = await startEmulator({ credentials, projects: ['p'], faults })
  const folder = await mkdtemp(join(tmpdir(), 'odps-tunnel-cli-'))
  context.after(async () => {
    await emulator.close()
    await rm(folder, { recursive: true, force: true })
  })
  return new CliBench(emulator, folder)
}
