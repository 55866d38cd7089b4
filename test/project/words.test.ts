import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** Turns of phrase that users stumble over, with what to write instead. Only those that are never right are listed. */
const habits: readonly (readonly [RegExp, string])[] = [
  [
    /\b(rows|bytes|requests|records|files?|blocks?|chunks?|lines?|times|range) a (second|row|file|block|request|range|command|partition)\b/i,
    'per second, per row, …',
  ],
  [/(?<!\bthere )\bis no (?!longer\b|more\b|less\b|use\b)[a-z]+/i, "isn't a …, is not a …"],
  [/\b(is|are|was|were) told (of|by)\b/i, 'is reported'],
  [/\b(passed|passes|pass) over\b/i, 'skip, ignore'],
  [/\banew\b/i, 'again, start over'],
  [/\bis over(?! (the|a|\d|\$))\b/i, 'has ended, has expired'],
  [/\bgive --[a-z]/i, 'use --option, set --option'],
]

const problemsIn = (where: string, text: string): string[] =>
  habits.flatMap(([habit, better]) => {
    const found = habit.exec(text)
    return found === null ? [] : [`${where}: "${found[0]}"; write: ${better}`]
  })

const pages = (folder: string): string[] =>
  readdirSync(join(root, folder))
    .filter(name => name.endsWith('.md'))
    .map(name => join(folder, name))

/** Texts in quotes of at least three words, line by line; comments are not looked at. */
const textsOf = (source: string): string[] =>
  source
    .split('\n')
    .filter(line => !/^\s*(\*|\/\*|\/\/)/.test(line))
    .flatMap(line => [...line.matchAll(/'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|`((?:[^`\\]|\\.)*)`/g)])
    .map(([, single, double, template]) => single ?? double ?? template ?? '')
    .filter(text => text.split(' ').length >= 3)

describe('plain English', () => {
  test('in the pages', () => {
    const found = [
      'README.md',
      'CHANGELOG.md',
      'benchmarks/README.md',
      ...pages('docs'),
      ...pages('benchmarks/results'),
    ]
    const problems = found.flatMap(page =>
      readFileSync(join(root, page), 'utf8')
        .split('\n')
        .flatMap((line, i) => problemsIn(`${page}:${i + 1}`, line)),
    )
    assert.deepEqual(problems, [])
  })

  test('in errors, hints and help', () => {
    const files = readdirSync(join(root, 'lib'), { recursive: true, encoding: 'utf8' })
    const problems = files
      .filter(name => name.endsWith('.ts'))
      .flatMap(name =>
        textsOf(readFileSync(join(root, 'lib', name), 'utf8')).flatMap(text => problemsIn(name, text)),
      )
    assert.deepEqual(problems, [])
  })

  test('the habits are found, and their right neighbours are not', () => {
    for (const text of [
      'two rows a second',
      'x is no URL',
      'the error is told by',
      'is over now',
      'start anew',
    ])
      assert.equal(problemsIn('', text).length, 1, text)
    for (const text of [
      'rows per second',
      'there is no table',
      'is no longer open',
      'is over the limit',
      'x is not a URL',
    ])
      assert.deepEqual(problemsIn('', text), [])
  })
})
