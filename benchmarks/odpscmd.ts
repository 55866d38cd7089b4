import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pinned, scratch, startContender } from './contender.js'
import type { Cost } from './contenders/answering.js'
import type { Place } from './contenders/jobs.js'
import { type Dataset, type DatasetName, loadJobOf } from './datasets.js'
import type { EmulatorProcess } from './emulator-process.js'
import type { Plan } from './plan.js'
import { several } from './turns.js'

/*
 * odpscmd, the official command line, beside ours. No registry has it, so no suite can install it: it is measured where the
 * variable ODPSCMD_HOME names its folder. Elsewhere what it costs is taken from the Java SDK, which does the work in it: the
 * Java SDK's rows in memory, measured in the same run, times what odpscmd cost beside them where both were measured.
 */

export type FileWork = 'upload' | 'download'

/** Somebody who moves all rows of a file's table, or to it. */
export interface Rival {
  /** @returns CPU milliseconds of it all */
  readonly cost: (work: FileWork, file: string) => Promise<number>
  readonly close: () => Promise<void>
}

export const odpscmdHome = process.env['ODPSCMD_HOME'] || undefined

/**
 * CPU time of odpscmd 0.57.0-public, its start included, ÷ that of the Java SDK, of as many rows. `bench -- files java` prints it
 * anew where ODPSCMD_HOME is set. Of `wide` it is an estimate: odpscmd took 0.88 and 0.82 of what it took for these rows of `narrow`,
 * in a run without the Java SDK.
 */
export const timesJava: Readonly<Partial<Record<DatasetName, TimesJava>>> = {
  narrow: { rows: 2_000_000, upload: 6.8, download: 7.5 },
  wide: { rows: 300_000, upload: 8.9, download: 8.7 },
}
type TimesJava = Readonly<Record<FileWork, number>> & { readonly rows: number }

export const odpscmdTable = 'files_odpscmd'

/** As quick as it gets: nothing compressed, no first pass over the file; with more threads it would write wrong rows. */
const quickest = '-t 1 -cp false -h true'
/** Text that has quotes in its file must be told to be CSV; narrow has none. */
const formOf = ({ name }: Dataset): string => (name === 'narrow' ? quickest : `${quickest} -cf true`)

export const startOdpscmd = async (
  home: string,
  dataset: Dataset,
  emulator: EmulatorProcess,
): Promise<Rival> => {
  await emulator.createTable(odpscmdTable, dataset.texts)
  const config = scratch('odps_config.ini')
  writeFileSync(config, configOf(emulator.place))
  return {
    cost: (work, file) => {
      if (work === 'download') rmSync(file, { force: true })
      const words =
        work === 'upload'
          ? `upload ${formOf(dataset)} -s false -ow true ${file} ${odpscmdTable}`
          : `download ${formOf(dataset)} ${odpscmdTable} ${file}`
      return cpuMsOf([join(home, 'bin/odpscmd'), `--config=${config}`, '-e', `tunnel ${words}`])
    },
    close: async () => {},
  }
}

const configOf = ({ project, accessKeyId, accessKeySecret, endpoint }: Place): string =>
  Object.entries({
    ...{ project_name: project, end_point: endpoint, access_id: accessKeyId, access_key: accessKeySecret },
    data_size_confirm: 0,
  })
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')

/** Of a command and all that it starts. */
const cpuMsOf = async (words: readonly string[]): Promise<number> => {
  const home = scratch('home')
  mkdirSync(home, { recursive: true })
  const timed = { command: 'bash', args: ['-c', 'TIMEFORMAT="cpu %3U %3S"; time "$@"', 'bash', ...words] }
  const { command, args } = pinned(timed, 1)
  const env = { ...process.env, HOME: home, TZ: 'UTC', NO_PROXY: '127.0.0.1', no_proxy: '127.0.0.1' }
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let printed = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', chunk => {
      printed = (printed + chunk).slice(-20_000)
    })
  const [code] = await once(child, 'close')
  const [, user, system] = /^cpu ([\d.]+) ([\d.]+)$/m.exec(printed) ?? []
  const cpuMs = 1000 * (Number(user) + Number(system))
  if (code !== 0 || !(cpuMs > 0)) throw new Error(`${words.join(' ')}: ${printed}`)
  return cpuMs
}

/** The Java SDK with its rows in memory, warm. */
export const startJava = async (
  dataset: Dataset,
  plan: Plan,
  emulator: EmulatorProcess,
  rounds: number,
): Promise<Rival> => {
  const table = 'files_java'
  await emulator.createTable(table, dataset.texts)
  const java = await startContender('java')
  await java.call('load', loadJobOf(dataset))
  const job = { place: emulator.place, table, compression: 'snappy', rounds }
  const move = async (work: FileWork): Promise<Cost> => {
    const cost = await java.call<Cost>(work, job)
    if (cost.rows !== dataset.rows * rounds)
      throw new Error(`java: ${work} of ${dataset.rows * rounds} rows moved ${cost.rows}`)
    return cost
  }
  const warmUpMs = plan.warmUpMs('java', plan.paceOf('transfer'))
  for (const work of ['upload', 'download'] as const) await several(() => move(work), warmUpMs)
  return { cost: async work => (await move(work)).cpuMs, close: () => java.close() }
}
