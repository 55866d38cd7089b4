import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { chainUnchecked } from 'stream-chain'

/** What comes out of a chain of functions for these chunks. */
export const runChain = async (
  chunks: Iterable<unknown> | AsyncIterable<unknown>,
  ...functions: readonly unknown[]
): Promise<unknown[]> => {
  const values: unknown[] = []
  await pipeline(Readable.from(chunks), chainUnchecked(functions), async source => {
    for await (const value of source) values.push(value)
  })
  return values
}

/** The same as text. */
export const runToText = async (
  chunks: Iterable<unknown> | AsyncIterable<unknown>,
  ...functions: readonly unknown[]
): Promise<string> => Buffer.concat((await runChain(chunks, ...functions)) as Buffer[]).toString()

/** Bytes in slices, so that characters and lines are cut anywhere. */
export const slices = (text: string | Buffer, size: number): Buffer[] => {
  const bytes = Buffer.from(text)
  const parts: Buffer[] = []
  for (let at = 0; at < bytes.length; at += size) parts.push(bytes.subarray(at, at + size))
  return parts
}
