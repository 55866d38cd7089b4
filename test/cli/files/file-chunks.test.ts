import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { FileChunks } from '../../../lib/cli/files/file-chunks.js'

const folder = mkdtempSync(join(tmpdir(), 'odps-tunnel-chunks-'))
after(() => rmSync(folder, { recursive: true }))
const path = join(folder, 'bytes')
const content = randomBytes(3_000_000)
writeFileSync(path, content)

const all = async (file: FileChunks): Promise<Uint8Array[]> => {
  const chunks: Uint8Array[] = []
  for await (const chunk of file) chunks.push(chunk)
  return chunks
}

describe('the chunks of a file', () => {
  test('stay what they are as long as nobody gives them back', async () => {
    const chunks = await all(new FileChunks(path))
    assert.ok(Buffer.concat(chunks).equals(content), 'all of the file')
    assert.equal(new Set(chunks.map(chunk => chunk.buffer)).size, chunks.length)
  })

  test('lie in the same memory when they are given back', async () => {
    const file = new FileChunks(path)
    const seen: Buffer[] = []
    const memory = new Set<ArrayBufferLike>()
    for await (const chunk of file) {
      seen.push(Buffer.from(chunk))
      memory.add(chunk.buffer)
      file.release(chunk.subarray(5, 6))
      // A second time it may be another's already.
      file.release(chunk)
      file.release(Buffer.from('of somebody else'))
    }
    assert.ok(Buffer.concat(seen).equals(content), 'all of the file')
    assert.ok(memory.size <= 3, `${memory.size} pieces of memory`)
  })

  test('end with an error when the file is let go of', async () => {
    const file = new FileChunks(path)
    const chunks = file[Symbol.asyncIterator]()
    await chunks.next()
    file.destroy()
    await assert.rejects(async () => {
      for (;;) if ((await chunks.next()).done) return
    })
    assert.equal((await chunks.next()).done, true)
  })

  test('are none of an empty file, and an error of one that is not there', async () => {
    const empty = join(folder, 'empty')
    writeFileSync(empty, '')
    assert.deepEqual(await all(new FileChunks(empty)), [])
    await assert.rejects(all(new FileChunks(join(folder, 'none'))), { code: 'ENOENT' })
  })
})
