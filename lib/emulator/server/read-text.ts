import { Refusal } from './refusal.js'

/** @throws Refusal MaxMessageLengthExceeded */
export const readText = async (
  { body }: { readonly body: AsyncIterable<Uint8Array> },
  maxBytes: number,
): Promise<string> => {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.length
    if (bytes > maxBytes) throw new Refusal(413, 'MaxMessageLengthExceeded', 'Your request was too big.')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}
