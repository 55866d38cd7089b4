import { parseArgs } from 'node:util'
import { type CompressionName, compressionNames } from '../lib/compression/compression.js'
import { type ContenderName, type PeerName, peerNames, whyMissing } from './contender.js'
import { type DatasetName, datasetNames } from './datasets.js'

/** In the order in which they are measured: of a run that is cut short, what the README shows is there. */
export const sections = [
  'prove',
  'memory',
  'transfer',
  'files',
  'scale',
  'start',
  'fanout',
  'upsert',
  'arrow',
  'copy',
  'micro',
  'profile',
] as const
export type Section = (typeof sections)[number]

export const works = ['encode', 'decode', 'encodePrebuilt', 'upload', 'download'] as const
export type Work = (typeof works)[number]

/** Files of which the command line is measured. */
export const fileFormats = ['csv', 'ndjson', 'parquet'] as const
export type FileFormat = (typeof fileFormats)[number]

/** Rows that go to many partitions, or to a table with a key. */
export type UploadWay = 'fanout' | 'upsert'

/** Of the others the first column may be NULL, and is no key. */
const uploadDatasets: Readonly<Record<UploadWay, readonly DatasetName[]>> = {
  fanout: ['narrow', 'wide'],
  upsert: ['narrow'],
}

/** What is to be measured, and how long. */
export interface Plan {
  readonly sections: readonly Section[]
  /** All that were asked for. */
  readonly datasets: readonly DatasetName[]
  readonly datasetsOf: (section: Section) => readonly DatasetName[]
  readonly works: readonly Work[]
  readonly peers: readonly PeerName[]
  /** Those asked for by name. */
  readonly compressions: readonly CompressionName[]
  readonly compressionsOf: (name: DatasetName) => readonly CompressionName[]
  readonly paceOf: (section: Section) => Pace
  /** CPU time before what is timed; of timed runs that are very short it is short too. */
  readonly warmUpMs: (name: ContenderName, pace: Pace) => number
  /** Time on the clock after which it is over, whatever CPU time it took. */
  readonly warmUpClockMs: (pace: Pace) => number
  /** Millions of rows. */
  readonly scales: readonly number[]
  /** Only peers that were asked for by name: they take long for ten million rows. */
  readonly scalePeers: readonly PeerName[]
  readonly fileFormats: readonly FileFormat[]
  /** Of each file, about; undefined for what its workload has by default. */
  readonly fileRows: number | undefined
  /** Without words, and with `profile` alone: profiles are made of what misses its target. */
  readonly profilesMisses: boolean
  readonly write: boolean
}

export interface Pace {
  /** Alternations. */
  readonly runs: number
  /** CPU time that one timed run shall take at least, milliseconds. */
  readonly ms: number
  /** Time on the clock after which a timed run is over, milliseconds: some clients mostly wait. */
  readonly clockMs?: number
}

const paces: Readonly<Record<Section, Pace>> = {
  prove: { runs: 1, ms: 0 },
  memory: { runs: 5, ms: 400 },
  transfer: { runs: 5, ms: 400 },
  files: { runs: 3, ms: 0 },
  scale: { runs: 1, ms: 0 },
  start: { runs: 15, ms: 0 },
  fanout: { runs: 5, ms: 400 },
  upsert: { runs: 5, ms: 400, clockMs: 3000 },
  // What garbage costs a download of Arrow differs by half from one run to the next.
  arrow: { runs: 11, ms: 400 },
  copy: { runs: 5, ms: 400, clockMs: 5000 },
  micro: { runs: 5, ms: 150 },
  profile: { runs: 1, ms: 3000 },
}

/** What is measured without words of workloads, where that isn't all of them. */
const standardDatasets: Partial<Readonly<Record<Section, readonly DatasetName[]>>> = {
  files: ['narrow', 'wide'],
  ...uploadDatasets,
  arrow: ['narrow', 'wide'],
  copy: ['narrow', 'flights'],
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
${peerNames.join(', ')}, none; ${compressionNames.join(', ')};
${fileFormats.join(', ')}.
If no word of a kind is given, all of that kind is measured, except that compressions are all for wide, raw for text and snappy
for the others, and that files are narrow and wide and csv, arrow is narrow and wide, and copy is narrow and flights.

  --runs n     alternations, default ${paces.memory.runs} (arrow ${paces.arrow.runs}, files ${paces.files.runs}, start ${paces.start.runs})
  --ms n       CPU milliseconds of one timed run, default ${paces.memory.ms} (micro ${paces.micro.ms}, profile ${paces.profile.ms})
  --scales a,b millions of rows, default 0.1,1,10
  --rows n     rows of a file, about; default 2000000 of narrow, 300000 of wide, fewer of the others
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
    ...fileFormats,
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
    datasetsOf: section => {
      const all = standardDatasets[section] ?? datasetNames
      if (named(datasetNames).length === 0) return all
      return section === 'fanout' || section === 'upsert'
        ? all.filter(name => positionals.includes(name))
        : named(datasetNames)
    },
    works: chosen(works),
    peers: positionals.includes('none') ? [] : available(chosen(peerNames)),
    compressions,
    compressionsOf: name => (compressions.length > 0 ? compressions : standardCompressions[name]),
    paceOf: section => ({
      ...paces[section],
      runs: Number(values.runs ?? paces[section].runs),
      ms: Number(values.ms ?? paces[section].ms),
    }),
    warmUpMs: (name, { ms }) => (name === 'java' ? Math.min(6000, 15 * ms) : Math.min(1500, 4 * ms)),
    warmUpClockMs: ({ clockMs }) => 5 * (clockMs ?? Number.POSITIVE_INFINITY),
    scales: values.scales.split(',').map(Number),
    scalePeers: available(named(peerNames)),
    fileFormats: named(fileFormats).length > 0 ? named(fileFormats) : ['csv'],
    fileRows: values.rows === undefined ? undefined : Number(values.rows),
    profilesMisses: positionals.every(word => word === 'profile'),
    write: values.write,
  }
}

const available = (peers: readonly PeerName[]): PeerName[] =>
  peers.filter(name => {
    const missing = whyMissing(name)
    if (missing !== undefined) console.log(`${name} is left out: there is no ${missing} here`)
    return missing === undefined
  })
