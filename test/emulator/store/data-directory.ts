import { readdirSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { type Emulator, startEmulator } from '../../../lib/emulator/index.js'

/** Runs a test with a data directory of its own. */
export const withDirectory = async (run: (dataDir: string) => Promise<void>): Promise<void> => {
  const directory = await mkdtemp(join(tmpdir(), 'odps-tunnel-'))
  try {
    await mkdir(join(directory, 'data'))
    await run(join(directory, 'data'))
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

export const start = (dataDir: string): Promise<Emulator> => startEmulator({ dataDir, projects: ['p'] })

/** By directory entries alone: a file may be deleted while this looks. */
export const filesIn = (dataDir: string): string[] =>
  readdirSync(dataDir, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => relative(dataDir, join(entry.parentPath, entry.name)))

export const segmentsIn = (dataDir: string): string[] =>
  filesIn(dataDir).filter(name => name.endsWith('.rec'))
