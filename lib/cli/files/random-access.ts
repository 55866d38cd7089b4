import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FileCompression } from '../formats/file-format.js'
import type { ByteInput } from './byte-input.js'
import { describeWriteError } from './sink.js'

/** A file that can be read anywhere. */
export interface RandomAccess {
  readonly file: FileHandle
  readonly size: number
  readonly close: () => Promise<void>
}

/** What can be read once only, or is compressed, is put into a temporary file first. */
export const openRandomAccess = async (
  input: ByteInput,
  compression: FileCompression,
): Promise<RandomAccess> => {
  if (input.isReadOnce || compression !== 'none' || input.size === undefined)
    return copied(input.open(compression))
  const file = await open(input.path)
  return { file, size: input.size, close: () => file.close() }
}

const copied = async (chunks: AsyncIterable<Uint8Array>): Promise<RandomAccess> => {
  const folder = await mkdtemp(join(tmpdir(), 'odps-tunnel-'))
  const file = await open(join(folder, 'input'), 'wx+', 0o600)
  const close = async (): Promise<void> => {
    await file.close()
    await rm(folder, { recursive: true, force: true })
  }
  let size = 0
  try {
    for await (const chunk of chunks) {
      await file.writeFile(chunk).catch(error => {
        throw describeWriteError(error, `the temporary file in ${tmpdir()}`)
      })
      size += chunk.length
    }
  } catch (error) {
    await close()
    throw error
  }
  return { file, size, close }
}
