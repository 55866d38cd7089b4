import { createRecordScanner } from '../../codec/stream/record-scanner.js'
import { compressionOf } from '../../compression/compression.js'
import { decompress } from '../../compression/decompressor.js'
import { TunnelChecksumError, TunnelError, TunnelOptionError } from '../../errors.js'
import type { Column } from '../../schema/table-schema.js'
import {
  corruptedStream,
  invalidArgument,
  malformedStream,
  ServiceRefusal,
} from '../server/service-refusal.js'
import { type BlockWriter, indexEntryBytes, maxSegmentBytes, type Segment } from '../store/table-store.js'
import { recordsOfArrow } from './receive-arrow.js'

/*
 * The emulator is as strict as the service with what it takes: a checksum that is not verified here would let a
 * client's mistake pass in its own tests and fail in production. A block counts when its body was whole, and replaces
 * one of its id only then.
 */

/**
 * Takes the body of a block: decompressed, every checksum verified, kept as it lies on the wire. A body that is cut or
 * wrong leaves nothing.
 * @throws ServiceRefusal CorruptedDataStream, MalformedDataStream, InvalidArgument
 */
export const receiveBlock = async (
  block: BlockWriter,
  columns: readonly Column[],
  contentEncoding: string | undefined,
  body: AsyncIterable<Uint8Array>,
  format: 'records' | 'arrow',
): Promise<Segment> => {
  try {
    checkEncoding(contentEncoding)
    const chunks = decompress(contentEncoding, body)
    await receiveRecords(block, columns, format === 'arrow' ? recordsOfArrow(columns, chunks) : chunks)
  } catch (error) {
    await block.abort()
    throw asRefusal(error)
  }
  return block.finish()
}

const checkEncoding = (contentEncoding: string | undefined): void => {
  try {
    compressionOf(contentEncoding)
  } catch (error) {
    throw invalidArgument(
      `The content encoding is not supported. ${error instanceof Error ? error.message : ''}`,
    )
  }
}

/** Stores what is the start of a record stream. @throws TunnelError */
export const receiveRecords = async (
  block: BlockWriter,
  columns: readonly Column[],
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<void> => {
  const scanner = createRecordScanner(columns)
  let end = 0
  for await (const chunk of chunks)
    for (const { bytes, tails } of scanner.scan(chunk)) {
      if (end + bytes.length > maxSegmentBytes)
        throw new ServiceRefusal(
          413,
          'MaxMessageLengthExceeded',
          'A block of more than 4 GiB is too big for the emulator.',
        )
      await block.append(bytes, encodeIndex(tails, end))
      end += bytes.length
    }
  scanner.end()
}

const encodeIndex = (tails: Uint32Array, start: number): Buffer => {
  const index = Buffer.allocUnsafe((tails.length / 2) * indexEntryBytes)
  for (let i = 0, at = 0; i < tails.length; i += 2, at += indexEntryBytes) {
    index.writeUInt32LE(start + tails[i]!, at)
    index.writeUInt32LE(tails[i + 1]!, at + 4)
  }
  return index
}

/** Wrong checksums and counts are damage on the way, the rest a stream that was never right (protocol 11.2). */
const asRefusal = (error: unknown): unknown => {
  if (error instanceof TunnelOptionError) return invalidArgument(error.message)
  if (error instanceof TunnelChecksumError) return corruptedStream(error)
  if (!(error instanceof TunnelError)) return error
  return error.code === 'ODPS_COUNT_MISMATCH' ? corruptedStream(error) : malformedStream(error)
}
