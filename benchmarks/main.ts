/* `npm run bench -- [words] [options]`; see README.md. */
import { mkdirSync } from 'node:fs'
import type { CompressionName } from '../lib/compression/compression.js'
import { measureArrow } from './arrow-section.js'
import { buildOurs, scratch } from './contender.js'
import { measureCopy } from './copy-section.js'
import { type Dataset, type DatasetName, enlarged, makeDataset } from './datasets.js'
import { describePlan } from './estimates.js'
import { measureFiles } from './files-section.js'
import { machine } from './machine.js'
import { measureInMemory } from './memory-section.js'
import { measureMicro } from './micro-section.js'
import { writePages } from './pages.js'
import { type Plan, readPlan, type Section, type UploadWay } from './plan.js'
import { type Profiled, profile, profileNamed } from './profile-section.js'
import { proveWorkload } from './prove.js'
import { type Part, type Parts, type Results, readResults, withPart, writeResults } from './results.js'
import { measureScale, measureStart } from './scale-section.js'
import {
  printCopies,
  printFiles,
  printMemory,
  printMicro,
  printProfiles,
  printScale,
  printStart,
  printTransfers,
} from './tables.js'
import { missedWorks } from './targets.js'
import { measureTransfers } from './transfer-section.js'
import { measureUploads } from './uploads-section.js'
import { workloads } from './workloads.js'

const datasetOf = async (name: DatasetName, compression?: CompressionName): Promise<Dataset> => {
  const dataset = await makeDataset(name, scratch('.'))
  return compression === 'zstd' ? enlarged(dataset, scratch('.')) : dataset
}

const profiledOf = (plan: Plan, results: Results): readonly Profiled[] => {
  if (plan.profilesMisses) return missedWorks(results)
  return plan.datasets.flatMap(workload =>
    plan.works.flatMap((work): Profiled[] => {
      if (work === 'encodePrebuilt') return []
      if (work === 'encode' || work === 'decode') return [{ workload, work }]
      if (plan.compressions.length === 0)
        return [{ workload, work, compression: workload === 'text' ? 'raw' : 'snappy' }]
      return plan.compressions.map(compression => ({ workload, work, compression }))
    }),
  )
}

/** What is measured is kept at once: of a run that is cut short the parts that are done stay. */
class Run {
  readonly #plan: Plan
  readonly #name: string
  #results: Results

  constructor(plan: Plan, results: Results, name: string) {
    this.#plan = plan
    this.#results = results
    this.#name = name
  }

  #keep<Name extends Part>(
    part: Name,
    print: (results: readonly Parts[Name][]) => string,
    more: readonly Parts[Name][],
    isWhole = false,
  ): void {
    if (more.length > 0) console.log(`${print(more)}\n`)
    this.#results = withPart(this.#results, part, more, this.#name, isWhole)
    if (!this.#plan.write) return
    writeResults(this.#results)
    writePages()
  }

  readonly #measures: Readonly<Record<Section, () => Promise<void>>> = {
    prove: async () => {
      for (const workload of workloads)
        if (this.#plan.datasets.includes(workload.name)) await proveWorkload(workload, this.#plan.peers)
      console.log()
    },
    micro: async () => this.#keep('micro', printMicro, await measureMicro(this.#plan)),
    memory: async () => {
      for (const name of this.#plan.datasets)
        this.#keep('memory', printMemory, await measureInMemory(await datasetOf(name), this.#plan))
    },
    arrow: async () => {
      for (const name of this.#plan.datasetsOf('arrow'))
        this.#keep('arrow', printMemory, await measureArrow(await datasetOf(name), this.#plan))
    },
    transfer: async () => {
      for (const name of this.#plan.datasets)
        for (const compression of this.#plan.compressionsOf(name)) {
          const results = await measureTransfers(await datasetOf(name, compression), this.#plan, compression)
          this.#keep('transfer', printTransfers, results)
        }
    },
    fanout: () => this.#uploads('fanout'),
    upsert: () => this.#uploads('upsert'),
    copy: async () => {
      for (const name of this.#plan.datasetsOf('copy'))
        for (const compression of this.#plan.compressionsOf(name)) {
          const dataset = await datasetOf(name, compression)
          this.#keep('copy', printCopies, [await measureCopy(dataset, this.#plan, compression)])
        }
    },
    files: async () => {
      for (const name of this.#plan.datasetsOf('files'))
        this.#keep('files', printFiles, await measureFiles(await datasetOf(name), this.#plan))
    },
    scale: async () =>
      this.#keep('scale', printScale, await measureScale(await datasetOf('narrow'), this.#plan)),
    start: async () => this.#keep('start', printStart, [await measureStart(this.#plan.paceOf('start'))]),
    profile: async () => {
      const { ms } = this.#plan.paceOf('profile')
      const all = profiledOf(this.#plan, this.#results)
      if (this.#plan.profilesMisses) this.#keep('profiles', printProfiles, [], true)
      for (const what of all) {
        const result =
          'what' in what
            ? await profileNamed(what.what, this.#plan, ms)
            : await profile(await datasetOf(what.workload, what.compression), what, ms)
        this.#keep('profiles', printProfiles, [result])
      }
    },
  }

  async #uploads(work: UploadWay): Promise<void> {
    for (const name of this.#plan.datasetsOf(work)) {
      const compressions =
        this.#plan.compressions.length > 0 ? this.#plan.compressions : (['snappy'] as const)
      for (const compression of compressions) {
        const dataset = await datasetOf(name, compression)
        this.#keep('transfer', printTransfers, [await measureUploads(work, dataset, this.#plan, compression)])
      }
    }
  }

  async measure(): Promise<void> {
    for (const section of this.#plan.sections) {
      const start = performance.now()
      await this.#measures[section]()
      console.log(`${section} took ${Math.round((performance.now() - start) / 1000)} s\n`)
    }
  }
}

const main = async (): Promise<void> => {
  const plan = readPlan(process.argv.slice(2))
  console.log(`${describePlan(plan)}\n`)
  mkdirSync(scratch('.'), { recursive: true })
  await buildOurs()
  const here = await machine(plan.peers)
  const name = `${here.commit} ${here.date}`
  const results = readResults()
  await new Run(plan, { ...results, runs: { ...results.runs, [name]: here } }, name).measure()
}

main().catch(error => {
  console.error(error.message)
  process.exitCode = 1
})
