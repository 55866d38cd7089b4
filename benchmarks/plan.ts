import { parseArgs } from 'node:util'
import { type CompressionName, compressionNames } from '../lib/compression/compression.js'
import { type ContenderName, type PeerName, peerNames, whyMissing } from './contender.js'
import { type DatasetName, datasetNames } from './datasets.js'

export const sections = [
  'prove',
  'micro',
  'memory',
  'arrow',
  'transfer',
  'fanout',
  'upsert',
  'copy',
  'files',
  'scale',
  'start',
  'profile',
] as const
export type Section = (typeof sections)[number]

export const works = ['encode', 'decode', 'encodePrebuilt', 'upload', 'download'] as const
export type Work = (typeof works)[number]

/** Rows that go to many partitions, or to a table with a key. */
export type UploadWay = 'fanout' | 'upsert'

/** Of the others the first column may be NULL, and is no key. */
export const uploadDatasets: Readonly<Record<UploadWay, readonly DatasetName[]>> = {
  fanout: ['narrow', 'wide'],
  upsert: ['narrow'],
}

/** What is to be measured, and how long. */
export interface Plan {
  readonly sections: readonly Section[]
  readonly datasets: readonly DatasetName[]
  readonly works: readonly Work[]
  readonly peers: readonly PeerName[]
  /** Those asked for by name. */
  readonly compressions: readonly CompressionName[]
  readonly compressionsOf: (name: DatasetName) => readonly CompressionName[]
  readonly paceOf: (section: Section) => Pace
  /** CPU time before what is timed; of timed runs that are very short it is short too. */
  readonly warmUpMs: (name: ContenderName, pace: Pace) => number
  /** Millions of rows. */
  readonly scales: readonly number[]
  /** Only peers that were asked for by name: they take long for ten million rows. */
  readonly scalePeers: readonly PeerName[]
  /** Of each file, about; undefined for what its workload has by default. */
  readonly fileRows: number | undefined
  /** Of a run without words: profiles are made of what misses its target. */
  readonly isWhole: boolean
  readonly write: boolean
}

export interface Pace {
  /** Alternations. */
  readonly runs: number
  /** CPU time that one timed run shall take at least, milliseconds. */
  readonly ms: number
}

const paces: Readonly<Record<Section, Pace>> = {
  prove: { runs: 1, ms: 0 },
  micro: { runs: 5, ms: 200 },
  memory: { runs: 7, ms: 400 },
  arrow: { runs: 7, ms: 400 },
  transfer: { runs: 7, ms: 400 },
  fanout: { runs: 7, ms: 400 },
  upsert: { runs: 7, ms: 400 },
  copy: { runs: 7, ms: 400 },
  files: { runs: 3, ms: 0 },
  scale: { runs: 1, ms: 0 },
  start: { runs: 15, ms: 0 },
  profile: { runs: 1, ms: 3000 },
}

/** What a run without words of compressions transfers. */
const standardCompressions: Readonly<Record<DatasetName, readonly CompressionName[]>> = {
  wide: compressionNames,
  flights: ['snappy'],
  narrow: ['snappy'],
  nested: ['snappy'],
  text: ['raw'],
}

const usage = `npm run bench -- [words] [options]

Words choose what is measured: ${sections.join(', ')};
${works.join(', ')}; ${datasetNames.join(', ')};
${peerNames.join(', ')}, none; ${compressionNames.join(', ')}.
If no word of a kind is given, all of that kind is measured (compressions: all for wide, raw for text, snappy for the others).

  --runs n     alternations, default ${paces.memory.runs} (micro ${paces.micro.runs}, start ${paces.start.runs})
  --ms n       CPU milliseconds of one timed run, default ${paces.memory.ms} (micro ${paces.micro.ms}, profile ${paces.profile.ms})
  --scales a,b millions of rows, default 0.1,1,10
  --rows n     rows of a file, about; default 300000 of narrow, fewer of the others
  --write      write the figures to results/ and README.md, replacing earlier figures of the same measurements`

/** @throws Error with the usage */
export const readPlan = (args: readonly string[]): Plan => {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      runs: { type: 'string' },
      ms: { type: 'string' },
      scales: { type: 'string', default: '0.1,1,10' },
      rows: { type: 'string' },
      write: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const known: readonly string[] = [
    ...sections,
    ...works,
    ...datasetNames,
    ...peerNames,
    ...compressionNames,
    'none',
  ]
  const unknown = positionals.find(word => !known.includes(word))
  if (values.help || unknown !== undefined)
    throw new Error(unknown ? `unknown word ${unknown}\n\n${usage}` : usage)
  const named = <Word extends string>(all: readonly Word[]): readonly Word[] =>
    all.filter(word => positionals.includes(word))
  const chosen = <Word extends string>(all: readonly Word[]): readonly Word[] =>
    named(all).length > 0 ? named(all) : all
  const compressions = named(compressionNames)
  return {
    sections: chosen(sections),
    datasets: chosen(datasetNames),
    works: chosen(works),
    peers: positionals.includes('none') ? [] : available(chosen(peerNames)),
    compressions,
    compressionsOf: name => (compressions.length > 0 ? compressions : standardCompressions[name]),
    paceOf: section => ({
      runs: Number(values.runs ?? paces[section].runs),
      ms: Number(values.ms ?? paces[section].ms),
    }),
    warmUpMs: (name, { ms }) => (name === 'java' ? Math.min(6000, 15 * ms) : Math.min(1500, 4 * ms)),
    scales: values.scales.split(',').map(Number),
    scalePeers: available(named(peerNames)),
    fileRows: values.rows === undefined ? undefined : Number(values.rows),
    isWhole: positionals.length === 0,
    write: values.write,
  }
}

