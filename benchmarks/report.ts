import type { Machine } from './machine.js'
import { type Made, nameOf, type Results } from './results.js'
import type { Spread } from './statistics.js'
import {
  printCopies,
  printFiles,
  printMemory,
  printMicro,
  printProfiles,
  printScale,
  printStart,
  printTransfers,
  table,
  times,
} from './tables.js'
import { comparisonsOf, verdictsOf } from './targets.js'

/** The page of results: everything in it comes from the figures. */
export const printReport = (results: Results): string => {
  const { memory, arrow, transfer, copy, files, scale, start, micro, profiles } = results
  const parts = [
    '# Benchmark results',
    'Made by `npm run bench -- --write`; see [the method](../README.md).',
    printRuns(results),
  ]
  const section = (title: string, text: string, made: readonly Made[], body: string): void => {
    if (made.length === 0) return
    const of = `From ${runsOf(results, made)}.`
    parts.push(`## ${title}`, [text, of].filter(Boolean).join(' '), body)
  }
  const compared = comparisonsOf(results)
  const losses = 'Everything in which a peer handles more rows per CPU second than we do.'
  section('Where we are slower', losses, compared, printLosses(results))
  const targets =
    'Ratios are rows per CPU second, ours ÷ theirs, or the time of a part ÷ that of the others: median (least–most).'
  section('Targets', targets, verdictsOf(results), printTargets(results))
  section(
    'Encode and decode in memory',
    'Rows per CPU second (user and system).',
    memory,
    printMemory(memory),
  )
  const client = 'CPU time and memory of the client; the emulator runs in another process.'
  section('Upload and download', client, transfer, printTransfers(transfer))
  const commands =
    'The command line, from the start of its process to its end; `by ratio` is what the Java SDK took, times a known ratio.'
  section('Files', commands, files, printFiles(files))
  const streams = 'Streams of the Arrow tunnel, in rows per CPU second (user and system).'
  section('Arrow', streams, arrow, printMemory(arrow))
  section('Copies', 'A table into another.', copy, printCopies(copy))
  section('Scale', 'Narrow rows, snappy, a new process for each measurement.', scale, printScale(scale))
  section('Start', '', start, printStart(start))
  section('Parts', '', micro, printMicro(micro))
  const shares =
    'Shares of the CPU time of our process, for the targets that were missed or asked for. The method says [what was tried](../README.md#what-was-tried).'
  section('Profiles', shares, profiles, printProfiles(profiles))
  return `${parts.join('\n\n')}\n`
}

/** A number of each run, the oldest first. */
const numbersOf = ({ runs }: Results): Map<string, number> => {
  const byDate = Object.entries(runs).sort(([, a], [, b]) => (a.date < b.date ? -1 : 1))
  return new Map(byDate.map(([run], i) => [run, i + 1]))
}

export const describeRun = (run: Machine): string => {
  const { date, commit, cpu, cpus, memoryGiB, system, node, odpsTunnel, peers } = run
  const machine = `${cpu}, ${cpus} processors, ${memoryGiB} GiB, ${system}`
  const versions = [`odps-tunnel ${odpsTunnel} at ${commit} on Node ${node}`, ...Object.values(peers)]
  return `${date} UTC, ${machine}; ${versions.join(', ')}.`
}

const printRuns = (results: Results): string =>
  [...numbersOf(results)]
    .map(([run, number]) => `- Run ${number}: ${describeRun(results.runs[run]!)}`)
    .join('\n')

/** `run 1`, or `run 1 (wide encode, wide decode) and run 2 (…)`. */
const runsOf = (results: Results, made: readonly Made[]): string => {
  const numbers = numbersOf(results)
  const used = [...new Set(made.map(({ run }) => run))].sort((a, b) => numbers.get(a)! - numbers.get(b)!)
  if (used.length === 1) return `run ${numbers.get(used[0]!)}`
  return used
    .map(run => {
      const names = new Set(made.filter(each => each.run === run).map(nameOf))
      return `run ${numbers.get(run)} (${[...names].join('; ')})`
    })
    .join(' and ')
}

const printLosses = (results: Results): string => {
  const losses = comparisonsOf(results).filter(({ ratio }) => ratio.median < 1)
  if (losses.length === 0) return 'Nothing.'
  const sorted = losses.sort((a, b) => a.ratio.median - b.ratio.median)
  return table(
    ['what', 'peer', 'ours ÷ theirs'],
    sorted.map(({ what, peer, ratio }) => [what, peer, times(ratio)]),
  )
}

const printTargets = (results: Results): string =>
  table(
    ['what', 'beside', 'target', 'measured', ''],
    verdictsOf(results).map(({ what, beside, target, measured, isMet }) => [
      what,
      beside,
      target,
      printMeasured(measured),
      isMet ? 'met' : '**missed**',
    ]),
  )

const printMeasured = (measured: Spread | string): string =>
  typeof measured === 'string' ? measured : times(measured)
