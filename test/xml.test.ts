import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { childOf, parseXml, readXml, textAt, type XmlElement, XmlError } from '../lib/xml.js'

/*
 * What is well-formed, and what it holds, is said by Python's xml.etree.ElementTree, names without their namespaces, and
 * the tails of children put to their parent's text. What XML allows and we refuse is named apart.
 */

type Tree = readonly [
  name: string,
  attributes: Record<string, string>,
  text: string,
  children: readonly Tree[],
]
const treeOf = ({ name, attributes, text, children }: XmlElement): Tree => [
  ...([name, { ...attributes }, text] as const),
  children.map(treeOf),
]

describe('a document is read as Python reads it', () => {
  const documents: readonly (readonly [string, Tree])[] = [
    [
      `<?xml version="1.0" encoding="utf-8"?>
<!-- head --><Table a="1" b='two &amp; "three"'><Name>t&lt;1&gt;</Name><Empty/>
<Schema format="Json"><![CDATA[{"x":"]]]]><![CDATA[>"}]]></Schema><Name>second</Name></Table>
`,
      [
        ...(['Table', { a: '1', b: 'two & "three"' }, '\n'] as const),
        [
          ['Name', {}, 't<1>', []],
          ['Empty', {}, '', []],
          ['Schema', { format: 'Json' }, '{"x":"]]>"}', []],
          ['Name', {}, 'second', []],
        ],
      ],
    ],
    ['<a>&#20013;&#x1F600;&apos;&quot;&#xA;</a>', ['a', {}, '中😀\'"\n', []]],
    ['\uFEFF<a>x</a>', ['a', {}, 'x', []]],
    ['<a xmlns="u:1" xmlns:p="u:2" p:c="1"><p:b>x</p:b></a>', ['a', { c: '1' }, '', [['b', {}, 'x', []]]]],
    ['<a ><b  c = "1"\n/></a >', ['a', {}, '', [['b', { c: '1' }, '', []]]]],
    ['<?p <a> ?><a><?p ?><!-- <b> -->t</a><!-- end -->', ['a', {}, 't', []]],
  ]
  for (const [text, tree] of documents)
    test(JSON.stringify(text), () => assert.deepEqual(treeOf(readXml(text)), tree))
})

describe('what is not well-formed is refused', () => {
  const texts = [
    ...['', 'text', '<a>', '</a>', '<a></b>', '<a/><b/>', '<a>x</a> tail', '<>x</>', '<a:x></b:x>'],
    ...['<a b></a>', '<a x=1/>', '<a x="<"/>', '<a b="1></a>', '<a b="1" b="2"/>', '<a b="1"c="2"/>'],
    ...['<![CDATA[', '<a><![CDATA[x</a>', '<![CDATA[x]]><a/>', '<a><!-- x</a>', '<a>&#x110000;</a>'],
  ]
  for (const text of texts)
    test(JSON.stringify(text), () => {
      assert.throws(
        () => readXml(text),
        error => error instanceof XmlError && /at position \d+$/.test(error.message),
      )
      assert.equal(parseXml(text), undefined)
    })
})

describe('XML that is refused all the same', () => {
  test('document types, so that nothing is defined', () => {
    for (const type of ['<!DOCTYPE html>', '<!DOCTYPE a [<!ENTITY b "c">]>', '<!DOCTYPE a SYSTEM "file:a">'])
      assert.throws(() => readXml(`${type}<a/>`), /document type is not accepted at position 0/)
  })

  test('attributes that differ in their prefix alone', () =>
    assert.throws(() => readXml('<a p:b="1" q:b="2"/>'), /q:b is there twice/))

  test('elements in more than 100 others', () => {
    const nested = (depth: number): string => '<a>'.repeat(depth) + '</a>'.repeat(depth)
    assert.ok(readXml(nested(100)))
    for (const depth of [101, 100_000]) assert.throws(() => readXml(nested(depth)), /deeper than 100/)
  })
})

test('entities that nobody has defined stay, and so does a sign that starts none', () =>
  assert.equal(readXml('<a>&nbsp;&amp;lt;&unknown; & &; &LT;</a>').text, '&nbsp;&lt;&unknown; & &; &LT;'))

test('children are found by their names', () => {
  const root = readXml('<a><b> <c> x </c><c>y</c></b><d/></a>')
  assert.equal(textAt(root, 'b', 'c'), 'x')
  assert.equal(textAt(root, 'd'), '')
  assert.equal(textAt(root, 'd', 'c'), undefined)
  assert.equal(textAt(undefined, 'd'), undefined)
  assert.equal(childOf(childOf(root, 'b'), 'c')?.text, ' x ')
  assert.equal(childOf(root, 'c'), undefined)
})

test('printed trees are read back', () => {
  const print = (text: string): string =>
    text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
  const name = fc.stringMatching(/^[A-Za-z_][\w.-]{0,8}$/).filter(text => text !== 'xmlns')
  const value = fc.string({ unit: 'grapheme' })
  fc.assert(
    fc.property(name, fc.array(fc.tuple(name, value, value)), (rootName, children) => {
      const inner = children.map(
        ([tag, attribute, text]) => `<${tag} v="${print(attribute)}">${print(text)}</${tag}>`,
      )
      const root = readXml(`<${rootName}>${inner.join('')}</${rootName}>`)
      assert.equal(root.name, rootName)
      const read = root.children.map(child => [child.name, child.attributes['v'], child.text])
      assert.deepEqual(read, children)
    }),
  )
})

test('whatever goes in, only an XmlError comes out', () => {
  const piece = fc.constantFrom(
    ...['<', '</', '>', '/>', '<![CDATA[', ']]>', '<!--', '-->', '<?', '?>'],
    ...['&', ';', '#x', 'a', 'xmlns', ':', '=', '"', "'", ' '],
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), pieces => {
      parseXml(pieces.join(''))
    }),
    { numRuns: 2000 },
  )
})
