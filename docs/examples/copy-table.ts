/*
 * Copies a table and can be killed at any moment: what is committed, and what is about to be, is saved in a file. Started again
 * with the same file it goes on behind the last partition that was committed, and copies no row twice.
 *
 *   await using tunnel = new Tunnel()
 *   const result = await copyWithFile(tunnel, {
 *     from: { table: 'flights', partitions: 'all' },
 *     to: { table: 'flights_copy' },
 *     createTable: true,
 *   }, 'flights.copy.json')
 */
import { open, readFile, rename } from 'node:fs/promises'
import type { CopyResult, CopyTableOptions, Tunnel } from 'odps-tunnel'

/** @param path where the result is saved; delete the file to copy everything again */
export const copyWithFile = async (
  tunnel: Tunnel,
  options: CopyTableOptions,
  path: string,
): Promise<CopyResult> =>
  tunnel.copyTable({ ...options, resume: await readResult(path), onResult: result => save(path, result) })

const readResult = async (path: string): Promise<CopyResult | undefined> => {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as CopyResult
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Writes it whole and to the disk, so that a crash leaves this one or the one before. */
const save = async (path: string, result: CopyResult): Promise<void> => {
  const draft = await open(`${path}.tmp`, 'w', 0o600)
  try {
    await draft.writeFile(JSON.stringify(result))
    await draft.sync()
  } finally {
    await draft.close()
  }
  await rename(`${path}.tmp`, path)
}
