import type { Call } from '../call.js'
import { CliError } from '../usage-error.js'
import { type JournalEntry, newEntry } from './entry.js'
import { Journal } from './journal.js'
import { differencesOf } from './proof.js'

/*
 * The entry of a running transfer on disk. What has changed is written once per second, and at once where a resumed run
 * will rely on it. An entry is locked while its transfer runs: two processes that went on with the same one would send,
 * or write, the same rows.
 */

const saveIntervalMs = 1000

/** What makes two runs one transfer. */
export type Identity = Pick<JournalEntry, 'kind' | 'target' | 'paths' | 'proof' | 'partitions'>

/** The journal's entry of one transfer, locked and written while it runs. */
export class TransferLog {
  readonly #call: Call
  readonly #journal: Journal
  #entry: JournalEntry | undefined
  #unlock: (() => Promise<void>) | undefined
  #timer: NodeJS.Timeout | undefined
  #saving: Promise<void> | undefined
  #changed = false

  constructor(call: Call, directory: string) {
    this.#call = call
    this.#journal = new Journal(directory)
  }

  /**
   * Begins an entry, or goes on with one.
   * @returns the entry as a former run has left it, with --resume
   * @throws CliError when there is none to go on with, or when it is another transfer
   */
  async begin(identity: Identity): Promise<JournalEntry | undefined> {
    const former = this.#call.values.flag('resume') ? await this.#takeFormer(identity) : undefined
    const entry = former ?? newEntry({ ...identity, args: this.#args(identity.kind) })
    if (former === undefined) await this.#lock(entry)
    this.#entry = { ...entry, pid: process.pid, state: 'running', error: undefined }
    await this.#journal.save(this.#entry)
    this.#timer = setInterval(() => void this.#save(), saveIntervalMs).unref()
    return former
  }

  get entry(): JournalEntry {
    return this.#entry!
  }

  update(changes: Partial<JournalEntry>): void {
    Object.assign(this.#entry!, changes)
    this.#changed = true
  }

  /** Writes what is new at once. */
  async flush(): Promise<void> {
    await this.#saving
    await this.#save()
  }

  /** Writes it at once. @throws when it can't be written, where going on without it would do harm */
  async save(): Promise<void> {
    await this.#saving
    await this.#journal.save(this.#entry!)
  }

  /** Lets go of the entry. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    if (this.#entry !== undefined) await this.flush()
    await this.#unlock?.()
    this.#unlock = undefined
  }

  /** What goes on with this transfer; undefined before it has begun. */
  get resumeCommand(): string | undefined {
    return this.#entry && formatCommand([...this.#entry.args, '--resume'])
  }

  /** The arguments that would start the same transfer. */
  #args(command: string): string[] {
    const word = this.#call.isOdpscmd ? ['tunnel'] : []
    return [...word, command, ...this.#call.args.filter(arg => !/^--?resume(=.*)?$/.test(arg))]
  }

  async #takeFormer(wanted: Identity): Promise<JournalEntry> {
    const chosen = this.#choose(wanted, await this.#read())
    await this.#lock(chosen)
    // Another process may have gone on with it before it was locked; one that says it is running is ours now.
    const former = (await this.#read()).find(({ id }) => id === chosen.id)
    if (former === undefined || former.state === 'done') throw this.#isOver(chosen)
    const differences = differencesOf(former.proof, wanted.proof)
    if (differences.length === 0) return former
    throw new CliError(
      `this ${wanted.kind} differs from the interrupted one (${former.id}): ${differences.join('; ')}`,
      `'odps-tunnel resume ${former.id}' continues that one; to start over, leave --resume out`,
    )
  }

  /** The one that is named, else the latest that can be the same; else the latest, for the error that says why not. */
  #choose(wanted: Identity, entries: readonly JournalEntry[]): JournalEntry {
    const { resumes } = this.#call
    const named = entries.find(({ id }) => id === resumes)
    if (named !== undefined) return named
    const alike = entries.filter(
      ({ kind, target, paths }) =>
        kind === wanted.kind && target === wanted.target && sameList(paths, wanted.paths),
    )
    const equal = alike.filter(({ proof }) => differencesOf(proof, wanted.proof).length === 0).at(-1)
    const chosen = equal ?? alike.filter(({ state }) => state !== 'done').at(-1)
    if (chosen !== undefined && chosen.state !== 'done') return chosen
    throw new CliError(
      `there is no interrupted ${wanted.kind} with these files and ${wanted.target}`,
      "See 'odps-tunnel sessions list', or leave --resume out",
    )
  }

  async #read(): Promise<readonly JournalEntry[]> {
    return (await this.#journal.list()).entries
  }

  async #lock({ id }: JournalEntry): Promise<void> {
    await this.#unlock?.()
    const taken = await this.#journal.lock(id)
    if (typeof taken === 'function') {
      this.#unlock = taken
      return
    }
    throw new CliError(
      `the transfer ${id} is still running, as process ${taken.pid} on ${taken.host}`,
      'Wait for it to end, or stop it first',
    )
  }

  #isOver({ id }: JournalEntry): CliError {
    return new CliError(`the transfer ${id} has finished`, "See 'odps-tunnel sessions list'")
  }

  /** What cannot be written is lost: a resumed transfer then does more of the work again. */
  #save(): Promise<void> {
    if (this.#saving !== undefined || !this.#changed) return this.#saving ?? Promise.resolve()
    this.#changed = false
    this.#saving = this.#journal
      .save(this.#entry!)
      .catch(() => {})
      .finally(() => {
        this.#saving = undefined
      })
    return this.#saving
  }
}

const sameList = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((each, i) => each === b[i])

export const formatCommand = (args: readonly string[]): string =>
  ['odps-tunnel', ...args].map(quoteArgument).join(' ')

/** For a POSIX shell. */
const quoteArgument = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
