/* `npm run bench -- [words] [options]`; see README.md. */
import { parseArgs } from 'node:util'
import { compressionNames } from '../lib/compression/compression.js'
import { buildOurs, type PeerName, peerNames, scratch, whyMissing } from './contender.js'
import { type DatasetName, datasetNames, makeDataset } from './datasets.js'
import { machine } from './machine.js'
import { measureInMemory } from './memory-section.js'
import { measureMicro } from './micro-section.js'
import { type Plan, type Section, sections } from './plan.js'
import { type Results, readResults, writeResults } from './results.js'
import { measureScale, measureStart } from './scale-section.js'
import { printMemory, printMicro, printScale, printStart, printTransfers } from './tables.js'
import { measureTransfers } from './transfer-section.js'

const usage = `npm run bench -- [words] [options]

Words choose what is measured: ${sections.join(', ')};
${datasetNames.join(', ')}; ${peerNames.join(', ')}; ${compressionNames.join(', ')}.
Of a kind with no word all is measured (of compressions: raw and snappy).

  --runs n     alternations, default 7
  --ms n       CPU milliseconds of one timed run, default 400
  --scales a,b millions of rows, default 0.1,1 (10 takes minutes)
  --write      put the figures into results/, in place of the ones of the same workload there`

const readPlan = (): Plan & { write: boolean } => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      runs: { type: 'string', default: '7' },
      ms: { type: 'string', default: '400' },
      scales: { type: 'string', default: '0.1,1' },
      write: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const known: readonly string[] = [...sections, ...datasetNames, ...peerNames, ...compressionNames, 'none']
  const unknown = positionals.find(word => !known.includes(word))
  if (values.help || unknown !== undefined)
    throw new Error(unknown ? `unknown word ${unknown}\n\n${usage}` : usage)
  const chosen = <Word extends string>(all: readonly Word[], standard = all): readonly Word[] => {
    const words = all.filter(word => positionals.includes(word))
    return words.length > 0 ? words : standard
  }
  return {
    sections: chosen<Section>(sections),
    datasets: chosen<DatasetName>(datasetNames),
    peers: positionals.includes('none') ? [] : availablePeers(chosen<PeerName>(peerNames)),
    compressions: chosen(compressionNames, ['raw', 'snappy']),
    runs: Number(values.runs),
    runMs: Number(values.ms),
    warmUpMs: name => (name === 'java' ? 6000 : 1500),
    prebuilt: true,
    scales: values.scales.split(',').map(Number),
    write: values.write,
  }
}

const availablePeers = (peers: readonly PeerName[]): PeerName[] =>
  peers.filter(name => {
    const missing = whyMissing(name)
    if (missing !== undefined) console.log(`${name} is left out: there is no ${missing} here`)
    return missing === undefined
  })

/** Parts of a run that is cut short are kept. */
const main = async (): Promise<void> => {
  const plan = readPlan()
  await buildOurs()
  let results: Results = { ...readResults(), machine: await machine(plan.peers) }
  const keep = (more: Partial<Results>): void => {
    results = merge(results, more)
    if (plan.write) writeResults(results)
  }
  if (plan.sections.includes('micro')) keep({ micro: show(printMicro, await measureMicro(plan)) })
  for (const name of plan.datasets) {
    if (!plan.sections.includes('memory') && !plan.sections.includes('transfer')) break
    const dataset = await makeDataset(name, scratch('.'))
    console.log(`${name}: ${dataset.rows} rows, ${Math.round(dataset.bytes / dataset.rows)} bytes a row`)
    if (plan.sections.includes('memory'))
      keep({ memory: show(printMemory, await measureInMemory(dataset, plan)) })
    if (plan.sections.includes('transfer'))
      keep({ transfer: show(printTransfers, await measureTransfers(dataset, plan)) })
  }
  if (plan.sections.includes('scale')) keep({ scale: show(printScale, await measureScale(plan)) })
  if (plan.sections.includes('start')) keep({ start: show(printStart, await measureStart(plan)) })
}

const show = <T>(print: (results: T) => string, results: T): T => {
  console.log(`${print(results)}\n`)
  return results
}

/** Figures of the same thing are replaced. */
const merge = (old: Results, more: Partial<Results>): Results => ({
  ...old,
  ...more,
  memory: replaced(old.memory, more.memory, ({ workload, work }) => `${workload} ${work}`),
  transfer: replaced(
    old.transfer,
    more.transfer,
    ({ workload, work, compression }) => `${workload} ${work} ${compression}`,
  ),
  scale: replaced(old.scale, more.scale, ({ work, rows }) => `${work} ${rows}`),
})

const replaced = <T>(old: readonly T[] = [], more: readonly T[] = [], keyOf: (value: T) => string): T[] => {
  const keys = new Set(more.map(keyOf))
  return [...old.filter(value => !keys.has(keyOf(value))), ...more]
}

main().catch(error => {
  console.error(error.message)
  process.exitCode = 1
})
