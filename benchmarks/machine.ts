import { readFileSync } from 'node:fs'
import { arch, cpus, platform, release, totalmem } from 'node:os'
import { join } from 'node:path'
import { run } from '../test/interop/run-command.js'
import { folder, type PeerName, startContender } from './contender.js'

/** What the figures of a run depend on. */
export interface Machine {
  /** When the run began, to the minute; UTC. */
  readonly date: string
  /** With a plus if the library or the benchmarks differed from it. */
  readonly commit: string
  readonly cpu: string
  readonly cpus: number
  readonly memoryGiB: number
  readonly system: string
  readonly odpsTunnel: string
  readonly node: string
  /** The peers and what they run on. */
  readonly peers: Readonly<Record<string, string>>
}

export const machine = async (peers: readonly PeerName[]): Promise<Machine> => {
  const versions: Record<string, string> = {}
  for (const name of peers) {
    const contender = await startContender(name)
    const { client, runtime } = await contender.call<{ client: string; runtime: string }>('versions')
    versions[name] = `${client} on ${runtime}`
    await contender.close()
  }
  const [first] = cpus()
  const { version } = JSON.parse(readFileSync(join(folder, '../package.json'), 'utf8'))
  return {
    date: new Date().toISOString().slice(0, 16).replace('T', ' '),
    commit: await commit(),
    cpu: first?.model ?? 'unknown',
    cpus: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${release()} ${arch()}`,
    odpsTunnel: version,
    node: process.version,
    peers: versions,
  }
}

const commit = async (): Promise<string> => {
  const git = async (...args: string[]): Promise<string> =>
    (await run('git', args, { cwd: join(folder, '..') })).trim()
  const changes = await git('status', '--porcelain', '--', 'lib', 'benchmarks', ':!benchmarks/results')
  return `${await git('rev-parse', '--short', 'HEAD')}${changes === '' ? '' : '+'}`
}
