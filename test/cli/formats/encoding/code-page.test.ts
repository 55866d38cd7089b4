import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, test } from 'node:test'
import { CodePage } from '../../../../lib/cli/formats/encoding/code-page.js'

/*
 * By Python 3.11: of all characters up to U+2FFFF beyond ASCII that `chr(c).encode(name)` has and decode reads back, their
 * number, and the SHA-256 of a line `f'{c:x} {bytes.hex()}\n'` for each. Behind them characters that Python writes and we
 * don't, because other programs read something else.
 */
const tables: readonly (readonly [name: string, characters: number, hash: string, without?: string])[] = [
  ['latin1', 128, 'ad2193bcd366a6c1'],
  ['iso-8859-2', 128, 'd9d9cc0596905adb'],
  ['iso-8859-5', 128, '46d1690e8ebfc753'],
  ['iso-8859-7', 125, '1e37daf7b7427451'],
  ['iso-8859-8', 92, '5e0e9b7ee8221488'],
  ['iso-8859-9', 128, 'ea3b62afd774b5ee'],
  ['iso-8859-15', 128, '2e473c47afb726c3'],
  ['windows-1250', 123, '46525ee784e30220'],
  ['windows-1251', 127, '590e9737e2c0c042'],
  ['windows-1252', 123, 'd4d19a973dc7d272'],
  ['windows-1253', 111, '5dc0eb15b2fba9ad'],
  ['windows-1254', 121, 'c8bb690a41ed9244'],
  ['windows-1256', 128, 'cb22a951f2d931fd'],
  ['windows-1257', 116, 'aa5b39db8f0aaeca'],
  ['windows-1258', 119, '00a5dbe5319e1c61'],
  ['cp874', 97, 'd96e23c752a20ac9'],
  ['koi8-r', 128, '2e4ed62bc863c958'],
  ['koi8-u', 128, '2499d3b3853cdfbc'],
  ['cp437', 128, '5ee73d4705fcca99'],
  ['cp850', 128, '3a8d2fab4e025d42'],
  ['cp866', 128, '6ceca480255e4ad8'],
  ['gbk', 21791, '6c2a3b0bb1555046'],
  ['cp949', 17048, 'd8067d8e015161c3'],
  ['gb2312', 7443, 'aad6df42c27dc072', '\u2015\u30fb'],
  ['gb18030', 194429, '3471743babe7bfc6', '\u1e3f\ue5e5\ue7c7'],
  ['shift_jis', 6936, '593b1cc7b51eeaa6', '\u00a2\u00a3\u00ac\u2016\u2212\u301c'],
  ['euc-jp', 13002, '09c29d379b0723d4', '\u00a2\u00a3\u00ac\u2016\u2212\u301c'],
]

const pageOf = async (name: string): Promise<CodePage> => {
  const page = await CodePage.open(name)
  assert.ok(page)
  return page
}

/** All in one chunk, and byte by byte. */
const decode = (page: CodePage, bytes: Buffer): Buffer => {
  const whole = page.decoder()(bytes, true)
  const decoder = page.decoder()
  const pieces = Array.from(bytes, byte => decoder(Buffer.of(byte), false))
  assert.deepEqual(Buffer.concat([...pieces, decoder(Buffer.alloc(0), true)]), whole)
  return whole
}

describe('an encoding', () => {
  for (const [name, characters, hash, without = ''] of tables)
    test(`${name} writes the bytes that Python writes, and reads them back`, async () => {
      const page = await pageOf(name)
      const sum = createHash('sha256')
      let count = 0
      let all = ''
      for (let point = 0x80; point < 0x30000; point++) {
        const text = String.fromCodePoint(point)
        const bytes = page.encode(text)
        if (bytes === undefined) continue
        sum.update(`${point.toString(16)} ${bytes.toString('hex')}\n`)
        all += text
        count++
        assert.ok(!without.includes(text))
      }
      assert.deepEqual([count, sum.digest('hex').slice(0, 16)], [characters, hash])
      assert.equal(page.decoder()(page.encode(all)!, true).toString(), all)
    })

  /* `bytes.decode(name)` of Python raises for each. */
  for (const [name, hex] of [
    ['ascii', 'e9'],
    ['windows-1252', '81'],
    ['iso-8859-7', 'd2'],
    ['gbk', '80'],
    ['gbk', 'ff'],
    ['gbk', 'a2e3'],
    ['gbk', 'fe50'],
    ['gb18030', '80'],
    ['gb18030', '8431a530'],
    ['gb18030', 'ff'],
    ['big5', 'f9d6'],
    ['big5', '8140'],
    ['shift_jis', 'fd'],
    ['cp949', 'c97f'],
    ['euc-jp', '8fa1a1'],
  ] as const)
    test(`${name} does not define ${hex}, which becomes no character`, async () => {
      const page = await pageOf(name)
      const text = decode(
        page,
        Buffer.concat([Buffer.from('a,'), Buffer.from(hex, 'hex'), Buffer.from(',b\n')]),
      )
      assert.ok(text.includes(0xff))
      assert.ok(text.toString('latin1').endsWith(',b\n'), 'what follows is not lost')
      assert.ok(!text.includes('\ufffd'))
    })

  test('a character that is cut off at the end of the file is undefined', async () => {
    for (const [name, hex] of [
      ['gbk', 'c4'],
      ['gb18030', '8130'],
      ['gb18030', '813081'],
      ['euc-jp', '8fb0'],
    ] as const)
      assert.equal(decode(await pageOf(name), Buffer.from(hex, 'hex'))[0], 0xff)
  })

  test('never writes a question mark for a character it does not have', async () => {
    for (const [name, text] of [
      ['latin1', '€'],
      ['latin1', '好'],
      ['ascii', '\ufffd'],
      ['windows-1252', '\ufffd'],
      ['windows-1252', '\u0081'],
      ['gbk', '😀'],
      ['gbk', '€'],
      ['gbk', '\ufffd'],
      ['gb2312', '镕'],
      ['big5', '简'],
      ['gb18030', '\ud800'],
    ] as const)
      assert.equal((await pageOf(name)).encode(`a${text}b`), undefined, `${name} ${text}`)
  })

  test('gb18030 has U+FFFD, and tells it from what it does not define', async () => {
    const page = await pageOf('gb18030')
    assert.equal(page.encode('\ufffd')!.toString('hex'), '8431a437')
    assert.deepEqual(decode(page, Buffer.from('8431a437', 'hex')), Buffer.from('\ufffd'))
  })

  test('names that are no encodings of text are not known', async () => {
    for (const name of ['nonsense', 'base64', 'hex', 'binary', 'utf-7', 'utf-32', 'cesu-8', '', '_internal'])
      assert.equal(await CodePage.open(name), undefined, name)
  })
})
