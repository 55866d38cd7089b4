import { randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Terminal } from '../terminal.js'

export type TransferState = 'running' | 'done' | 'failed' | 'interrupted'

export interface DownloadCheckpoint {
  readonly path: string
  readonly bytes: number
  /** The partition that is being read, and how many of its rows are written. */
  readonly partition: string
  readonly rows: number
  readonly sessionId: string
  readonly recordCount: number
}

/** One transfer, as the journal keeps it. It holds no credentials and no rows. */
export interface JournalEntry {
  readonly id: string
  readonly kind: 'upload' | 'download'
  /** The arguments of the command line. */
  readonly args: readonly string[]
  readonly directory: string
  readonly pid: number
  /** `project.schema.table`, with the partition behind a slash. */
  readonly target: string
  readonly paths: readonly string[]
  readonly startedAt: string
  updatedAt: string
  state: TransferState
  rows: number
  badRecords: number
  error?: string
  /** The session of an upload. */
  sessionId?: string
  /** Upload: what the blocks were cut by, so that a resumed upload cuts the same. */
  blockBytes?: number
  /** Upload: CRC-32 of each MiB that was read, by which a resumed upload knows the same input. */
  inputChecksums?: number[]
  /** Download: the file that is being written, how many of its bytes are complete records, and where it goes on. */
  checkpoint?: DownloadCheckpoint
  /** Download: files that are complete. */
  finished?: string[]
}

/** Transfers of this user, a file each. */
export class Journal {
  readonly directory: string

  constructor(directory: string) {
    this.directory = directory
  }

  /** @throws never for a folder that is not there; entries that cannot be read are passed over */
  async list(): Promise<JournalEntry[]> {
    const names = await readdir(this.directory).catch(() => [])
    const entries = await Promise.all(
      names.filter(name => name.endsWith('.json')).map(name => this.#read(name)),
    )
    return entries
      .filter(entry => entry !== undefined)
      .map(entry =>
        entry.state === 'running' && !isAlive(entry.pid)
          ? { ...entry, state: 'interrupted' as const }
          : entry,
      )
      .sort((a, b) => a.startedAt.localeCompare(b.startedAt) || a.id.localeCompare(b.id))
  }

  async find(id: string): Promise<JournalEntry | undefined> {
    const entries = await this.list()
    return entries.find(entry => entry.id === id) ?? entries.find(entry => entry.id.startsWith(id))
  }

  /** Writes the entry whole, so that a crash leaves the one before. */
  async save(entry: JournalEntry): Promise<void> {
    entry.updatedAt = new Date().toISOString()
    await mkdir(this.directory, { recursive: true, mode: 0o700 })
    const path = join(this.directory, `${entry.id}.json`)
    const draft = `${path}.${process.pid}.tmp`
    await writeFile(draft, `${JSON.stringify(entry)}\n`, { mode: 0o600 })
    await rename(draft, path)
  }

  async remove(id: string): Promise<void> {
    await rm(join(this.directory, `${id}.json`), { force: true })
  }

  async #read(name: string): Promise<JournalEntry | undefined> {
    try {
      const entry = JSON.parse(await readFile(join(this.directory, name), 'utf8')) as JournalEntry
      return typeof entry.id === 'string' && Array.isArray(entry.args) ? entry : undefined
    } catch {
      return undefined
    }
  }
}

const isAlive = (pid: number): boolean => {
  if (pid === process.pid) return true
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

export const defaultJournalDirectory = ({ environment, home }: Terminal): string =>
  join(environment['XDG_STATE_HOME'] || join(home, '.local', 'state'), 'odps-tunnel', 'transfers')

export const newEntry = (
  fields: Pick<JournalEntry, 'kind' | 'args' | 'target' | 'paths'>,
  now = new Date(),
): JournalEntry => ({
  ...fields,
  id: `${now.toISOString().replaceAll(/[-:T]/g, '').slice(0, 14)}-${randomBytes(2).toString('hex')}`,
  directory: process.cwd(),
  pid: process.pid,
  startedAt: now.toISOString(),
  updatedAt: now.toISOString(),
  state: 'running',
  rows: 0,
  badRecords: 0,
})
