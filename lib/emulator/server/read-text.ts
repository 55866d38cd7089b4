import { ServiceRefusal } from './service-refusal.js'

/** @throws ServiceRefusal MaxMessageLengthExceeded */
export const readText = async (
  { body }: { readonly body: AsyncIterable<Uint8Array> },
  maxBytes: number,
): Promise<string> => {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.length
    if (bytes > maxBytes)
      throw new ServiceRefusal(413, 'MaxMessageLengthExceeded', 'Your request was too big.')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}
