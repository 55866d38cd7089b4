/* Proves that the simulation finds faults: `npm run test:mutations` puts each of some mistakes into a copy of the library and plays
 * the scenarios of `npm run test:simulate` there until one fails; `-- upsert` tries those whose name has that word. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Mutation, mutations } from './mutations.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

const copyWith = ({ file, from, to }: Mutation): string => {
  const folder = mkdtempSync(join(tmpdir(), 'odps-tunnel-mutation-'))
  for (const name of ['lib', 'test', 'package.json', 'tsconfig.json'])
    cpSync(join(root, name), join(folder, name), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  const source = readFileSync(join(folder, file), 'utf8')
  writeFileSync(
    join(folder, file),
    source.replace(from, () => to),
  )
  return folder
}

/** The scenario that found it; undefined when none did. */
const find = async (mutation: Mutation): Promise<string | undefined> => {
  const folder = copyWith(mutation)
  try {
    const child = spawn(process.execPath, ['test/simulation/bundled.mjs', 'main'], { cwd: folder })
    let output = ''
    child.stdout.on('data', chunk => (output += chunk))
    child.stderr.on('data', chunk => (output += chunk))
    const [code] = await once(child, 'close')
    if (code === 0) return undefined
    const found = /--seed \d+ --kind \w+/.exec(output)?.[0]
    if (found === undefined) throw new Error(`${mutation.name}: the simulation broke down:\n${output}`)
    return found
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const words = process.argv.slice(2)
const tried = mutations.filter(({ name }) => words.length === 0 || words.some(word => name.includes(word)))
let missed = 0
for (const mutation of tried) {
  const found = await find(mutation)
  if (found === undefined) missed++
  console.log(`${found === undefined ? 'NOT FOUND' : `found by ${found}`}: ${mutation.name}`)
}
console.log(`${tried.length - missed} passed, ${missed} failed`)
process.exitCode = missed === 0 ? 0 : 1
