import { loadVectors } from '../golden-vectors.js'

const sets = ['scalar', 'complex', 'mixed', 'wide'].map(set => `records-${set}`)

export const all = [...sets, 'footer'].flatMap(set => loadVectors(set))

export const small = all.filter(vector => vector.bytes === undefined || vector.bytes <= 350)

export function* chunksOf(bytes: Buffer, size: number): Generator<Buffer> {
  for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size)
}