const available = (peers: readonly PeerName[]): PeerName[] =>
  peers.filter(name => {
    const missing = whyMissing(name)
    if (missing !== undefined) console.log(`${name} is left out: there is no ${missing} here`)
    return missing === undefined
  })

/** What is measured, with about the minutes that it takes; longer where the machine does other work too. */
export const describePlan = (plan: Plan): string => {
  const lines = plan.sections.map(section => {
    const { what, seconds } = estimates[section](plan)
    return { text: `  ${section.padEnd(9)} ${what}`, seconds }
  })
  const minutes = Math.ceil(lines.reduce((sum, { seconds }) => sum + seconds, 0) / 60)
  const peers = plan.peers.length > 0 ? `beside ${plan.peers.join(', ')}` : 'without the official clients'
  return `${lines.map(({ text }) => text).join('\n')}\n${peers}; minutes, about: ${minutes}`
}

interface Estimate {
  readonly what: string
  readonly seconds: number
}

const warmUpSeconds = ({ peers, warmUpMs }: Plan, pace: Pace): number =>
  ['odps-tunnel' as const, ...peers].reduce((sum, name) => sum + warmUpMs(name, pace) / 1000, 0)

/** Of one race: the warming up and the alternations; a transfer is of 25 MB, and some are slow. */
const raceSeconds = (plan: Plan, { runs, ms }: Pace, leastMs: number): number =>
  warmUpSeconds(plan, { runs, ms }) + (runs * (plan.peers.length + 1) * Math.max(ms, leastMs)) / 1000

const paceText = ({ runs, ms }: Pace): string => `${runs} runs of ${ms} ms`

const uploadsEstimate = (work: UploadWay, plan: Plan): Estimate => {
  const pace = plan.paceOf('transfer')
  const peers = plan.peers.filter(name => name !== 'go')
  const count = Math.max(1, plan.compressions.length)
  const names = uploadDatasets[work].filter(name => plan.datasets.includes(name))
  return {
    what: `${names.join(', ')}; ${paceText(pace)}`,
    seconds: names.length * count * (10 + raceSeconds({ ...plan, peers }, pace, 1500)),
  }
}

const estimates: Readonly<Record<Section, (plan: Plan) => Estimate>> = {
  prove: ({ peers }) => ({ what: 'the generators', seconds: 4 + 17 * peers.length }),
  micro: plan => {
    const { runs, ms } = plan.paceOf('micro')
    return { what: paceText({ runs, ms }), seconds: (45 * runs * ms) / 1000 }
  },
  memory: plan => {
    const pace = plan.paceOf('memory')
    const races = plan.works.filter(work => work !== 'upload' && work !== 'download').length
    const seconds = plan.datasets.length * (6 + races * raceSeconds(plan, pace, 0))
    return { what: `${plan.datasets.join(', ')}; ${paceText(pace)}`, seconds }
  },
  arrow: plan => {
    const pace = plan.paceOf('arrow')
    const peers = plan.peers.filter(name => name === 'pyodps')
    const seconds = plan.datasets.length * (6 + 3 * raceSeconds({ ...plan, peers }, pace, 0))
    return { what: `${plan.datasets.join(', ')}; ${paceText(pace)}`, seconds }
  },
  transfer: plan => {
    const pace = plan.paceOf('transfer')
    const sets = plan.datasets.map(name => [name, plan.compressionsOf(name)] as const)
    const races = plan.works.filter(work => work === 'upload' || work === 'download').length
    const count = sets.reduce((sum, [, names]) => sum + names.length, 0)
    const what = sets.map(([name, names]) => `${name} ${names.join(' ')}`).join(', ')
    return {
      what: `${what}; ${paceText(pace)}`,
      seconds: count * (6 + races * raceSeconds(plan, pace, 1500)),
    }
  },
  fanout: plan => uploadsEstimate('fanout', plan),
  upsert: plan => uploadsEstimate('upsert', plan),
  copy: plan => {
    const { runs, ms } = plan.paceOf('copy')
    const count = plan.datasets.reduce((sum, name) => sum + plan.compressionsOf(name).length, 0)
    return {
      what: `${plan.datasets.join(', ')}; ${paceText({ runs, ms })}`,
      seconds: count * (10 + (6 * runs * ms) / 1000),
    }
  },
  files: plan => {
    const { runs } = plan.paceOf('files')
    const size = (plan.fileRows ?? 300_000) / 300_000
    const seconds = plan.datasets.length * (15 + 8 * (runs + 2) * (0.5 + size))
    return { what: `${plan.datasets.join(', ')}; ${runs} runs`, seconds }
  },
  scale: ({ scales, scalePeers }) => ({
    what: `${scales.join(', ')} million rows${scalePeers.map(name => `, ${name}`).join('')}`,
    seconds: scales.reduce((sum, millions) => sum + 2 + 2 * millions, 0) * (1 + 2 * scalePeers.length),
  }),
  start: plan => ({ what: `${plan.paceOf('start').runs} runs`, seconds: plan.paceOf('start').runs * 0.5 }),
  profile: plan => {
    const count = plan.isWhole ? 8 : plan.works.length * plan.datasets.length
    const what = plan.isWhole ? 'what misses its target' : `${plan.datasets.join(', ')}`
    return { what, seconds: (count * (2000 + plan.paceOf('profile').ms)) / 1000 }
  },
}
