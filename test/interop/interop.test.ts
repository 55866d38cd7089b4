import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { after, before, describe, test } from 'node:test'
import { testArrow } from './arrow.js'
import { Context } from './context.js'
import { testErrors } from './errors.js'
import { testMatrix } from './matrix.js'
import { testNewer } from './newer.js'
import { testOddValues } from './odd-values.js'
import { testPreviews } from './previews.js'
import { testQueries } from './queries.js'
import { testRequests } from './requests.js'
import { testSessions } from './sessions.js'
import { testUpserts } from './upserts.js'

/** One emulator and one process a client for the whole suite: starting them takes longer than most tests. */
let started: Context | undefined
const context = (): Context => {
  if (started === undefined) throw new Error('the suite has not started')
  return started
}

before(async () => {
  started = await Context.start()
})
after(() => started?.close())

testMatrix(context)
testSessions(context)
testUpserts(context)
testRequests(context)
testNewer(context)
testQueries(context)
testArrow(context)
testPreviews(context)
testErrors(context)
testOddValues(context)

describe('docs/compatibility.md', () => {
  const file = new URL('../../docs/compatibility.md', import.meta.url)

  test('is what this run gives', async t => {
    const { report, isComplete } = context()
    if (!isComplete) {
      t.skip('needs all three clients')
      return
    }
    const text = report.print()
    if (process.env['ODPS_TUNNEL_INTEROP_WRITE'] === '1') await writeFile(file, text)
    assert.deepEqual(report.problems(), [])
    const hint = 'docs/compatibility.md is not what this run gives: npm run test:interop -- --write'
    assert.equal(await readFile(file, 'utf8'), text, hint)
  })
})
