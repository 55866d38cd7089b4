import type { CompressionName } from '../lib/compression/compression.js'
import type { DatasetName } from './datasets.js'
import type { FileResult } from './files-section.js'
import type { Machine } from './machine.js'
import { besideOf, type PartTarget, partTargets } from './part-targets.js'
import type { Profiled } from './profile-section.js'
import type { Made, Results } from './results.js'
import { slopeOf, startName } from './scale-section.js'
import type { Spread } from './statistics.js'
import { byRatio, inUnit, millions } from './tables.js'
import type { TransferWork } from './transfer-section.js'

/** How we do beside a peer: rows per CPU second, ours ÷ theirs. */
export interface Comparison extends Made {
  readonly what: string
  readonly workload: DatasetName
  /** With the compression, where there is one. */
  readonly way: string
  readonly peer: string
  readonly ratio: Spread
  /** What a profile can be made of. */
  readonly profiled?: Profiled
}

export const comparisonsOf = ({ memory, arrow, transfer, files }: Results): Comparison[] => [
  ...memory.flatMap(({ workload, work, ratios, run }) =>
    Object.entries(ratios).map(([peer, ratio]) => {
      const what = `${workload}, ${work}`
      // Of ours both are the same work.
      const profiled = { workload, work: work === 'encodePrebuilt' ? 'encode' : work } as const
      return { what, workload, way: work, peer, ratio, run, profiled }
    }),
  ),
  ...transfer.flatMap(({ workload, compression, work, ratios, run }) =>
    Object.entries(ratios).map(([peer, ratio]) => {
      const what = `${workload}, ${work}, ${compression}`
      const made = { what, workload, way: `${work} ${compression}`, peer, ratio, run }
      return { ...made, ...profiledOf(workload, work, compression) }
    }),
  ),
  ...arrow.flatMap(({ workload, work, ratios, run }) =>
    Object.entries(ratios)
      .filter(([peer]) => peer !== 'floor')
      .map(([peer, ratio]) => {
        const what = `${workload}, ${work}`
        return { what, workload, way: work, peer, ratio, run, profiled: { workload, work } }
      }),
  ),
  ...files.flatMap(({ workload, work, file, rows, odpscmd, run }) =>
    odpscmd
      ? {
          what: fileText({ workload, work, file, rows }),
          workload,
          way: fileWay({ work, rows }),
          peer: `odpscmd${byRatio(odpscmd.isByRatio)}`,
          ratio: odpscmd.ratio,
          run,
          profiled: { workload, work, file, rows },
        }
      : [],
  ),
]

/** Of rows to many partitions or with keys no profile is made. */
const profiledOf = (
  workload: DatasetName,
  work: TransferWork,
  compression: CompressionName,
): { profiled?: Profiled } =>
  work === 'fanout' || work === 'upsert' ? {} : { profiled: { workload, work, compression } }

type FileName = Pick<FileResult, 'workload' | 'work' | 'file' | 'rows'>

const fileText = ({ workload, work, file, rows }: FileName): string =>
  `${workload}, ${work} of ${millions(rows)} rows as ${file}`

const fileWay = ({ work, rows }: Pick<FileName, 'work' | 'rows'>): string => `file ${work} ${rows}`

export interface Verdict extends Made {
  readonly what: string
  readonly beside: string
  readonly target: string
  readonly measured: Spread | string
  readonly isMet: boolean
  readonly profiled?: Profiled
}

type Targets = Readonly<Record<string, Readonly<Record<string, number>>>>

const ofMostTables: Targets = {
  encode: { pyodps: 4, go: 2, java: 1.6 },
  decode: { pyodps: 3, go: 2, java: 1.6 },
  'upload snappy': { pyodps: 3, go: 1.5, java: 1.2 },
  'download snappy': { pyodps: 3, go: 1.5, java: 1.2 },
  arrowDecode: { pyodps: 3 },
  arrowEncode: { pyodps: 3 },
  'file upload 2000000': { odpscmd: 8 },
  'file download 2000000': { odpscmd: 6 },
}

const ratioTargets: Readonly<Record<string, Targets>> = {
  narrow: ofMostTables,
  flights: ofMostTables,
  nested: ofMostTables,
  wide: {
    ...ofMostTables,
    decode: { ...ofMostTables['decode'], java: 2 },
    'file upload 300000': { odpscmd: 8 },
    'file download 300000': { odpscmd: 6 },
  },
  text: { encode: { java: 1 }, decode: { java: 1.2 } },
}

const targetOf = ({ workload, way, peer }: Comparison): number | undefined =>
  ratioTargets[workload]?.[way]?.[peer.split(',')[0]!]

const ratios = (results: Results): Verdict[] =>
  comparisonsOf(results).flatMap(compared => {
    const least = targetOf(compared)
    return least === undefined ? [] : besidePeer(least, compared)
  })

const besidePeer = (least: number, { what, peer, ratio, run, profiled }: Comparison): Verdict => ({
  ...atLeast(least, what, peer, ratio),
  ...{ run, ...(profiled && { profiled }) },
})

