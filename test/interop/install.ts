import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ClientCommand } from './client-process.js'
import { run } from './run-command.js'

export const clientNames = ['python', 'java', 'go'] as const
export type ClientName = (typeof clientNames)[number]

/** With the newest versions beside the ones that are tried throughout. */
export const allNames = ['python', 'newer python', 'java', 'newer java', 'go'] as const
export type AnyName = (typeof allNames)[number]
export type NewerName = Exclude<AnyName, ClientName>

export const familyOf = (name: AnyName): ClientName =>
  name === 'newer python' ? 'python' : name === 'newer java' ? 'java' : name

const newerVersions = { python: '0.13.2', java: '0.57.1-public' } as const

const programs = fileURLToPath(new URL('clients/', import.meta.url))
const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'odps-tunnel-interop')

/** Arrow's memory reaches into it. */
const openNio = '--add-opens=java.base/java.nio=ALL-UNNAMED'

/** Commands the installation of a client needs on the PATH. */
const toolsOf: Readonly<Record<ClientName, readonly string[]>> = {
  python: ['python3'],
  java: ['mvn', 'javac', 'java'],
  go: ['go'],
}

export const missingTool = (client: AnyName): string | undefined =>
  toolsOf[familyOf(client)].find(tool => !isOnPath(tool))

const isOnPath = (tool: string): boolean =>
  (process.env['PATH'] ?? '').split(delimiter).some(folder => existsSync(join(folder, tool)))

/** Installs a client into the cache, or finds it there: the folder's name is a hash of what goes into it. */
export const installClient = async (client: AnyName): Promise<ClientCommand> => {
  switch (client) {
    case 'python':
      return installPython()
    case 'newer python':
      return installNewerPython()
    case 'java':
      return installJava()
    case 'newer java':
      return installJava(newerVersions.java)
    case 'go':
      return installGo()
  }
}

/** All that it needs is installed with the other version; only its own package stands before that one. */
const installNewerPython = async (): Promise<ClientCommand> => {
  const { command, args } = await installPython()
  const name = `pyodps==${newerVersions.python}`
  const folder = await installOnce('python-newer', [], `${name} ${command}`, async target => {
    const options = ['--disable-pip-version-check', '-q', '--no-deps', '--target', target]
    await run(command, ['-m', 'pip', 'install', ...options, name])
  })
  return { command, args, env: { PYTHONPATH: folder } }
}

const installPython = (): Promise<ClientCommand> =>
  installPythonProgram(join(programs, 'python'), 'client.py')

/** What other programs make of files: pyarrow, DuckDB, pandas. */
export const installFileReferences = (): Promise<ClientCommand> =>
  installPythonProgram(fileURLToPath(new URL('files/', import.meta.url)), 'reference.py')

const installPythonProgram = async (source: string, program: string): Promise<ClientCommand> => {
  const version = await output('python3', ['-c', 'import sys; print(sys.version)'])
  const folder = await installOnce('python', [join(source, 'requirements.txt')], version, async target => {
    await run('python3', ['-m', 'venv', target])
    const packages = ['--disable-pip-version-check', '-q', '-r', join(source, 'requirements.txt')]
    await run(join(target, 'bin', 'python'), ['-m', 'pip', 'install', ...packages])
  })
  return { command: join(folder, 'bin', 'python'), args: [join(source, program)] }
}

/** @param version undefined for that of pom.xml */
const installJava = async (version?: string): Promise<ClientCommand> => {
  const source = join(programs, 'java')
  const jars = await installOnce('java-jars', [join(source, 'pom.xml')], version ?? '', async target => {
    const options = [
      '-q',
      '-B',
      '-f',
      join(source, 'pom.xml'),
      ...(version === undefined ? [] : [`-Dodps.version=${version}`]),
    ]
    const goal = ['dependency:copy-dependencies', `-DoutputDirectory=${target}`, '-DincludeScope=runtime']
    await run('mvn', [...options, ...goal])
  })
  const files = ['Client.java', 'Cells.java', 'ArrowBlocks.java'].map(name => join(source, name))
  const compiler = await output('javac', ['-version'])
  const classes = await installOnce('java-classes', files, `${compiler} ${jars}`, async target => {
    await run('javac', ['-nowarn', '-proc:none', '-cp', join(jars, '*'), '-d', target, ...files])
  })
  return {
    command: 'java',
    args: [openNio, '-Xmx1g', '-cp', [classes, join(jars, '*')].join(delimiter), 'Client'],
  }
}

const installGo = async (): Promise<ClientCommand> => {
  const source = join(programs, 'go')
  const files = ['go.mod', 'go.sum', 'main.go', 'cells.go', 'arrow.go', 'driver.go'].map(name =>
    join(source, name),
  )
  const version = await output('go', ['version'])
  const folder = await installOnce('go', files, version, async target => {
    await cp(source, target, { recursive: true })
    await run('go', ['build', '-mod=mod', '-o', 'client', '.'], { cwd: target })
  })
  return { command: join(folder, 'client'), args: [] }
}

const installing = new Map<string, Promise<string>>()

/** A folder that is made whole or not at all, and only once. A virtual environment cannot be moved, so a mark says so. */
const installOnce = async (
  name: string,
  files: readonly string[],
  salt: string,
  install: (target: string) => Promise<void>,
): Promise<string> => {
  const hash = createHash('sha256').update(salt)
  for (const file of files) hash.update(await readFile(file))
  const folder = join(cache, `${name}-${hash.digest('hex').slice(0, 16)}`)
  const work = installing.get(folder) ?? installInto(folder, install)
  installing.set(folder, work)
  return work
}

const installInto = async (folder: string, install: (target: string) => Promise<void>): Promise<string> => {
  const mark = join(folder, '.complete')
  if (existsSync(mark)) return folder
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  await install(folder)
  await writeFile(`${mark}.new`, '')
  await rename(`${mark}.new`, mark)
  if ((await readdir(folder)).length < 2) throw new Error(`nothing was installed into ${folder}`)
  return folder
}

const output = (command: string, args: readonly string[]): Promise<string> => run(command, args)
