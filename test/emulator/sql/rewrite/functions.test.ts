import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { before, describe, test } from 'node:test'
import type { DuckDBConnection } from '@duckdb/node-api'
import { functions } from '../../../../lib/emulator/sql/rewrite/functions/functions.js'
import { openDuckDb, queryTexts } from './duck-session.js'
import { examplePages, groupPage, windowPage } from './function-examples.js'
import { functionOf, pagePath, renewedPage } from './functions-page.js'
import { queryExamples, refusedCalls } from './query-examples.js'

let connection: DuckDBConnection

before(async () => {
  connection = await openDuckDb('Asia/Shanghai')
})

const rows = "VALUES (1, 'a'), (2, 'a'), (3, 'b'), (4, 'c'), (5, NULL) AS t(v, s)"

describe('functions return what the reference says', () => {
  for (const { title, examples } of examplePages)
    test(title, async () => {
      for (const [call, result] of examples)
        assert.deepEqual(await queryTexts(connection, `SELECT ${call}`), [[result]], call)
    })

  test('the same over a column', async () => {
    const nullable = ['UPPER(s)', 'LENGTH(s)', 'SUBSTR(s, 1)', 'COALESCE(s, s)', "CONCAT(s, 'x')"]
    for (const call of nullable) {
      const texts = (await queryTexts(connection, `SELECT ${call} FROM ${rows} ORDER BY v`)).flat()
      assert.equal(texts[4], 'NULL', call)
      assert.notEqual(texts[3], 'NULL', call)
    }
  })

  test(groupPage.title, async () => {
    for (const [call, result] of groupPage.examples)
      assert.deepEqual(await queryTexts(connection, `SELECT ${call} FROM ${rows}`), [[result]], call)
  })

  test(windowPage.title, async () => {
    for (const [call, result] of windowPage.examples) {
      const sql = `SELECT w FROM (SELECT v, ${call} AS w FROM ${rows}) x WHERE v = 3`
      assert.deepEqual(await queryTexts(connection, sql), [[result]], call)
    }
  })

  test('every function has an example', () => {
    const shown = new Set(
      [...examplePages, groupPage, windowPage].flatMap(({ examples }) => examples.map(functionOf)),
    )
    const inQueries = queryExamples.map(({ sql }) => sql.toUpperCase()).join(' ')
    const missing = [...functions.keys()].filter(
      name => !shown.has(name.toUpperCase()) && !inQueries.includes(`${name.toUpperCase()}(`),
    )
    assert.deepEqual(missing, [])
  })
})

describe('queries return what the reference says', () => {
  for (const { about, sql, rows: expected } of queryExamples)
    test(about, async () => assert.deepEqual(await queryTexts(connection, sql), expected))
})

test('what the reference leaves open is refused, not answered as DuckDB would', async () => {
  for (const call of refusedCalls)
    await assert.rejects(queryTexts(connection, `SELECT ${call}`), /the emulator does not have/, call)
})

test('a random value is another one for each row and call, and the same wherever the row uses it', async () => {
  const rowsOf500 = "(SELECT 1 AS one) o LATERAL VIEW EXPLODE(SPLIT(REPEAT('a,', 499) || 'a', ',')) v AS x"
  const sql = `SELECT COUNT(*), COUNT(DISTINCT u), COUNT_IF(u = w), COUNT(DISTINCT r), COUNT_IF(r >= 0 AND r < 1), COUNT_IF(r = q), COUNT_IF(never)
    FROM (SELECT u, u AS w, r, q, never FROM (SELECT UUID() AS u, RAND() AS r, RAND() AS q, RAND() BETWEEN 0.6 AND 0.4 AS never FROM ${rowsOf500}) a) b`
  assert.deepEqual(await queryTexts(connection, sql), [['500', '500', '500', '500', '500', '0', '0']])
  const mean = await queryTexts(connection, `SELECT AVG(r) FROM (SELECT RAND() AS r FROM ${rowsOf500}) a`)
  // Five standard deviations of a mean of 500.
  assert.ok(Math.abs(Number(mean[0]![0]) - 0.5) < 0.065, `the mean is ${mean[0]![0]}`)
  const shuffled = await queryTexts(
    connection,
    `SELECT pos FROM (SELECT 1 AS one) o LATERAL VIEW POSEXPLODE(SPLIT(REPEAT('a,', 499) || 'a', ',')) v AS pos, x ORDER BY RAND()`,
  )
  assert.notDeepEqual(
    shuffled,
    [...shuffled].sort(([a], [b]) => Number(a) - Number(b)),
    'ORDER BY RAND()',
  )
})

test('the page shows the functions that there are', () => {
  const page = readFileSync(pagePath, 'utf8')
  const command = 'node --import tsx test/emulator/sql/rewrite/functions-page.ts --write'
  assert.equal(page, renewedPage(page), `docs/emulator-sql.md is out of date: run ${command}`)
})
