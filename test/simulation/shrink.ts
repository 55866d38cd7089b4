import type { Scenario } from '../faults/scenario.js'

/** Simpler scenarios that are next to one: each with one thing less, the largest steps first. */
function* simpler(scenario: Scenario): Generator<Scenario, void, undefined> {
  for (const list of ['wire', 'service', 'connect'] as const) {
    for (const [i, rule] of scenario[list].entries()) {
      yield { ...scenario, [list]: scenario[list].toSpliced(i, 1) }
      if (rule.times > 1)
        yield { ...scenario, [list]: scenario[list].with(i, { ...rule, times: 1 } as never) }
    }
  }
  const plain: Partial<Scenario> = {
    ...{ stop: undefined, clockOffsetMs: 0, compression: 'raw', concurrency: 1, credentials: 'key' },
    ...{ signatureVersion: 'v1', rowsBefore: 0, overwrite: false, resume: false, width: 0 },
    ...(scenario.kind !== 'partitions' && { partitioned: false }),
  }
  for (const [key, value] of Object.entries(plain))
    if (scenario[key as keyof Scenario] !== value) yield { ...scenario, [key]: value }
  for (const rows of [Math.floor(scenario.rows / 2), scenario.rows - 1])
    if (rows >= 0 && rows < scenario.rows) yield { ...scenario, rows }
  if (scenario.stepRows < 60) yield { ...scenario, stepRows: 60 }
}

/** The simplest scenario found that fails as the given one does. */
export const shrink = async (
  scenario: Scenario,
  fails: (candidate: Scenario) => Promise<boolean>,
): Promise<Scenario> => {
  for (let current = scenario; ; ) {
    const before = current
    for (const candidate of simpler(current)) {
      if (!(await fails(candidate))) continue
      current = candidate
      break
    }
    if (current === before) return current
  }
}
