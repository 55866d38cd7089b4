import { readFileSync, writeFileSync } from 'node:fs'
import { encodeBatch } from '../lib/arrow/ipc/encode-message.js'
import { Framer } from '../lib/arrow/tunnel/frame.js'
import { createRecordDecoder } from '../lib/codec/rows/record-decoder.js'
import { asStored, storedValues } from '../lib/emulator/store/stored-type.js'
import { arrowForm } from '../lib/emulator/tunnel/arrow-forms.js'
import type { ClientProcess } from '../test/interop/client-process.js'
import { type ContenderName, scratch, startContender } from './contender.js'
import type { Dataset } from './datasets.js'
import { EmulatorProcess } from './emulator-process.js'
import { type MemoryResult, race } from './memory-section.js'
import type { Plan } from './plan.js'
import { roundsOf } from './transfer-section.js'

export type ArrowResult = Omit<MemoryResult, 'work'> & { readonly work: ArrowWork }

const works = ['arrowDecode', 'arrowDecodeIpc', 'arrowEncode'] as const
export type ArrowWork = (typeof works)[number] | 'arrowDownload'

/**
 * Streams of the Arrow tunnel to record batches and back, in memory, beside PyODPS with pyarrow: the checksums are verified
 * and written, nothing of the network. Of ours `arrowDecodeIpc` gives bytes of an IPC stream; PyODPS has only batches. Last a download from the emulator.
 */
export const measureArrow = async (dataset: Dataset, plan: Plan): Promise<ArrowResult[]> => [
  ...(await raceInMemory(dataset, plan)),
  await raceDownloads(dataset, plan),
]

const raceInMemory = async (dataset: Dataset, plan: Plan): Promise<ArrowResult[]> => {
  const file = writeArrowStream(dataset)
  const contenders = new Map<ContenderName, ClientProcess>()
  try {
    for (const name of ['odps-tunnel', 'pyodps'] as const) {
      if (name === 'pyodps' && !plan.peers.includes(name)) continue
      const contender = await startContender(name)
      contenders.set(name, contender)
      const { rows } = await contender.call<{ rows: number }>('arrowLoad', { file, columns: dataset.texts })
      if (rows !== dataset.rows) throw new Error(`${name} read ${rows} rows of ${dataset.name} in Arrow`)
      await prove(name, contender, dataset)
    }
    const results: ArrowResult[] = []
    const pace = plan.paceOf('arrow')
    for (const work of works) results.push(await race(work, dataset, contenders, plan, pace))
    return results
  } finally {
    for (const contender of contenders.values()) await contender.close()
  }
}

/**
 * The same table as bytes of an IPC stream, beside bare undici that asks for the same answers and checks nothing. Both are
 * served by a replay: a server that encodes while it answers would give the two other pieces at another pace.
 */
const raceDownloads = async (dataset: Dataset, plan: Plan): Promise<ArrowResult> => {
  const emulator = await EmulatorProcess.start()
  const [ours, floor] = [await startContender('odps-tunnel'), await startContender('floor')]
  try {
    const rows = await serveArrow(dataset, emulator, ours)
    const { replayed: answers } = await emulator.traffic()
    await floor.call('arrowServe', { answers, rows })
    const contenders = new Map<ContenderName, ClientProcess>([
      ['odps-tunnel', ours],
      ['floor', floor],
    ])
    return await race('arrowDownload', dataset, contenders, plan, plan.paceOf('arrow'), settleMs)
  } finally {
    await ours.close()
    await floor.close()
    await emulator.stop()
  }
}

/**
 * Has a contender download a table, which another one has filled: what the collector of garbage costs goes by all that a process
 * holds, and whoever downloads holds no rows.
 * @returns its rows
 */
export const serveArrow = async (
  dataset: Dataset,
  emulator: EmulatorProcess,
  ours: ClientProcess,
): Promise<number> => {
  const [table, rounds] = ['arrow_download', roundsOf(dataset)]
  const { place, replayUrl } = emulator
  await emulator.createTable(table, dataset.texts)
  const filling = await startContender('odps-tunnel')
  try {
    await filling.call('arrowLoad', { file: writeArrowStream(dataset), columns: dataset.texts })
    await filling.call('arrowFill', { place, table, rounds })
  } finally {
    await filling.close()
  }
  const { rows } = await ours.call<{ rows: number }>('arrowServe', { place, replayUrl, table })
  if (rows !== dataset.rows * rounds)
    throw new Error(`${rows} rows are served of ${dataset.name}, not ${dataset.rows * rounds}`)
  return rows
}

/** The dataset as a stream of the Arrow tunnel. @returns the name of the file */
export const writeArrowStream = (dataset: Dataset): string => {
  const file = scratch(`${dataset.name}.arrow-stream`)
  writeFileSync(file, arrowStreamOf(dataset))
  return file
}

/** On the clock: what waits for a socket stays slow for seconds, until the engine keeps the buffers. */
const settleMs = 10_000

/** As the service's answer has it: batches of so many rows. */
const batchRows = 1024

const arrowStreamOf = ({ columns, file }: Dataset): Buffer => {
  const rows: unknown[][] = []
  createRecordDecoder(columns.map(asStored), storedValues).push(readFileSync(file), rows)
  const forms = columns.map(({ type }) => arrowForm(type, 'tunnel'))
  const framer = new Framer()
  const framed: Uint8Array[] = []
  for (let from = 0; from < rows.length; from += batchRows) {
    const batch = rows.slice(from, from + batchRows)
    const laidOut = forms.map((form, i) => form.layOut(batch.map(row => row[i])))
    framer.push(encodeBatch(batch.length, laidOut).bytes, framed)
  }
  framer.end(framed)
  return Buffer.concat(framed)
}

/** What a contender writes of its batches, we must read as the rows of the workload: as many, with right checksums. */
const prove = async (name: ContenderName, contender: ClientProcess, dataset: Dataset): Promise<void> => {
  const file = scratch(`${name}-${dataset.name}.arrow-stream`)
  await contender.call('arrowEncodeToFile', { file })
  const check = await startContender('odps-tunnel')
  try {
    const { rows } = await check.call<{ rows: number }>('arrowLoad', { file, columns: dataset.texts })
    if (rows !== dataset.rows) throw new Error(`${name} wrote ${rows} rows of ${dataset.name} in Arrow`)
  } finally {
    await check.close()
  }
}
