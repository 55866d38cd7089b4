import assert from 'node:assert/strict'
import { PassThrough, Readable } from 'node:stream'
import { describe, test } from 'node:test'
import { stdinFormat } from '../../../lib/cli/files/stdin-format.js'
import { UsageError } from '../../../lib/cli/usage-error.js'

const known: readonly (readonly [content: string, format: string])[] = [
  ['PAR1\x15\x04', 'parquet'],
  ['ARROW1\0\0', 'arrow'],
  ['\xff\xff\xff\xff\x10\0\0\0', 'arrow-stream'],
  ['{"a":1}\n', 'ndjson'],
  ['  \n\t    [ {"a":1}]', 'json'],
  ['a,b\n1,2\n', 'csv'],
  ['P', 'csv'],
  ['', 'csv'],
]

const stdinOf = (chunks: readonly Buffer[]): Readable => Readable.from(chunks, { objectMode: false })

describe('what stdin holds is told by its first bytes, all of which stay to be read', () => {
  for (const [content, format] of known) {
    const bytes = Buffer.from(content, 'latin1')

    test(`${JSON.stringify(content)} is ${format}`, async () => {
      const stdin = stdinOf(bytes.length === 0 ? [] : [bytes])
      assert.equal(await stdinFormat(stdin as never), format)
      assert.deepEqual(Buffer.concat(await stdin.toArray()), bytes)
    })
  }

  for (const [content, format] of known.slice(0, 3)) {
    test(`${format} is known when its bytes come one by one`, async () => {
      const stdin = new PassThrough()
      const told = stdinFormat(stdin as never)
      const bytes = Buffer.from(content, 'latin1')
      for (const byte of bytes) {
        stdin.write(Buffer.of(byte))
        await new Promise(resolve => setImmediate(resolve))
      }
      assert.equal(await told, format)
      stdin.end()
      assert.deepEqual(Buffer.concat(await stdin.toArray()), bytes)
    })
  }

  test('what is compressed, and Feather of version 1, are refused', async () => {
    for (const content of ['\x1f\x8b\x08\0\0\0', '\x28\xb5\x2f\xfd\0\0', 'FEA1\0\0'])
      await assert.rejects(stdinFormat(stdinOf([Buffer.from(content, 'latin1')]) as never), UsageError)
  })
})
