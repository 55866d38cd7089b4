import type { FileHandle } from 'node:fs/promises'
import type { ByteInput } from '../../files/byte-input.js'
import { openRandomAccess } from '../../files/random-access.js'
import { CliError } from '../../usage-error.js'
import type { FileCompression } from '../file-format.js'
import type { RowSource } from '../row-source.js'
import { ValueSource } from '../value-source.js'
import { DamagedParquet } from './error.js'
import { openParquetFile } from './file.js'
import { unreadable } from './groups.js'
import type { FileBytes } from './page-stream.js'

/** Opens a Parquet file; one that cannot be read anywhere is copied first. */
export const openParquet = async (
  input: ByteInput,
  compression: FileCompression,
  options: { readonly timeZone: string },
): Promise<RowSource> => {
  const { file, size, close } = await openRandomAccess(input, compression)
  try {
    const reader = await openParquetFile(bufferOf(file, size), input.path)
    return new ValueSource({ ...reader, close }, options)
  } catch (cause) {
    await close()
    if (cause instanceof CliError) throw cause
    throw unreadable(input.path, 'Check the file and its --format', cause)
  }
}

const bufferOf = (file: FileHandle, byteLength: number): FileBytes => {
  const readInto = async (target: Uint8Array, from: number): Promise<void> => {
    for (let at = 0; at < target.length; ) {
      const { bytesRead } = await file.read(target, at, target.length - at, from + at)
      if (bytesRead === 0) throw new DamagedParquet('the file was truncated')
      at += bytesRead
    }
  }
  return {
    byteLength,
    readInto,
    slice: async (start, end = byteLength) => {
      const from = start < 0 ? Math.max(0, byteLength + start) : start
      const bytes = new Uint8Array(Math.max(0, Math.min(end, byteLength) - from))
      await readInto(bytes, from)
      return bytes.buffer
    },
  }
}
