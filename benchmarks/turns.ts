import type { Cost } from './contenders/answering.js'

/*
 * How often a job is repeated. Figures are of CPU time, so it is CPU time that must be enough; but a client that waits for the
 * emulator uses little of it, and would repeat its job for minutes. The clock bounds that.
 */

/** One job after the other until it used `cpuMs` of CPU time, or `wallMs` went by on the clock; at least one. */
export const several = async (
  run: () => Promise<Cost>,
  cpuMs: number,
  wallMs: number = Number.POSITIVE_INFINITY,
): Promise<Cost> => {
  const sum = { rows: 0, cpuMs: 0, wallMs: 0 }
  do {
    const cost = await run()
    sum.rows += cost.rows
    sum.cpuMs += cost.cpuMs
    sum.wallMs += cost.wallMs
  } while (sum.cpuMs < cpuMs && sum.wallMs < wallMs)
  return sum
}

/** By which share of the quicker one two runs may differ once a contender has settled. */
const settledWithin = 0.1

/**
 * Runs until a row costs what it cost in the run before, or `wallMs` went by on the clock: some work gets quicker for seconds,
 * while the engine still learns how it uses memory.
 */
export const settle = async (run: () => Promise<Cost>, wallMs: number): Promise<void> => {
  let before = Number.NaN
  for (let passed = 0; passed < wallMs; ) {
    const { rows, cpuMs, wallMs: taken } = await run()
    const now = cpuMs / rows
    if (Math.abs(now - before) < settledWithin * Math.min(now, before)) return
    before = now
    passed += taken
  }
}
