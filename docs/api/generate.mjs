/*
 * `npm run docs:api` writes the API reference from the compiled declarations, and llms.txt from the pages; with `-- --check` it compares instead, and fails if
 * they differ. typedoc has a lock file of its own in this folder, because it needs an older TypeScript than the library.
 */
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { llmsText } from './llms.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const root = join(here, '../..')
const tools = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'odps-tunnel-api')

/** What imports are written, and the file that typedoc makes of its declarations. */
const entries = {
  'odps-tunnel': ['dist/index.d.ts', 'index.md'],
  'odps-tunnel/arrow': ['dist/arrow-streams/index.d.ts', 'arrow-streams.md'],
  'odps-tunnel/emulator': ['dist/emulator/index.d.ts', 'emulator.md'],
}

const read = path => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

const npm = (cwd, ...args) => execFileSync('npm', args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] })

const installTools = () => {
  const lock = read(join(here, 'package-lock.json'))
  if (read(join(tools, 'installed.json')) === lock) return
  mkdirSync(tools, { recursive: true })
  for (const file of ['package.json', 'package-lock.json']) copyFileSync(join(here, file), join(tools, file))
  npm(tools, 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline')
  writeFileSync(join(tools, 'installed.json'), lock)
}

/** @returns the text of each file of the reference, by name */
const generate = folder => {
  const files = Object.values(entries).map(([file]) => join(root, file))
  const compilerOptions = {
    ...{ target: 'es2023', lib: ['es2023', 'dom'], module: 'nodenext', strict: true, skipLibCheck: true },
    ...{ types: ['node'], typeRoots: [join(root, 'node_modules/@types')], noEmit: true },
  }
  const tsconfig = join(folder, 'tsconfig.json')
  writeFileSync(tsconfig, JSON.stringify({ compilerOptions, files }))
  const out = join(folder, 'out')
  const options = ['--options', join(here, 'typedoc.json'), '--tsconfig', tsconfig, '--out', out]
  const plugin = ['--plugin', join(tools, 'node_modules/typedoc-plugin-markdown/dist/index.js')]
  const points = files.flatMap(file => ['--entryPoints', file])
  const typedoc = join(tools, 'node_modules/typedoc/bin/typedoc')
  execFileSync(process.execPath, [typedoc, ...options, ...plugin, ...points], { cwd: root, stdio: 'inherit' })
  const pages = Object.entries(entries).map(([name, [, file]]) => {
    const text = readFileSync(join(out, file), 'utf8')
    return [file, text.replace(/^# .*/, `# ${name}`)]
  })
  return { 'README.md': index(), ...Object.fromEntries(pages) }
}

const index = () =>
  [
    '# API reference',
    '',
    'Generated from the declarations of the package by `npm run docs:api`. The [guides](../README.md) explain how things work together.',
    '',
    ...Object.entries(entries).map(([name, [, file]]) => `- [${name}](${file})`),
    '',
  ].join('\n')

const main = () => {
  installTools()
  npm(root, 'run', '-s', 'build')
  const folder = mkdtempSync(join(tmpdir(), 'odps-tunnel-api-'))
  try {
    const files = Object.entries({ ...generate(folder), '../../llms.txt': llmsText(root) })
    const stale = files.filter(([name, text]) => read(join(here, name)) !== text).map(([name]) => name)
    if (!process.argv.includes('--check'))
      for (const [name, text] of files) writeFileSync(join(here, name), text)
    else if (stale.length > 0)
      throw new Error(`docs/api: ${stale.join(', ')} not current; run npm run docs:api`)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

main()
