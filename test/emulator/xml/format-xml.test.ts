import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { cdata, element, elementWith } from '../../../lib/emulator/xml/format-xml.js'
import { childOf, readXml } from '../../../lib/xml.js'

/** What XML 1.0 can hold. */
const legal = fc
  .string({ unit: 'grapheme' })
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are left out
  .filter(text => !/[\u0000-\u0008\u000B-\u001F\uFFFE\uFFFF]/.test(text))

describe('printing XML', () => {
  test('what is printed is read back, as text, CDATA and attribute', () => {
    fc.assert(
      fc.property(legal, legal, (a, b) => {
        const root = readXml(elementWith('a', { b }, element('t', a), element('c', cdata(a))).xml)
        assert.equal(childOf(root, 't')?.text, a)
        assert.equal(childOf(root, 'c')?.text, a)
        assert.equal(root.attributes['b'], b)
      }),
    )
  })

  test('what XML cannot hold is replaced', () => {
    assert.equal(element('a', 'x\0y\x1f').xml, '<a>x\uFFFDy\uFFFD</a>')
    assert.equal(element('a').xml, '<a/>')
    assert.equal(element('a', '').xml, '<a/>')
    assert.equal(element('a', 0, true).xml, '<a>0true</a>')
  })
})
