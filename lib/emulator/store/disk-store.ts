import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { TunnelOptionError } from '../../errors.js'
import type { ServiceClock } from '../clock.js'
import { allSegments } from '../table.js'
import { isCode, lockDirectory } from './directory-lock.js'
import { createDiskBlock, DiskSegment } from './disk-segment.js'
import { formatManifest, parseManifest } from './manifest.js'
import type { SchemaState, TableState, TableStore } from './table-store.js'

/*
 * The promise is that of a database: after a kill or a power cut a table has the rows of before a change or of after
 * it. It rests on rename being atomic, and on files being synced before the manifest that names them, and their
 * directory after it.
 */

const manifestName = 'manifest.json'
const draftName = `${manifestName}.new`
const schemasName = 'schemas.json'
const idPattern = /^[0-9a-f]{32}$/
const segmentPattern = /^([0-9a-f]{32})\.(?:rec|idx)$/

/**
 * Tables that outlive the process. Under `<dataDir>/tables` each has a directory; a change writes its segments, then
 * swaps the manifest by one rename, so a killed process leaves the old table or the new one. What no manifest names is
 * removed at the next start.
 * @throws TunnelOptionError ODPS_INVALID_OPTION when the directory is in use or cannot be used.
 */
export const openDiskStore = async (dataDir: string, clock: ServiceClock): Promise<TableStore> => {
  const root = resolve(dataDir)
  const tables = join(root, 'tables')
  await mkdir(tables, { recursive: true }).catch(cause => {
    throw new TunnelOptionError('ODPS_INVALID_OPTION', `startEmulator: dataDir ${root} cannot be used`, {
      cause,
    })
  })
  const unlock = await lockDirectory(join(root, 'emulator.lock'))
  const directoryOf = (tableId: string): string => join(tables, tableId)
  return {
    load: () => loadTables(tables),
    save: state => saveTable(tables, directoryOf(state.id), state),
    remove: tableId => removeTable(tables, directoryOf(tableId)),
    createBlock: tableId => createDiskBlock(directoryOf(tableId), clock.randomBytes(16).toString('hex')),
    loadSchemas: () => loadSchemas(join(root, schemasName)),
    saveSchemas: schemas => replaceFile(root, schemasName, JSON.stringify({ format: 1, schemas })),
    close: unlock,
  }
}

const saveTable = async (tables: string, directory: string, state: TableState): Promise<void> => {
  await mkdir(directory, { recursive: true })
  for (const segment of allSegments(state)) if (segment instanceof DiskSegment) await segment.sync()
  await replaceFile(directory, manifestName, formatManifest(state))
  await syncDirectory(tables)
}

/** The file holds the old text or the new one, also when the process is killed meanwhile. */
const replaceFile = async (directory: string, name: string, text: string): Promise<void> => {
  const draft = join(directory, `${name}.new`)
  const file = await open(draft, 'w')
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await syncDirectory(directory)
  await rename(draft, join(directory, name))
  await syncDirectory(directory)
}

const loadSchemas = async (path: string): Promise<readonly SchemaState[]> => {
  const text = await readFile(path, 'utf8').catch(error => {
    if (isCode(error, 'ENOENT')) return undefined
    throw error
  })
  if (text === undefined) return []
  try {
    const { format, schemas } = JSON.parse(text) as { format: number; schemas: readonly SchemaState[] }
    if (format !== 1) throw new Error(`it has format ${format}, this emulator reads 1`)
    return schemas
  } catch (cause) {
    throw damaged(path, cause instanceof Error ? cause.message : String(cause), cause)
  }
}

/** Some systems cannot sync a directory; their renames are as safe as they get. */
const syncDirectory = async (path: string): Promise<void> => {
  const directory = await open(path).catch(() => undefined)
  await directory?.sync().catch(() => {})
  await directory?.close()
}

const removeTable = async (tables: string, directory: string): Promise<void> => {
  await rename(join(directory, manifestName), join(directory, draftName))
  await syncDirectory(directory)
  await syncDirectory(tables)
}

const loadTables = async (tables: string): Promise<TableState[]> => {
  const states: TableState[] = []
  for (const name of await readdir(tables)) {
    if (!idPattern.test(name)) continue
    const state = await loadTable(join(tables, name))
    if (state !== undefined) states.push(state)
  }
  return states
}

const loadTable = async (directory: string): Promise<TableState | undefined> => {
  const manifest = join(directory, manifestName)
  const text = await readFile(manifest, 'utf8').catch(error => {
    if (isCode(error, 'ENOENT')) return undefined
    throw error
  })
  if (text === undefined) {
    await rm(directory, { recursive: true, force: true })
    return undefined
  }
  const state = readManifest(manifest, text, directory)
  const named = new Set<string>()
  for (const segment of allSegments(state)) {
    if (!(segment instanceof DiskSegment) || !(await segment.isWhole()))
      throw damaged(manifest, 'one of its data files is missing or has a different size')
    named.add(segment.id)
  }
  await removeLeftovers(directory, named)
  return state
}

const readManifest = (manifest: string, text: string, directory: string): TableState => {
  try {
    return parseManifest(text, directory)
  } catch (cause) {
    throw damaged(manifest, cause instanceof Error ? cause.message : String(cause), cause)
  }
}

const removeLeftovers = async (directory: string, named: ReadonlySet<string>): Promise<void> => {
  for (const name of await readdir(directory)) {
    const id = segmentPattern.exec(name)?.[1]
    const isLeftover = id === undefined ? name === draftName : !named.has(id)
    if (isLeftover) await rm(join(directory, name), { force: true })
  }
}

const damaged = (manifest: string, what: string, cause?: unknown): TunnelOptionError =>
  new TunnelOptionError(
    'ODPS_INVALID_OPTION',
    `startEmulator: dataDir is damaged: ${manifest}: ${what}; restore it or remove it`,
    { cause },
  )
