import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { childText, parseXml } from '../../lib/http/xml.js'

test('elements, attributes, text, CDATA, comments', () => {
  const root = parseXml(`<?xml version="1.0" encoding="utf-8"?>
<!-- head --><Table a="1" ns:b='two &amp; "three"'><Name>t&lt;1&gt;</Name><Empty/>
<Schema format="Json"><![CDATA[{"x":"]]]]><![CDATA[>"}]]></Schema><Name>second</Name></Table>
`)
  assert.ok(root)
  assert.deepEqual({ ...root.attributes }, { a: '1', b: 'two & "three"' })
  assert.equal(childText(root, 'Name'), 't<1>')
  assert.equal(childText(root, 'Empty'), '')
  assert.equal(childText(root, 'Schema'), '{"x":"]]>"}')
  assert.equal(childText(root, 'Missing'), undefined)
  assert.equal(childText(undefined, 'Name'), undefined)
  assert.equal(root.children.length, 4)
})

test('character references; unknown entities stay', () => {
  const text = (inner: string): string | undefined => parseXml(`<a>${inner}</a>`)?.text
  assert.equal(text('&#20013;&#x1F600;&apos;&quot;'), '中😀\'"')
  assert.equal(text('&nbsp;&amp;lt;&#x110000;&'), '&nbsp;&lt;&#x110000;&')
})

test('a byte order mark before the document', () => {
  assert.equal(parseXml('\uFEFF<a>x</a>')?.text, 'x')
})

for (const bad of [
  '',
  'text',
  '<a>',
  '</a>',
  '<a></b>',
  '<a/><b/>',
  '<a><![CDATA[x</a>',
  '<a><!-- x</a>',
  '<a x=1/>',
  '<a x="<"/>',
  '<!DOCTYPE html><html></html>',
  '<a>x</a> tail',
  '<![CDATA[x]]><a/>',
  '<>x</>',
])
  test(`not well-formed: ${JSON.stringify(bad)}`, () => {
    assert.equal(parseXml(bad), undefined)
  })

test('deep nesting is refused', () => {
  const nested = (depth: number): string => '<a>'.repeat(depth) + '</a>'.repeat(depth)
  assert.ok(parseXml(nested(32)))
  assert.equal(parseXml(nested(33)), undefined)
  assert.equal(parseXml(nested(100_000)), undefined)
})

test('printed trees are read back', () => {
  const print = (text: string): string =>
    text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
  const name = fc.stringMatching(/^[A-Za-z_][\w.-]{0,8}$/)
  const value = fc.string({ unit: 'grapheme' }).filter(text => !text.startsWith('\uFEFF'))
  fc.assert(
    fc.property(name, fc.array(fc.tuple(name, value, value)), (rootName, children) => {
      const inner = children.map(
        ([tag, attribute, text]) => `<${tag} v="${print(attribute)}">${print(text)}</${tag}>`,
      )
      const root = parseXml(`<${rootName}>${inner.join('')}</${rootName}>`)
      assert.equal(root?.name, rootName)
      const read = root.children.map(child => [child.name, child.attributes['v'], child.text])
      assert.deepEqual(read, children)
    }),
  )
})

test('nothing makes it throw', () => {
  const piece = fc.constantFrom(
    '<',
    '</',
    '>',
    '/>',
    '<![CDATA[',
    ']]>',
    '<!--',
    '-->',
    '<?',
    '?>',
    '&',
    ';',
    'a',
    '=',
    '"',
    ' ',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), pieces => {
      parseXml(pieces.join(''))
    }),
    { numRuns: 2000 },
  )
})
