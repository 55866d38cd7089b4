import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { readPlan } from '../../benchmarks/plan.js'
import { settle, several } from '../../benchmarks/turns.js'

/** A job whose runs take so much CPU time; each waits a second on the clock and moves ten rows. */
const jobOf = (...cpuMs: number[]): { run: () => Promise<Cost>; left: number[] } => ({
  run: async () => ({ rows: 10, cpuMs: cpuMs.shift() ?? Number.NaN, wallMs: 1000 }),
  left: cpuMs,
})
type Cost = { rows: number; cpuMs: number; wallMs: number }

describe('turns of a benchmark', () => {
  test('a job is repeated until it used enough CPU time', async () => {
    const job = jobOf(30, 30, 50, 70)
    assert.deepEqual(await several(job.run, 100), { rows: 30, cpuMs: 110, wallMs: 3000 })
  })

  test('a job that waits is repeated until the clock says so, and runs at least once', async () => {
    const job = jobOf(1, 1, 1, 1)
    assert.deepEqual(await several(job.run, 100, 2000), { rows: 20, cpuMs: 2, wallMs: 2000 })
    assert.deepEqual(await several(job.run, 0, 0), { rows: 10, cpuMs: 1, wallMs: 1000 })
  })

  test('it has settled when two runs after one another differ by less than a tenth', async () => {
    const job = jobOf(200, 100, 120, 111, 100, 95, 1)
    await settle(job.run, 60_000)
    assert.deepEqual(job.left, [100, 95, 1])
  })

  test('what never settles is left after the time on the clock', async () => {
    const job = jobOf(1, 2, 1, 2, 1, 2)
    await settle(job.run, 4000)
    assert.deepEqual(job.left, [1, 2])
    await settle(job.run, 0)
    assert.deepEqual(job.left, [1, 2])
  })

  test('upserts, whose emulator is slow, are bounded by the clock; a run without words takes narrow and wide rows as CSV', () => {
    const plan = readPlan(['none'])
    assert.ok(plan.paceOf('upsert').clockMs! <= 3000, 'a timed run of upserts has a bound')
    assert.ok(plan.warmUpClockMs(plan.paceOf('upsert')) <= 15_000, 'and so has their warming up')
    assert.equal(plan.warmUpClockMs(plan.paceOf('transfer')), Number.POSITIVE_INFINITY)
    assert.deepEqual([plan.datasetsOf('files'), plan.fileFormats], [['narrow', 'wide'], ['csv']])
    assert.deepEqual(
      [[], ['profile'], ['profile', 'wide'], ['memory']].map(words => readPlan(words).profilesMisses),
      [true, true, false, false],
    )
    assert.deepEqual(readPlan(['wide', 'none']).datasetsOf('files'), ['wide'])
    assert.deepEqual(readPlan(['wide', 'none']).datasetsOf('upsert'), [])
  })
})
