import { randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Call } from '../call.js'
import type { OptionDefinition } from '../option-definition.js'
import type { Terminal } from '../terminal.js'
import { CliError } from '../usage-error.js'
import { type JournalEntry, parseEntry } from './entry.js'
import { type LockOwner, lockEntry, lockHolder } from './entry-lock.js'

export const journalOption: OptionDefinition = {
  name: 'session-dir',
  aliases: ['sd'],
  type: 'text',
  value: '<folder>',
  help: 'Folder of the transfer journal',
  fallback: '~/.local/state/odps-tunnel/transfers (in $XDG_STATE_HOME if set)',
}

export const journalDirectoryOf = ({ values, terminal }: Call): string =>
  values.text('session-dir') ?? defaultDirectory(terminal)

export interface JournalContent {
  readonly entries: readonly JournalEntry[]
  /** Paths of files that are no entries, or of another version. */
  readonly unreadable: readonly string[]
}

/** Transfers of this user, a file each. */
export class Journal {
  readonly directory: string

  constructor(directory: string) {
    this.directory = directory
  }

  /** In the order they were started. @throws never for a folder that is not there, or for files that cannot be read */
  async list(): Promise<JournalContent> {
    const names = (await readdir(this.directory).catch(() => [])).filter(name => name.endsWith('.json'))
    const found = await Promise.all(names.map(async name => [name, await this.#read(name)] as const))
    return {
      entries: found
        .flatMap(([, entry]) => entry ?? [])
        .sort((a, b) => a.startedAt.localeCompare(b.startedAt) || a.id.localeCompare(b.id)),
      unreadable: found
        .filter(([, entry]) => entry === undefined)
        .map(([name]) => join(this.directory, name))
        .sort(),
    }
  }

  /** Writes the entry whole, so that a crash leaves the one before. */
  async save(entry: JournalEntry): Promise<void> {
    entry.updatedAt = new Date().toISOString()
    const path = join(this.directory, `${entry.id}.json`)
    const draft = `${path}.${randomBytes(4).toString('hex')}.tmp`
    await this.#write(async () => {
      await writeFile(draft, `${JSON.stringify(entry)}\n`, { mode: 0o600, flag: 'wx' })
      await rename(draft, path)
    })
  }

  /** Forgets a transfer, and the file that it has not completed. */
  async remove({ id, part }: JournalEntry): Promise<void> {
    if (part !== undefined) await rm(part, { force: true })
    await rm(join(this.directory, `${id}.json`), { force: true })
    await rm(this.#lockOf(id), { force: true })
  }

  /** @returns the way to give the lock back, or who holds it */
  async lock(id: string): Promise<(() => Promise<void>) | LockOwner> {
    return this.#write(() => lockEntry(this.#lockOf(id)))
  }

  /** A transfer that says it is running, and whose process has died, was interrupted. */
  async #read(name: string): Promise<JournalEntry | undefined> {
    const entry = parseEntry(await readFile(join(this.directory, name), 'utf8').catch(() => ''))
    if (entry === undefined || `${entry.id}.json` !== name) return undefined
    if (entry.state !== 'running') return entry
    const holder = await lockHolder(this.#lockOf(entry.id))
    return holder === undefined ? { ...entry, state: 'interrupted' } : { ...entry, pid: holder.pid }
  }

  #lockOf(id: string): string {
    return join(this.directory, `${id}.lock`)
  }

  /** Of a write to a full disk the system doesn't say where it was. */
  async #write<T>(write: () => Promise<T>): Promise<T> {
    try {
      await mkdir(this.directory, { recursive: true, mode: 0o700 })
      return await write()
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      throw new CliError(
        `the transfer journal in ${this.directory} cannot be written: ${reason}`,
        'Make room in this folder, or use another with --session-dir <folder>',
        { cause: error },
      )
    }
  }
}

const defaultDirectory = ({ environment, home }: Terminal): string =>
  join(environment['XDG_STATE_HOME'] || join(home, '.local', 'state'), 'odps-tunnel', 'transfers')
