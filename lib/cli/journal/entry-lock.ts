import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'

/*
 * One process works on an entry of the journal. Its lock is a file that only one can make, and that says who did. The lock
 * of a process that has died is moved aside before a new one is made: of several that find it, one moves it, and who finds
 * that it has moved a newer one puts that back.
 */
export interface LockOwner {
  readonly pid: number
  readonly host: string
  /** Tells a process from a later one with the same number, where the system shows when it started. */
  readonly bornAt: string | undefined
}

/** Locks of this process, which looks alive to itself. */
const held = new Set<string>()

/** @returns the way to give it back, or who holds it */
export const lockEntry = async (path: string): Promise<(() => Promise<void>) | LockOwner> => {
  if (held.has(path)) return ourselves()
  held.add(path)
  try {
    for (let attempts = 0; attempts < 5; attempts++) {
      const owner = await takeLock(path)
      if (owner === undefined)
        return async () => {
          await rm(path, { force: true })
          held.delete(path)
        }
      if (isAlive(owner)) {
        held.delete(path)
        return owner
      }
      await moveAside(path, owner)
    }
    throw new Error(`${path} is held by one process after another`)
  } catch (error) {
    held.delete(path)
    throw error
  }
}

/** Who holds a lock, if it is alive. */
export const lockHolder = async (path: string): Promise<LockOwner | undefined> => {
  if (held.has(path)) return ourselves()
  const owner = await readOwner(path)
  return owner !== undefined && isAlive(owner) ? owner : undefined
}

const ourselves = (): LockOwner => ({ pid: process.pid, host: hostname(), bornAt: birthOf(process.pid) })

const takeLock = async (path: string): Promise<LockOwner | undefined> => {
  try {
    await writeFile(path, JSON.stringify(ourselves()), { flag: 'wx', mode: 0o600 })
    return undefined
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error
    return (await readOwner(path)) ?? nobody
  }
}

/** Of a lock that is empty or gone meanwhile. */
const nobody: LockOwner = { pid: 0, host: hostname(), bornAt: undefined }

const moveAside = async (path: string, dead: LockOwner): Promise<void> => {
  const aside = `${path}.${randomBytes(4).toString('hex')}`
  try {
    await rename(path, aside)
  } catch (error) {
    if (isCode(error, 'ENOENT')) return
    throw error
  }
  const moved = (await readOwner(aside)) ?? nobody
  if (moved.pid !== dead.pid || moved.bornAt !== dead.bornAt) await link(aside, path).catch(() => {})
  await rm(aside, { force: true })
}

const readOwner = async (path: string): Promise<LockOwner | undefined> => {
  try {
    const { pid, host, bornAt } = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>
    if (!Number.isSafeInteger(pid) || typeof host !== 'string') return undefined
    return { pid: pid as number, host, bornAt: typeof bornAt === 'string' ? bornAt : undefined }
  } catch {
    return undefined
  }
}

/** What another machine does cannot be seen from here, so its lock counts. */
const isAlive = ({ pid, host, bornAt }: LockOwner): boolean => {
  if (host !== hostname()) return true
  if (pid === 0 || pid === process.pid) return false
  try {
    process.kill(pid, 0)
  } catch (error) {
    if (isCode(error, 'ESRCH')) return false
  }
  return birthOf(pid) === bornAt
}

const birthOf = (pid: number): string | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return undefined
  }
}

const isCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code
