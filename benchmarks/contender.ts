import { existsSync, mkdirSync } from 'node:fs'
import { cp, mkdir } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { type ClientCommand, ClientProcess } from '../test/interop/client-process.js'
import { installClient, missingTool } from '../test/interop/install.js'
import { run } from '../test/interop/run-command.js'
import type { Place } from './contenders/jobs.js'

export const peerNames = ['pyodps', 'go', 'java'] as const
export type PeerName = (typeof peerNames)[number]
export type ContenderName = 'odps-tunnel' | 'floor' | PeerName

/** What is not in every contender. */
export const cannot: Readonly<Record<ContenderName, readonly string[]>> = {
  'odps-tunnel': [],
  floor: [],
  pyodps: [],
  go: ['lz4'],
  java: [],
}

export const folder = fileURLToPath(new URL('.', import.meta.url))
export const cache = join(folder, '.cache')
const sources = join(folder, 'contenders')

/** The library is measured as users get it: compiled, and run by Node alone. */
export const buildOurs = async (): Promise<void> => {
  await run('node', [join(folder, '../node_modules/.bin/tsc'), '-p', join(folder, 'tsconfig.json')])
}

/**
 * As users install it: how many files there are is most of what a start takes.
 *
 * @returns the URL of the folder of what is published
 */
export const buildPackage = async (): Promise<string> => {
  const root = join(folder, '..')
  await run('npm', ['run', '--silent', '--prefix', root, 'build'])
  return pathToFileURL(join(root, 'dist/')).href
}

/** Of the library with all its modules. */
export const modules = pathToFileURL(join(cache, 'build/lib/')).href

export const nodeCommand = (
  name: string,
  options: readonly string[] = [],
  ...args: readonly string[]
): ClientCommand => ({
  command: process.execPath,
  args: [...options, join(cache, 'build/benchmarks', name), ...args],
})

const commandOf = async (name: ContenderName): Promise<ClientCommand> => {
  if (name === 'odps-tunnel') return nodeCommand('contenders/odps-tunnel.js', ourOptions())
  if (name === 'floor') return nodeCommand('contenders/floor.js')
  if (name === 'pyodps') return pythonCommand()
  return name === 'java' ? javaCommand() : goCommand()
}

/** For profiles: `BENCH_NODE_OPTIONS=--cpu-prof`. */
const ourOptions = (): string[] => process.env['BENCH_NODE_OPTIONS']?.split(' ') ?? []

const pythonCommand = async (): Promise<ClientCommand> => {
  const { command } = await installClient('python')
  return { command, args: [join(sources, 'python/contender.py')] }
}

const javaCommand = async (): Promise<ClientCommand> => {
  const { args } = await installClient('java')
  const jars = args[args.indexOf('-cp') + 1]!.split(delimiter).at(-1)!
  const classes = join(cache, 'java')
  await mkdir(classes, { recursive: true })
  const compile = ['-nowarn', '-proc:none', '-cp', jars, '-d', classes]
  const programs = ['Contender.java', 'Workloads.java'].map(name => join(sources, 'java', name))
  await run('javac', [...compile, ...programs])
  return { command: 'java', args: ['-Xmx1g', '-cp', [classes, jars].join(delimiter), 'Contender'] }
}

const goCommand = async (): Promise<ClientCommand> => {
  const target = join(cache, 'go')
  await cp(join(sources, 'go'), target, { recursive: true })
  await run('go', ['build', '-mod=mod', '-o', 'contender', '.'], { cwd: target })
  return { command: join(target, 'contender'), args: [] }
}

const toolsOf = { pyodps: 'python', java: 'java', go: 'go' } as const

/** Why a peer cannot run here, if it cannot. */
export const whyMissing = (name: PeerName): string | undefined => missingTool(toolsOf[name])

/** A processor for contenders and another for the emulator, where there are two. */
export const pinned = ({ command, args }: ClientCommand, cpu: number): ClientCommand => {
  const canPin = existsSync('/usr/bin/taskset') && availableParallelism() > 1
  return canPin
    ? { command: '/usr/bin/taskset', args: ['-c', String(cpu), command, ...args] }
    : { command, args }
}

/** The parts of the work, one by one. */
export const startMicro = async (
  words: readonly string[],
  nodeOptions: readonly string[] = [],
): Promise<ClientProcess> =>
  new ClientProcess(pinned(nodeCommand('contenders/micro.js', nodeOptions, ...words), 1))

const commands = new Map<ContenderName, Promise<ClientCommand>>()

/** A contender in a process of its own, on one processor. */
export const startContender = async (name: ContenderName): Promise<ClientProcess> => {
  if (!commands.has(name)) commands.set(name, commandOf(name))
  return new ClientProcess(pinned(await commands.get(name)!, 1))
}

export const scratch = (file: string): string => join(cache, 'data', file)

/** What a user of the command line has set, and a home of nobody. */
export const userEnvironment = ({
  endpoint,
  project,
  accessKeyId,
  accessKeySecret,
}: Place): NodeJS.ProcessEnv => {
  const home = scratch('home')
  mkdirSync(home, { recursive: true })
  return {
    ...{ PATH: process.env['PATH'], HOME: home, XDG_STATE_HOME: home },
    ...{ ODPS_ENDPOINT: endpoint, ODPS_PROJECT: project },
    ...{ ALIBABA_CLOUD_ACCESS_KEY_ID: accessKeyId, ALIBABA_CLOUD_ACCESS_KEY_SECRET: accessKeySecret },
  }
}
