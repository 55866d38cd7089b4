import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { decodeText } from '../../lib/cli/formats/encoding.js'

describe('text', () => {
  const decode = async (chunks: readonly Uint8Array[], encoding?: string): Promise<string> => {
    let text = ''
    for await (const piece of decodeText(
      (async function* () {
        yield* chunks
      })(),
      encoding,
    ))
      text += piece
    return text
  }

  test('UTF-8 is decoded wherever it is cut', async () => {
    const bytes = Buffer.from('\ufeffa好😀é\n')
    for (let cut = 0; cut <= bytes.length; cut++)
      assert.equal(await decode([bytes.subarray(0, cut), bytes.subarray(cut)]), 'a好😀é\n')
    assert.equal(await decode([Buffer.from('a')]), 'a')
    assert.equal(await decode([]), '')
    await assert.rejects(decode([Buffer.from('好').subarray(0, 2)]), /not utf-8/)
  })

  test('GB18030 is decoded wherever it is cut', async () => {
    const iconv = (await import('iconv-lite')).default
    const bytes = iconv.encode('id,你好😀\n', 'gb18030')
    for (let cut = 0; cut <= bytes.length; cut++)
      assert.equal(await decode([bytes.subarray(0, cut), bytes.subarray(cut)], 'gb18030'), 'id,你好😀\n')
  })
})
