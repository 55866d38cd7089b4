/** Bytes as an async source of slices of `size`; `state` tells whether the consumer let go of it. */
export interface SourceState {
  closed: boolean
  pulled: number
}

export async function* slicesOf(
  bytes: Uint8Array,
  size = 4096,
  state: SourceState = { closed: false, pulled: 0 },
): AsyncGenerator<Uint8Array> {
  try {
    for (let at = 0; at < bytes.length; at += size) {
      state.pulled++
      yield bytes.subarray(at, at + size)
    }
  } finally {
    state.closed = true
  }
}

export const gather = async (chunks: AsyncIterable<Uint8Array>): Promise<Buffer> => {
  const all: Uint8Array[] = []
  for await (const chunk of chunks) all.push(chunk)
  return Buffer.concat(all)
}

/** Text that compresses, of any length, the same every time. */
export const sampleBytes = (length: number): Buffer => {
  const bytes = Buffer.alloc(length)
  let state = 1
  for (let i = 0; i < length; i++) {
    if (i % 7 === 0) state = (Math.imul(state, 1103515245) + 12345) | 0
    bytes[i] = i % 7 < 3 ? (state >>> (8 + (i % 7))) & 0xff : 97 + (i % 7)
  }
  return bytes
}
