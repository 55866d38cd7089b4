import { readFileSync } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { TunnelOptionError } from '../../errors.js'

/*
 * Two emulators that write into one directory would each remove what the other's manifests don't name. A lock file with
 * the number of its process guards against that, and outlives a process that is killed; so it is taken over when no
 * such process lives, or one with another start time, because numbers are used again.
 */

/** Locks of this process, which looks alive to itself. */
const held = new Set<string>()

/**
 * Makes sure that one process uses a directory. The lock of a process that has died is taken over.
 * @returns the way to give it back
 * @throws TunnelOptionError ODPS_INVALID_OPTION
 */
export const lockDirectory = async (path: string): Promise<() => Promise<void>> => {
  if (held.has(path)) throw inUse(path, process.pid)
  held.add(path)
  try {
    await take(path, 2)
  } catch (error) {
    held.delete(path)
    throw error
  }
  return async () => {
    await rm(path, { force: true })
    held.delete(path)
  }
}

const take = async (path: string, attempts: number): Promise<void> => {
  try {
    await writeFile(path, JSON.stringify({ pid: process.pid, startedAt: startOf(process.pid) }), {
      flag: 'wx',
    })
  } catch (error) {
    if (!isCode(error, 'EEXIST') || attempts === 0) throw error
    const pid = await livingOwner(path)
    if (pid !== undefined) throw inUse(path, pid)
    await rm(path, { force: true })
    await take(path, attempts - 1)
  }
}

const livingOwner = async (path: string): Promise<number | undefined> => {
  const { pid, startedAt } = parseLock(await readFile(path, 'utf8').catch(() => ''))
  if (pid === undefined || pid === process.pid) return undefined
  try {
    process.kill(pid, 0)
  } catch (error) {
    if (isCode(error, 'ESRCH')) return undefined
  }
  return startOf(pid) === startedAt ? pid : undefined
}

const parseLock = (text: string): { pid?: number; startedAt?: string } => {
  try {
    const { pid, startedAt } = JSON.parse(text) as Record<string, unknown>
    return {
      ...(Number.isSafeInteger(pid) && { pid: pid as number }),
      ...(typeof startedAt === 'string' && { startedAt }),
    }
  } catch {
    return {}
  }
}

/** Tells a process from a later one with the same number, where the system shows when it started. */
const startOf = (pid: number): string | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return undefined
  }
}

export const isCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code

const inUse = (path: string, pid: number): TunnelOptionError =>
  new TunnelOptionError(
    'ODPS_INVALID_OPTION',
    `startEmulator: dataDir is in use by process ${pid} (${path}); stop that emulator or use another directory`,
  )
