import { decompress } from '../../lib/compression/decompressor.js'

/* Prints what comes of a stream that is cut, and of one that is damaged. */

/* By Python: zlib.compress(b'hello hello hello', 9). */
const hello = Buffer.from('78dacb48cdc9c957c84090003a2e067d', 'hex')

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes
}

const codeOf = async (bytes: Buffer): Promise<string> => {
  try {
    for await (const _ of decompress('deflate', once(bytes)));
    return 'none'
  } catch (error) {
    return (error as { code: string }).code
  }
}

const damaged = Buffer.from(hello)
damaged[12] = 0
console.log(await codeOf(hello.subarray(0, -1)), await codeOf(damaged))
