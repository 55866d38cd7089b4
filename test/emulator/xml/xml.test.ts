import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { ServiceRefusal } from '../../../lib/emulator/server/service-refusal.js'
import { cdata, element, elementWith } from '../../../lib/emulator/xml/format-xml.js'
import { childOf, readXml, textAt } from '../../../lib/emulator/xml/read-xml.js'

/** What XML 1.0 can hold. */
const legal = fc
  .string({ unit: 'grapheme' })
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are left out
  .filter(text => !/[\u0000-\u0008\u000B-\u001F\uFFFE\uFFFF]/.test(text))

describe('reading XML', () => {
  test('the job of PyODPS', () => {
    const job = readXml(
      '<?xml version="1.0" encoding="utf-8"?>\n<Instance>\n <Job>\n  <Priority>9</Priority><Tasks><SQL><Name>N</Name>' +
        '<Query><![CDATA[select \'<a>\' && "b";]]></Query></SQL></Tasks><DAG><RunMode>Sequence</RunMode></DAG></Job></Instance>\n',
    )
    assert.equal(textAt(job, 'Job', 'Tasks', 'SQL', 'Query'), 'select \'<a>\' && "b";')
    assert.equal(textAt(job, 'Job', 'Priority'), '9')
    assert.equal(textAt(job, 'Job', 'Nothing', 'Here'), undefined)
  })

  test('entities, as the Go client writes them', () => {
    const query = readXml(
      '<Query>a&#xA;&#34;b&#34; &lt;&gt;&amp;&apos;&quot; &#x4e2d; &unknown; & &;</Query>',
    )
    assert.equal(query.text, 'a\n"b" <>&\'" 中 &unknown; & &;')
  })

  test('attributes, comments, empty elements, CDATA in pieces, a document type, a byte order mark', () => {
    const root = readXml(
      '\uFEFF<!DOCTYPE a><!-- <x> --><a b="1&amp;2" c = \'"\'><!-- --><d/><e  f="" /><![CDATA[]]]]><![CDATA[>]]>t</a>',
    )
    assert.deepEqual(Object.fromEntries(root.attributes), { b: '1&2', c: '"' })
    assert.deepEqual(
      root.children.map(child => child.name),
      ['d', 'e'],
    )
    assert.equal(root.text, ']]>t')
    assert.equal(childOf(root, 'e')?.attributes.get('f'), '')
  })

  const wrong = [
    '',
    'text',
    '<a>',
    '<a></b>',
    '</a>',
    '<a/><b/>',
    '<a b></a>',
    '<a b="1></a>',
    '<![CDATA[',
    '<a><!-- </a>',
    '<a>&#x110000;</a>',
    '<a/>text',
    '<!DOCTYPE a [<!ENTITY b "c">]><a/>',
    '<>',
    `${'<a>'.repeat(200)}${'</a>'.repeat(200)}`,
  ]
  for (const text of wrong)
    test(`refuses ${JSON.stringify(text.slice(0, 40))}`, () => {
      assert.throws(
        () => readXml(text),
        (error: unknown) => error instanceof ServiceRefusal && error.serviceCode === 'MalformedXML',
      )
    })

  test('only refusals come out, whatever goes in', () => {
    const pieces = fc.constantFrom(
      '<',
      '>',
      '/',
      'a',
      '="',
      "'",
      '&',
      ';',
      '#x',
      '<![CDATA[',
      ']]>',
      '<!--',
      '-->',
      '<?',
      '?>',
      ' ',
    )
    fc.assert(
      fc.property(
        fc.array(pieces).map(list => list.join('')),
        text => {
          try {
            readXml(text)
          } catch (error) {
            if (!(error instanceof ServiceRefusal)) throw error
          }
        },
      ),
    )
  })
})

describe('printing XML', () => {
  test('what is printed is read back, as text, CDATA and attribute', () => {
    fc.assert(
      fc.property(legal, legal, (a, b) => {
        const root = readXml(elementWith('a', { b }, element('t', a), element('c', cdata(a))).xml)
        assert.equal(textAt(root, 't'), a)
        assert.equal(textAt(root, 'c'), a)
        assert.equal(root.attributes.get('b'), b)
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
