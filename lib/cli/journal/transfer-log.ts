import type { Call } from '../call.js'
import { CliError } from '../usage-error.js'
import { Journal, type JournalEntry } from './journal.js'

const saveIntervalMs = 1000

/** The journal's entry of one transfer, written while it runs. */
export class TransferLog {
  readonly #call: Call
  readonly #journal: Journal
  #entry: JournalEntry | undefined
  #timer: NodeJS.Timeout | undefined
  #saving: Promise<void> = Promise.resolve()
  #changed = false
  /** Rows in files. */
  #written = 0

  constructor(call: Call, directory: string) {
    this.#call = call
    this.#journal = new Journal(directory)
  }

  /** The arguments that would start the same transfer. */
  args(command: string): string[] {
    return [command, ...this.#call.args.filter(arg => !/^--?resume$/.test(arg))]
  }

  /** @throws CliError when there is no such transfer to go on with */
  async findFormer(wanted: Pick<JournalEntry, 'kind' | 'target' | 'paths'>): Promise<JournalEntry> {
    const entries = await this.#journal.list()
    const former = entries
      .filter(
        ({ kind, target, paths }) =>
          kind === wanted.kind && target === wanted.target && sameList(paths, wanted.paths),
      )
      .at(-1)
    if (
      former !== undefined &&
      former.state !== 'done' &&
      !(former.state === 'running' && former.pid !== process.pid)
    )
      return former
    throw new CliError(
      former?.state === 'running'
        ? `the transfer ${former.id} is still running, as process ${former.pid}`
        : `there is no interrupted ${wanted.kind} of these files with ${wanted.target}`,
      former?.state === 'running'
        ? 'Wait for it, or stop it first'
        : "See 'odps-tunnel sessions list', or leave --resume out",
    )
  }

  async begin(entry: JournalEntry): Promise<JournalEntry> {
    const { error: _error, ...rest } = entry
    this.#entry = { ...rest, pid: process.pid, state: 'running' }
    this.#written = entry.rows
    await this.#journal.save(this.#entry)
    this.#timer = setInterval(() => this.#save(), saveIntervalMs).unref()
    return this.#entry
  }

  get entry(): JournalEntry {
    return this.#entry!
  }

  update(changes: Partial<JournalEntry>): void {
    Object.assign(this.#entry!, changes)
    this.#changed = true
  }

  /** A download begins to read a partition. */
  startPart(path: string, partition: string, sessionId: string, recordCount: number, rows: number): void {
    const bytes = this.#entry!.checkpoint?.path === path ? this.#entry!.checkpoint.bytes : 0
    this.update({ checkpoint: { path, partition, sessionId, recordCount, rows, bytes } })
  }

  /** A download has written more rows of the partition it reads. */
  advance(bytes: number, rows: number): void {
    const { checkpoint } = this.#entry!
    this.#written += rows
    if (checkpoint !== undefined)
      this.update({ rows: this.#written, checkpoint: { ...checkpoint, bytes, rows: checkpoint.rows + rows } })
  }

  /** A file of a download is complete. */
  finish(path: string): void {
    const { checkpoint: _checkpoint, ...entry } = this.#entry!
    this.#entry = { ...entry, finished: [...(entry.finished ?? []), path] }
    this.#changed = true
  }

  /** Writes what is new at once. */
  async flush(): Promise<void> {
    this.#save()
    await this.#saving
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    if (this.#entry !== undefined) await this.flush()
  }

  reportInterrupted(what: string): void {
    const command = ['odps-tunnel', ...this.#entry!.args, '--resume'].map(quoteArgument).join(' ')
    if (this.#call.json) this.#call.event('interrupted', { id: this.#entry!.id, resume: command })
    else this.#call.terminal.stderr.write(`Interrupted. ${what}\n  next: ${command}\n`)
  }

  #save(): void {
    if (!this.#changed) return
    this.#changed = false
    const entry = this.#entry!
    this.#saving = this.#saving.then(() => this.#journal.save(entry)).catch(() => {})
  }
}

const sameList = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((each, i) => each === b[i])

/** For a POSIX shell. */
export const quoteArgument = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
