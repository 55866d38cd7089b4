import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { copyTableSpec } from '../../lib/copy/copy-options.js'
import { downloadStreamSpec } from '../../lib/download/download-options.js'
import { tunnelErrorCodes } from '../../lib/errors.js'
import { tunnelOptionSpec } from '../../lib/options.js'
import { executeOptionSpec, queryOptionSpec } from '../../lib/query/query-options.js'
import { formatCsvSpec, parseCsvSpec } from '../../lib/text/csv/csv-options.js'
import { uploadStreamSpec } from '../../lib/upload/upload-options.js'
import { upsertStreamSpec } from '../../lib/upsert/upsert-options.js'
import { pages, read } from './snippets.js'

const root = fileURLToPath(new URL('../../', import.meta.url))

const headingsOf = (page: string): string[] =>
  [
    ...read(page)
      .replaceAll(/^```[\s\S]*?^```/gm, '')
      .matchAll(/^#+ +(.+)$/gm),
  ].map(match => match[1]!.trim())

/** As GitHub makes the anchor of a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\- _]/gu, '')
    .replaceAll(' ', '-')

describe('documentation', () => {
  test('relative links and their anchors resolve', () => {
    const broken: string[] = []
    for (const page of [...pages, 'llms.txt']) {
      const text = read(page).replaceAll(/^```[\s\S]*?^```/gm, '')
      for (const [, target = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^[a-z]+:/.test(target)) continue
        const [path, anchor] = target.split('#') as [string, string?]
        const file = path === '' ? page : join(dirname(page), path)
        const found =
          existsSync(join(root, file)) &&
          (anchor === undefined || headingsOf(file).some(heading => anchorOf(heading) === anchor))
        if (!found) broken.push(`${page}: ${target}`)
      }
    }
    assert.deepEqual(broken, [])
  })

  test('docs/architecture.md names files and folders that are there', () => {
    const text = read('docs/architecture.md')
    const paths = [...text.matchAll(/`((?:[a-z0-9-]+\/)+[a-z0-9-]*(?:\.[a-z.]+)?)`/g)].map(match => match[1]!)
    const isThere = (path: string): boolean =>
      ['', 'lib/'].some(base => ['', '.ts'].some(ending => existsSync(join(root, base + path + ending))))
    assert.ok(paths.length > 50)
    assert.deepEqual(
      paths.filter(path => !isThere(path)),
      [],
    )
  })

  test('every error code has a heading, and no other has one', () => {
    const headings = headingsOf('docs/errors.md').filter(heading => heading.startsWith('ODPS_'))
    assert.deepEqual([...headings].sort(), [...tunnelErrorCodes].sort())
  })

  for (const [page, spec] of Object.entries({
    'docs/upload.md': uploadStreamSpec,
    'docs/download.md': downloadStreamSpec,
    'docs/query.md': { ...queryOptionSpec, ...executeOptionSpec },
    'docs/copy.md': copyTableSpec,
    'docs/upsert.md': upsertStreamSpec,
    'docs/connection.md': tunnelOptionSpec,
    'docs/transforms.md': { ...parseCsvSpec, ...formatCsvSpec },
  }))
    test(`${page} names every option`, () => {
      const text = read(page)
      const missing = Object.keys(spec).filter(name => !new RegExp(`\`${name}\\b`).test(text))
      assert.deepEqual(missing, [])
    })

  test('no page names a path or a host of a machine', () => {
    const named = pages.filter(page => /\/(?:work|home|root)\/|localhost|\.\.\/shared/.test(read(page)))
    assert.deepEqual(named, [])
  })
})
