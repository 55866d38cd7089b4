import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { allChecks } from '../../lib/conformance/all-checks.js'

const page = new URL('../../docs/protocol.md', import.meta.url)

/** The table of docs/protocol.md, made of the checks: PROTOCOL=write npm test -- conformance/protocol-page */
test('docs/protocol.md has every assumption that can be checked, in the words of its check', () => {
  const rows = allChecks.map(({ id, sentence }) => `| \`${id}\` | ${sentence.replaceAll('|', '\\|')} |`)
  const table = ['| id | assumption |', '| --- | --- |', ...rows].join('\n')
  const text = readFileSync(page, 'utf8')
  const found = /(?<=^## What only the service can confirm\n\n(?:[^|\n].*\n)+\n)(?:\|.*\n)+/m
  assert.match(text, found)
  if (process.env['PROTOCOL'] === 'write')
    writeFileSync(
      page,
      text.replace(found, () => `${table}\n`),
    )
  assert.equal(found.exec(readFileSync(page, 'utf8'))?.[0], `${table}\n`)
})
