/*
 * Puts the code of each of the package's entries into one file, and what they load later or share into others (`npm run build`, which then
 * makes the declarations, a file for each source). Finding and reading files is most of what Node does at the start:
 * the import of the library takes a third of the time that it takes in a file for each source.
 *
 * esbuild makes a file for each set of entries that share code, and all that is loaded later is an entry. The twenty commands and
 * their formats would make a hundred files of a transfer. So those that share most become one entry each, and whatever else the
 * command line loads later brings the transfers along, whose code has no need to be split for it then. What the library loads later
 * counts as loading the library and the codecs too, which are there by then: else each such part would split off what it shares with another.
 * The conformance checks are an entry of their own: they are as large as all other commands.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))
const cli = resolve(root, 'lib/cli')

/** Of the command line, what is loaded later and is one entry. */
const together = {
  transfers: [
    ...[
      'call.ts',
      'upload/command.ts',
      'upload/upload-job.ts',
      'download/command.ts',
      'download/download-job.ts',
    ],
    ...['formats/csv/source.ts', 'formats/csv/writer.ts', 'formats/csv/printing.ts'],
    ...['../text/csv/quick-records.ts', '../codec/rows/record-encoder.ts', '../codec/rows/record-decoder.ts'],
  ],
  commands: [
    ...['upsert/command.ts', 'upsert/upsert-job.ts', 'copy/command.ts', 'copy/copy-job.ts'],
    ...['query/query-command.ts', 'query/execute-command.ts', 'doctor/command.ts', 'config/command.ts'],
    ...[
      'table/schema-command.ts',
      'table/head-command.ts',
      'table/count-command.ts',
      'table/infer-command.ts',
    ],
    ...['catalogue/tables-command.ts', 'catalogue/partitions-command.ts', 'catalogue/schemas-command.ts'],
    ...['journal/sessions-command.ts', 'journal/resume-command.ts', 'completion/command.ts'],
    'emulate.ts',
  ],
}

const entryOf = file => Object.keys(together).find(name => together[name].includes(file)) ?? file
const exportsOf = entry => (together[entry] ?? [entry]).map(file => `export * from './${file}'\n`).join('')

/** Of what the library loads later, what is loaded before it. */
const thereBy = path => ['index.ts', ...(path.startsWith(resolve(root, 'lib/codec')) ? [] : codecs)]
const codecs = ['codec/rows/record-encoder.ts', 'codec/rows/record-decoder.ts']

const gathered = {
  name: 'gathered',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^\./ }, ({ path, importer, kind }) => {
      if (kind !== 'dynamic-import') return undefined
      const file = resolve(dirname(importer), path).replace(/\.js$/, '.ts')
      if (!importer.startsWith(cli)) return { path: file, namespace: 'later' }
      return { path: entryOf(relative(cli, file).replaceAll('\\', '/')), namespace: 'gathered' }
    })
    onResolve({ filter: /^transfers$/ }, () => ({ path: 'transfers', namespace: 'gathered' }))
    onLoad({ filter: /./, namespace: 'later' }, ({ path }) => ({
      contents: [
        `export * from ${JSON.stringify(path)}`,
        ...thereBy(path).map(file => `import './lib/${file}'`),
      ].join('\n'),
      loader: 'ts',
      resolveDir: root,
    }))
    onLoad({ filter: /./, namespace: 'gathered' }, ({ path }) => ({
      contents: exportsOf(path) + (path === 'transfers' ? '' : "import 'transfers'"),
      loader: 'ts',
      resolveDir: cli,
    }))
  },
}

/** A name that two files of an entry export would be missing there. */
const refuseSharedNames = async files => {
  const { metafile } = await build({
    entryPoints: files.map(file => resolve(cli, file)),
    outdir: 'dist',
    format: 'esm',
    metafile: true,
    write: false,
  })
  const names = Object.values(metafile.outputs).flatMap(output => output.exports)
  const shared = names.filter((name, at) => names.indexOf(name) < at)
  if (shared.length > 0) throw new Error(`exported by two files of an entry: ${shared.join(', ')}`)
}

for (const files of Object.values(together)) await refuseSharedNames(files)
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
  plugins: [gathered],
  logLevel: 'warning',
  logOverride: { 'ignored-bare-import': 'silent' },
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
