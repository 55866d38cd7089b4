/*
 * Runs a program of this folder from one bundle: `node test/simulation/bundled.mjs main --count 100`. The loader that runs
 * sources in other tests names every function each time it is made, which is a fifth of the time of a scenario.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const folder = dirname(fileURLToPath(import.meta.url))
const root = join(folder, '../..')
const [program] = process.argv.splice(2, 1)

// Inside the repository, so that the packages it needs are found.
mkdirSync(join(root, '.cache'), { recursive: true })
const outdir = mkdtempSync(join(root, '.cache/simulation-'))
process.on('exit', () => rmSync(outdir, { recursive: true, force: true }))

await build({
  absWorkingDir: root,
  entryPoints: [join(folder, `${program}.ts`)],
  outdir,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  splitting: true,
  sourcemap: true,
  packages: 'external',
  // What has to come before the library is imported for nothing but its effect.
  ignoreAnnotations: true,
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  logLevel: 'warning',
})
// Only who plays one again reads where it went wrong: finding places in sources takes long.
process.setSourceMapsEnabled(process.argv.includes('--seed'))
await import(pathToFileURL(join(outdir, `${program}.mjs`)).href)
