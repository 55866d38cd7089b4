/*
 * `npm run test:typescript`: compiles programs against the packed package with the first and the last TypeScript of each row of docs/bundling.md,
 * libraries checked. Each is given the newest @types/node that it can read at all: later ones are written for later compilers. From a CommonJS file
 * some must refuse with TS1479, which is what that page says; a compiler that stops refusing fails here too.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { install, npm, pack } from './install.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
/** And the first setting of `module` that takes an import of an ES module from a CommonJS file. */
const compilers = {
  '5.4.5': undefined,
  '5.7.3': undefined,
  '5.8.3': ['nodenext'],
  '5.9.3': ['nodenext', 'node20'],
  '6.0.3': ['nodenext', 'node20'],
  '7.0.2': ['nodenext', 'node20'],
}
const nodeTypes = [26, 24, 22, 20]
const alias = (name, version) => `${name}-${version}`
const tools = install('typescript', {
  ...Object.fromEntries(
    Object.keys(compilers).map(version => [alias('typescript', version), `npm:typescript@${version}`]),
  ),
  ...Object.fromEntries(nodeTypes.map(major => [alias('node', major), `npm:@types/node@${major}`])),
})

const project = mkdtempSync(join(tmpdir(), 'odps-tunnel-typescript-'))
const strict = {
  target: 'es2022',
  lib: ['es2022'],
  types: ['node'],
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: false,
  noEmit: true,
}

/** @returns what the compiler prints of errors */
const compile = (version, options, ...files) => {
  const config = join(project, 'tsconfig.json')
  writeFileSync(config, JSON.stringify({ compilerOptions: { ...strict, ...options }, files }))
  const compiler = join(tools, 'node_modules', alias('typescript', version), 'bin/tsc')
  const { stdout, stderr, error } = spawnSync(process.execPath, [compiler, '-p', config], {
    encoding: 'utf8',
  })
  if (error) throw error
  return `${stdout}${stderr}`.split('\n').filter(line => /error|Error/.test(line))
}

const useNodeTypes = major => {
  const link = join(project, 'node_modules/@types/node')
  rmSync(link, { recursive: true, force: true })
  symlinkSync(join(tools, 'node_modules', alias('node', major)), link, 'junction')
}

/** The newest that compiles alone. */
const findNodeTypes = version =>
  nodeTypes.find(major => {
    useNodeTypes(major)
    return compile(version, { module: 'nodenext' }, 'empty.ts').length === 0
  })

/** ES modules and what is CommonJS are compiled together: starting a compiler costs most. */
const check = (version, commonJs = []) => {
  const major = findNodeTypes(version)
  assert.ok(major, `no @types/node for TypeScript ${version}`)
  const settings = { node16: 'node16', nodenext: 'nodenext', es2022: 'bundler' }
  if (commonJs.includes('node20')) settings.node20 = 'node16'
  for (const [module, moduleResolution] of Object.entries(settings)) {
    const files = module === 'es2022' ? ['consumer.ts'] : ['consumer.ts', 'importing.cts']
    if (commonJs.includes(module)) files.push('consumer.cts')
    const errors = compile(version, { module, moduleResolution }, ...files)
    const refused = errors.filter(line => line.includes('TS1479') && line.includes('importing.cts'))
    const where = `TypeScript ${version}, ${module}`
    assert.deepEqual(errors, refused, where)
    assert.equal(refused.length > 0, files.length === 2 && !commonJs.includes(module), where)
  }
  // Some users don't have this flag, without which other declarations may be wrong.
  assert.deepEqual(
    compile(version, { module: 'nodenext', exactOptionalPropertyTypes: false }, 'importing.ts'),
    [],
    `TypeScript ${version}, without exactOptionalPropertyTypes`,
  )
  const taken = commonJs.length > 0 ? commonJs.join(' and ') : 'refused with TS1479'
  console.log(
    `TypeScript ${version} with @types/node ${major}: node16, nodenext, bundler; from CommonJS: ${taken}`,
  )
}

try {
  writeFileSync(join(project, 'package.json'), '{"private":true,"type":"module"}')
  npm(project, 'install', '--prefer-offline', pack(root, project))
  for (const file of ['consumer.ts', 'consumer.cts'])
    copyFileSync(join(root, 'test/project/consumer', file), join(project, file))
  writeFileSync(join(project, 'empty.ts'), 'export const version: string = process.version\n')
  writeFileSync(
    join(project, 'importing.cts'),
    "import { Tunnel } from 'odps-tunnel'\nexport const tunnel: Tunnel | undefined = undefined\n",
  )
  const entries = ['', '/arrow', '/emulator'].map(
    (entry, i) => `export * as entry${i} from 'odps-tunnel${entry}'\n`,
  )
  writeFileSync(join(project, 'importing.ts'), entries.join(''))
  mkdirSync(join(project, 'node_modules/@types'), { recursive: true })
  for (const [version, commonJs] of Object.entries(compilers)) check(version, commonJs)
} finally {
  rmSync(project, { recursive: true, force: true })
}
