/*
 * Puts the code of each of the package's entries into one file, and what they load later or share into others (`npm run build`, which then
 * makes the declarations, a file for each source). Finding and reading files is most of what Node does at the start:
 * the import of the library takes a third of the time that it takes in a file for each source.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))

rmSync(new URL('../dist', import.meta.url), { recursive: true, force: true })
const { outputFiles } = await build({
  absWorkingDir: root,
  entryPoints: ['lib/index.ts', 'lib/arrow-streams/index.ts', 'lib/emulator/index.ts', 'lib/cli/main.ts'],
  outdir: 'dist',
  outbase: 'lib',
  chunkNames: 'parts/[name]-[hash]',
  bundle: true,
  splitting: true,
  packages: 'external',
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  logLevel: 'warning',
  write: false,
})

/** A class that names itself is called _Timestamp inside, by users as well: both names may be the same. */
const renamed = text =>
  [...text.matchAll(/^var (\w+) = class _\1\b/gm)].reduce(
    (all, [, name]) => all.replace(new RegExp(`\\b_${name}\\b`, 'g'), name),
    text,
  )

for (const { path, text } of outputFiles) {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, renamed(text))
}
