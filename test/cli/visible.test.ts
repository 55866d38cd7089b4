import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { Writable } from 'node:stream'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { printTo, styleFor, type Terminal } from '../../lib/cli/terminal.js'
import { visible, visibleInLine } from '../../lib/cli/visible.js'

describe('text of others', () => {
  const cases: [text: string, shown: string][] = [
    ['plain, ünïcödé, 中文, 👩\u200d👧, e\u0301', 'plain, ünïcödé, 中文, 👩\u200d👧, e\u0301'],
    ['\u001b[31mred\u001b]0;title\u0007', '\\u001b[31mred\\u001b]0;title\\u0007'],
    ['\u009b2J\u0090x\u009c\u0085', '\\u009b2J\\u0090x\\u009c\\u0085'],
    ['a\rb\bc\u007fd\u0000e\vf\f', 'a\\u000db\\u0008c\\u007fd\\u0000e\\u000bf\\u000c'],
    ['\u202aa\u202bb\u202cc\u202dd\u202ee', '\\u202aa\\u202bb\\u202cc\\u202dd\\u202ee'],
    ['\u2066a\u2067b\u2068c\u2069d', '\\u2066a\\u2067b\\u2068c\\u2069d'],
    ['\u200ea\u200fb\u061cc', '\\u200ea\\u200fb\\u061cc'],
    ['a\u2028b\u2029c', 'a\\u2028b\\u2029c'],
    ['\ud800a\udfffb😀', '\\ud800a\\udfffb😀'],
    ['\ufeffa\u200bb\u2060c', '\\ufeffa\\u200bb\\u2060c'],
  ]
  for (const [text, shown] of cases)
    test(JSON.stringify(text), () => {
      assert.equal(visible(text), shown)
      assert.equal(visibleInLine(text), shown)
    })

  test('lines and tabs stay, but not within a line', () => {
    assert.equal(visible('a\n\tb'), 'a\n\tb')
    assert.equal(visibleInLine('a\n\tb'), 'a\\u000a\\u0009b')
  })

  test('JSON stays JSON, with the same meaning', () => {
    const value = { 'k\u202e': cases.map(([text]) => text), more: ['\n', '\t', '"', '\\'] }
    assert.deepEqual(JSON.parse(visible(JSON.stringify(value, undefined, 2))), value)
  })
})

test('only colours of our own become escapes', () => {
  let printed = ''
  const output = new Writable({
    write(chunk, _encoding, callback) {
      printed += chunk
      callback()
    },
  })
  const style = styleFor(output, { environment: { FORCE_COLOR: '1' } } as unknown as Terminal)
  printTo(output, `${style('red', 'ours')} \u001b[31mtheirs\u001b[39m <31> \u0001\n`)
  assert.equal(printed, '\u001b[31mours\u001b[39m \\u001b[31mtheirs\\u001b[39m <31> \\u0001\n')
})

test('nothing is written to the terminal in another way', () => {
  const lib = fileURLToPath(new URL('../../lib/cli/', import.meta.url))
  const writers = readdirSync(lib, { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.ts'))
    .filter(file => {
      const code = readFileSync(`${lib}${file}`, 'utf8')
      return /\bstd(?:out|err)\)?\s*\.\s*write\(|\boutput\.write\(visible|console\.\w+\(|process\.std(?:out|err)\b/.test(
        code,
      )
    })
  // main.ts only listens for the error of a closed pipe, byte-output.ts writes the bytes of a download.
  assert.deepEqual(writers.sort(), ['main.ts', 'terminal.ts'])
})
