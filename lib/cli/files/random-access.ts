import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FileCompression } from '../formats/file-format.js'
import type { ByteInput } from './byte-input.js'

/** A file to read anywhere; what can be read once only, or is compressed, is put into a temporary one. */
export interface RandomAccess {
  readonly path: string
  readonly size: number
  readonly close: () => Promise<void>
}

export const openRandomAccess = async (
  input: ByteInput,
  compression: FileCompression,
): Promise<RandomAccess> => {
  if (!input.isReadOnce && compression === 'none' && input.size !== undefined)
    return { path: input.path, size: input.size, close: async () => {} }
  const folder = await mkdtemp(join(tmpdir(), 'odps-tunnel-'))
  const path = join(folder, 'input')
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true })
  const file = await open(path, 'wx', 0o600)
  let size = 0
  try {
    for await (const chunk of input.open(compression)) {
      await file.writeFile(chunk)
      size += chunk.length
    }
  } catch (error) {
    await file.close()
    await remove()
    throw error
  }
  await file.close()
  return { path, size, close: remove }
}
