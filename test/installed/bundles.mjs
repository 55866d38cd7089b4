/*
 * `npm run test:bundles`: bundles a program that uses the packed package with each bundler, as docs/bundling.md says, and
 * runs the bundle in an empty folder. It must print what it prints unbundled. publint and attw look at the tarball.
 */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { install, npm, pack } from './install.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
const tools = install('bundles', {
  '@arethetypeswrong/cli': '0.18.5',
  '@rollup/plugin-commonjs': '29.0.3',
  '@rollup/plugin-json': '6.1.0',
  '@rollup/plugin-node-resolve': '16.0.3',
  '@vercel/ncc': '0.45.0',
  esbuild: '0.28.2',
  publint: '0.3.25',
  rollup: '4.68.8',
  vite: '8.4.0',
  webpack: '5.113.0',
})
const require = createRequire(join(tools, 'package.json'))
const load = async name => import(pathToFileURL(require.resolve(name)).href)

const project = mkdtempSync(join(tmpdir(), 'odps-tunnel-bundles-'))
const entry = join(project, 'program.mjs')
/** Where no package lies above: a bundle has only what is in it. */
const out = mkdtempSync(join(tmpdir(), 'odps-tunnel-bundled-'))

/** What an ES module needs, in which esbuild has put CommonJS packages. Written as in docs/bundling.md. */
const banner = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url)"

const esbuild = async (format, file, options) => {
  const { build } = await load('esbuild')
  const common = { entryPoints: [entry], bundle: true, platform: 'node', minify: true }
  await build({ ...common, format, outfile: join(out, file), ...options })
  return file
}

/** Its minifier takes longer than all the rest; a minified bundle is what esbuild makes. */
const webpack = async () => {
  const { default: run } = await load('webpack')
  const output = { path: join(out, 'webpack'), filename: 'program.cjs' }
  const stats = await new Promise((resolve, reject) =>
    run(
      { entry, output, target: 'node', mode: 'production', optimization: { minimize: false } },
      (error, done) => (error ? reject(error) : resolve(done)),
    ),
  )
  assert.equal(stats.toString({ all: false, errors: true, warnings: true }), '')
  return 'webpack/program.cjs'
}

const rollup = async () => {
  const { rollup: run } = await load('rollup')
  const [resolve, commonjs, json] = await Promise.all(
    ['node-resolve', 'commonjs', 'json'].map(name => load(`@rollup/plugin-${name}`)),
  )
  const plugins = [
    resolve.default({ exportConditions: ['node'], preferBuiltins: true }),
    commonjs.default({ ignore: ['node:sqlite'] }),
    json.default(),
  ]
  const bundle = await run({ input: entry, plugins, onwarn: () => {} })
  await bundle.write({ dir: join(out, 'rollup'), format: 'es', entryFileNames: 'program.mjs' })
  writeFileSync(join(out, 'rollup/package.json'), '{"type":"module"}')
  return 'rollup/program.mjs'
}

const vite = async () => {
  const { build } = await import(pathToFileURL(join(tools, 'node_modules/vite/dist/node/index.js')).href)
  await build({
    root: project,
    configFile: false,
    logLevel: 'error',
    ssr: { noExternal: true },
    build: { ssr: entry, outDir: join(out, 'vite') },
  })
  writeFileSync(join(out, 'vite/package.json'), '{"type":"module"}')
  return 'vite/program.js'
}

const ncc = async () => {
  const { default: run } = await load('@vercel/ncc')
  const { code, assets } = await run(entry, { quiet: true })
  for (const [name, source] of [
    ['program.mjs', code],
    ...Object.entries(assets).map(([name, asset]) => [name, asset.source]),
  ]) {
    const file = join(out, 'ncc', name)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, source)
  }
  return 'ncc/program.mjs'
}

const bundlers = {
  'esbuild, CommonJS': () => esbuild('cjs', 'esbuild.cjs', {}),
  'esbuild, ES module': () => esbuild('esm', 'esbuild.mjs', { banner: { js: banner } }),
  ncc,
  rollup,
  'vite, SSR': vite,
  webpack,
}

const run = (file, ...flags) =>
  execFileSync(process.execPath, [...flags, file], { cwd: dirname(file), encoding: 'utf8' })

/** What a program may not do: load addons, make code of strings, write files, start processes. */
const sandbox = [
  '--no-addons',
  '--disallow-code-generation-from-strings',
  process.allowedNodeEnvironmentFlags.has('--permission') ? '--permission' : '--experimental-permission',
  '--allow-fs-read=*',
  ...(process.allowedNodeEnvironmentFlags.has('--allow-net') ? ['--allow-net'] : []),
]

const main = async () => {
  copyFileSync(new URL('bundled-program.mjs', import.meta.url), entry)
  writeFileSync(join(project, 'package.json'), '{"private":true,"type":"module"}')
  const tarball = pack(root, project)
  npm(project, 'install', '--prefer-offline', tarball, 'stream-chain')
  for (const [checker, ...options] of [
    ['publint', '--strict'],
    ['attw', '--profile', 'esm-only', '--quiet'],
  ])
    execFileSync(join(tools, 'node_modules/.bin', checker), [tarball, ...options], { stdio: 'inherit' })
  const expected = run(entry)
  assert.match(expected, /^raw id,tags,at\n9007199254740993,.*\nODPS_MISSING_PACKAGE\n$/s)
  assert.equal(run(entry, ...sandbox), expected, 'in a sandbox')
  console.log('run in a sandbox')
  for (const [name, bundle] of Object.entries(bundlers)) {
    const started = Date.now()
    assert.equal(run(join(out, await bundle())), expected, name)
    console.log(`${name}: bundled and run in ${((Date.now() - started) / 1000).toFixed(1)} s`)
  }
}

try {
  await main()
} finally {
  for (const folder of [project, out]) rmSync(folder, { recursive: true, force: true })
}
