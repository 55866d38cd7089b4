import type { Profiled } from './profile-section.js'
import type { Made, Results } from './results.js'
import { slopeOf } from './scale-section.js'
import type { Spread } from './statistics.js'
import type { TransferWork } from './transfer-section.js'

/** How we do beside a peer: rows per CPU second, ours ÷ theirs. */
export interface Comparison extends Made, Omit<Profiled, 'work'> {
  readonly work: Profiled['work'] | TransferWork
  readonly what: string
  readonly peer: string
  readonly ratio: Spread
}

export const comparisonsOf = ({ memory, transfer }: Results): Comparison[] => [
  ...memory.flatMap(({ workload, work, ratios, run }) =>
    Object.entries(ratios).map(([peer, ratio]) => ({
      what: `${workload}, ${work}`,
      workload,
      work,
      peer,
      ratio,
      run,
    })),
  ),
  ...transfer.flatMap(({ workload, compression, work, ratios, run }) =>
    Object.entries(ratios).map(([peer, ratio]) => {
      const what = `${workload}, ${work}, ${compression}`
      return { what, workload, work, compression, peer, ratio, run }
    }),
  ),
]

export interface Verdict extends Made {
  readonly what: string
  readonly beside: string
  readonly target: string
  readonly measured: Spread | string
  readonly isMet: boolean
  /** What a profile can be made of. */
  readonly profiled?: Profiled
}

type Targets = Readonly<Record<string, Readonly<Record<string, number>>>>

const ofMostTables: Targets = {
  encode: { pyodps: 4, go: 2, java: 1.6 },
  decode: { pyodps: 3, go: 2, java: 1.6 },
  'upload snappy': { pyodps: 3, go: 1.5, java: 1.2 },
  'download snappy': { pyodps: 3, go: 1.5, java: 1.2 },
}

const ratioTargets: Readonly<Record<string, Targets>> = {
  narrow: ofMostTables,
  flights: ofMostTables,
  nested: ofMostTables,
  wide: { ...ofMostTables, decode: { ...ofMostTables['decode'], java: 2 } },
  text: { encode: { java: 1 }, decode: { java: 1.2 } },
}

const ratios = (results: Results): Verdict[] =>
  comparisonsOf(results).flatMap(({ what, workload, work, compression, peer, ratio, run }) => {
    const least = ratioTargets[workload]?.[[work, compression].filter(Boolean).join(' ')]?.[peer]
    if (work === 'fanout' || work === 'upsert' || least === undefined) return []
    return {
      what,
      beside: peer,
      target: `≥ ${least}`,
      measured: ratio,
      isMet: ratio.median >= least,
      run,
      profiled: { workload, work, ...(compression && { compression }) },
    }
  })

const floors = ({ transfer }: Results): Verdict[] =>
  transfer.flatMap(({ workload, work, compression, ofFloor, run }) => {
    if (!ofFloor || workload !== 'text' || work === 'fanout' || work === 'upsert') return []
    return {
      what: `${workload}, ${work}, ${compression}`,
      beside: 'floor',
      target: '≥ 0.8',
      measured: ofFloor.cpu,
      isMet: ofFloor.cpu.median >= 0.8,
      run,
      profiled: { workload, work, compression },
    }
  })

const scales = ({ scale }: Results): Verdict[] =>
  scale
    .filter(({ client, rows }) => client === 'odps-tunnel' && rows === 10_000_000)
    .flatMap(result => {
      const { work, peakBytes, run } = result
      const what = `${work} of 10 M rows`
      const isLess = (other: typeof result): boolean =>
        other.client === result.client && other.work === work && other.rows === 1_000_000
      const less = scale.find(isLess)
      const peak: Verdict = {
        what,
        beside: 'peak MB',
        target: '≤ 200',
        measured: String(Math.round(peakBytes / 1e6)),
        isMet: peakBytes <= 200e6,
        run,
      }
      if (less === undefined) return [peak]
      const { memory } = slopeOf(less, result)
      const beside = 'peak of 1 M rows'
      return [peak, { what, beside, target: '≤ 1.1', measured: memory.toFixed(2), isMet: memory <= 1.1, run }]
    })

const starts = ({ start }: Results): Verdict[] =>
  start.map(({ overMs, run }) => ({
    what: 'import and first request',
    beside: 'bare Node',
    target: '≤ 100 ms',
    measured: overMs.median.toFixed(0),
    isMet: overMs.median <= 100,
    run,
  }))

export const verdictsOf = (results: Results): Verdict[] => [
  ...ratios(results),
  ...floors(results),
  ...scales(results),
  ...starts(results),
]

/** The work of the targets that are missed. */
export const missedWorks = (results: Results): Profiled[] => {
  const missed = verdictsOf(results).flatMap(({ isMet, profiled }) => (isMet || !profiled ? [] : [profiled]))
  return [...new Map(missed.map(profiled => [JSON.stringify(profiled), profiled])).values()]
}