/** Nobody shall be quicker in anything, whatever else is asked for: the slowest of what has no target of its own stands for all of it. */
const others = (results: Results): Verdict[] => {
  const without = comparisonsOf({ ...results, arrow: [], files: [] }).filter(
    each => targetOf(each) === undefined,
  )
  return [true, false].flatMap(isZstd => {
    const [slowest, ...rest] = without
      .filter(({ way }) => way.endsWith('zstd') === isZstd)
      .sort((a, b) => a.ratio.median - b.ratio.median)
    if (slowest === undefined) return []
    const verdict = besidePeer(isZstd && !hasZstd(results.runs[slowest.run]!) ? 0.9 : 1, slowest)
    return {
      ...verdict,
      what: `${slowest.what}: the slowest of ${rest.length + 1} without a target of their own`,
    }
  })
}

/** Whether Node has zstd of its own. */
const hasZstd = ({ node }: Machine): boolean => Number(/\d+/.exec(node)?.[0]) >= 22

const atLeast = (least: number, what: string, beside: string, ratio: Spread): Omit<Verdict, 'run'> => ({
  what,
  beside,
  target: `≥ ${least}`,
  measured: ratio,
  isMet: ratio.median >= least,
})

const floors = ({ transfer, arrow, copy }: Results): Verdict[] => [
  ...transfer.flatMap(({ workload, work, compression, ofFloor, run }) => {
    if (!ofFloor || workload !== 'text') return []
    const what = `${workload}, ${work}, ${compression}`
    return { ...atLeast(0.8, what, 'floor', ofFloor.cpu), run, ...profiledOf(workload, work, compression) }
  }),
  ...arrow.flatMap(({ workload, work, ratios: { floor }, run }) =>
    floor
      ? { ...atLeast(0.8, `${workload}, ${work}`, 'floor', floor), run, profiled: { workload, work } }
      : [],
  ),
  ...copy.flatMap(({ workload, work, compression, entries, run }) =>
    entries.flatMap(({ name, ratio }) => {
      const least = name === 'floor' ? 0.8 : 10
      const what = `${workload}, ${work}, ${compression}`
      return ratio
        ? { ...atLeast(least, what, name, ratio.cpu), run, profiled: { workload, work, compression } }
        : []
    }),
  ),
]

/** Microseconds of CPU time per row, the start included. */
const mostPerRow = { upload: 0.6, download: 1 } as const

const filesOf = ({ files }: Results): Verdict[] =>
  files.flatMap(({ workload, work, file, rows, cpuMicrosecondsPerRow: { median }, run }) => {
    if (workload !== 'narrow' || rows !== 2_000_000 || !file.startsWith('CSV')) return []
    return {
      what: fileText({ workload, work, file, rows }),
      beside: 'CPU time per row',
      target: `≤ ${mostPerRow[work]} µs`,
      measured: median.toFixed(2),
      isMet: median <= mostPerRow[work],
      run,
      profiled: { workload, work, file, rows },
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
  start.flatMap(({ overMs, commandMs, run }) => [
    { ...overBareNode(startName, 100, overMs, run), profiled: { what: startName } },
    ...(commandMs ? [overBareNode('the command line, until it has answered', 200, commandMs, run)] : []),
  ])

const overBareNode = (what: string, most: number, { median }: Spread, run: string): Verdict => ({
  ...{ what, beside: 'bare Node', target: `≤ ${most} ms` },
  ...{ measured: median.toFixed(0), isMet: median <= most, run },
})

const parts = ({ micro }: Results): Verdict[] =>
  partTargets.flatMap(target => {
    const found = micro.find(({ name }) => name === target.part)
    return (found && partVerdict(target, found)) ?? []
  })

/** Undefined where it was not measured beside these. */
const partVerdict = (
  wanted: PartTarget,
  { speed, unit, ratios: besides, run }: Results['micro'][number],
): Verdict | undefined => {
  const { part: what, beside: others, least = 0, most } = wanted
  const profiled = { what }
  if (others === undefined) {
    const [target, measured] = [`≥ ${inUnit(least, unit)}`, inUnit(speed.median, unit)]
    return { what, beside: unit, target, measured, isMet: speed.median >= least, run, profiled }
  }
  const beside = besideOf(wanted)
  const ratio = besides?.[beside]
  if (ratio === undefined) return undefined
  if (most === undefined) return { ...atLeast(least, what, beside, ratio), run, profiled }
  const measured = inverse(ratio)
  const isMet = measured.median <= most
  return { what, beside, target: `≤ ${most} × its time`, measured, isMet, run, profiled }
}

const inverse = ({ median, least, most, runs }: Spread): Spread => ({
  ...{ median: 1 / median, least: 1 / most, most: 1 / least, runs },
})

export const verdictsOf = (results: Results): Verdict[] => [
  ...ratios(results),
  ...others(results),
  ...floors(results),
  ...filesOf(results),
  ...parts(results),
  ...scales(results),
  ...starts(results),
]

/** The work of the targets that are missed. */
export const missedWorks = (results: Results): Profiled[] => {
  const missed = verdictsOf(results).flatMap(({ isMet, profiled }) => (isMet || !profiled ? [] : [profiled]))
  return [...new Map(missed.map(profiled => [JSON.stringify(profiled), profiled])).values()]
}
