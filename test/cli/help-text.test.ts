import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { commands as entries } from '../../lib/cli/commands.js'
import { optionsOf } from '../../lib/cli/definition.js'
import { formatCommandHelp } from '../../lib/cli/help-text.js'
import { parseArguments } from '../../lib/cli/parse-arguments.js'
import { formatManual } from './manual.js'

const manual = new URL('../../docs/cli.md', import.meta.url)

const commands = await Promise.all(entries.map(({ load }) => load()))

describe('the manual', () => {
  test('the list says of each command what it says itself', () =>
    assert.deepEqual(
      entries.map(({ name, aliases, summary }) => ({ name, aliases, summary })),
      commands.map(({ name, aliases, summary }) => ({ name, aliases, summary })),
    ))

  test('docs/cli.md is made of the definitions', () => {
    const opening = readFileSync(new URL('manual-opening.md', import.meta.url), 'utf8')
    const text = formatManual(commands, opening)
    if (process.env['MANUAL'] === 'write') writeFileSync(manual, text)
    assert.equal(readFileSync(manual, 'utf8'), text)
  })

  for (const command of commands) {
    test(`${command.name}: help fits a terminal and names every option`, () => {
      const help = formatCommandHelp(command)
      for (const option of optionsOf(command)) assert.ok(help.includes(`--${option.name}`), option.name)
      for (const line of help.split('\n'))
        if (!/^ {2}(odps-tunnel|mysql|source)/.test(line)) assert.ok(line.length <= 100, line)
    })

    test(`${command.name}: no name means two options`, () => {
      const names = optionsOf(command).flatMap(({ name, aliases = [] }) => [name, ...aliases])
      assert.equal(new Set(names).size, names.length)
    })

    test(`${command.name}: the examples parse`, () => {
      for (const { command: line } of command.examples) {
        const words = [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, word]) => quoted ?? word!)
        const start = words.indexOf('odps-tunnel')
        if (start < 0) continue
        const until = words.findIndex(
          (word, i) => i > start && (word === '>' || word === '|') && !line.includes(`'${word}'`),
        )
        const args = words
          .slice(start + 1, until < 0 ? undefined : until)
          .map(word => word.replace(/\)$/, ''))
        if (args[0] === 'tunnel') args.shift()
        parseArguments(command, args.slice(1))
      }
    })
  }
})
