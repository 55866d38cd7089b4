import { damaged } from './damage.js'

/*
 * The LZ4 block format, decoded without a package:
 *   sequence := token, [more literal length], literals, offset (2 bytes LE), [more match length]
 * The token has two lengths of four bits; 15 means that bytes follow to be added, up to one that is not 255. A match is at
 * least 4 bytes long, may overlap what it makes, and the last sequence ends behind its literals.
 */

const minMatch = 4

/**
 * Decodes one block.
 * @param maxBytes what it may decode to
 * @param window output before it, which a linked block refers to
 */
export const decodeLz4Block = (input: Uint8Array, maxBytes: number, window?: Uint8Array): Buffer => {
  const start = window?.length ?? 0
  const output = Buffer.allocUnsafe(start + maxBytes)
  if (window !== undefined) output.set(window)
  let [at, out] = [0, start]
  const longer = (length: number): number => {
    let sum = length
    for (let byte = 255; byte === 255; sum += byte) {
      if (at >= input.length) throw damaged('an LZ4 block ends inside a length')
      byte = input[at++]!
    }
    return sum
  }
  for (;;) {
    if (at >= input.length) throw damaged('an LZ4 block ends without its last literals')
    const token = input[at++]!
    const literals = token >> 4 === 15 ? longer(15) : token >> 4
    if (literals > input.length - at || literals > output.length - out)
      throw damaged('an LZ4 block has literals beyond its end')
    output.set(input.subarray(at, at + literals), out)
    at += literals
    out += literals
    if (at === input.length) return output.subarray(start, out)
    if (at + 2 > input.length) throw damaged('an LZ4 block ends inside an offset')
    const offset = input[at]! | (input[at + 1]! << 8)
    at += 2
    const match = minMatch + ((token & 15) === 15 ? longer(15) : token & 15)
    if (offset === 0 || offset > out || match > output.length - out)
      throw damaged('an LZ4 block has a match beyond its output')
    copyMatch(output, out, offset, match)
    out += match
  }
}

/** What overlaps repeats, so it is copied in pieces as long as what is there. */
const copyMatch = (output: Buffer, at: number, offset: number, length: number): void => {
  for (let done = 0; done < length; ) {
    const piece = Math.min(offset + done, length - done)
    output.copyWithin(at + done, at - offset, at - offset + piece)
    done += piece
  }
}
