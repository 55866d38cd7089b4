/*
 * `npm run test:runners`: what docs/testing.md shows for Vitest and Jest, run by them with the packed package: the examples as they stand on
 * the page, an emulator for all files, fake timers with the options that the page names, and for Jest a CommonJS test.
 * (The page's examples for node:test are run by `npm test`.)
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { install, npm, pack } from './install.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
const tools = install('test-runners', { esbuild: '0.28.2', jest: '30.5.2', vitest: '4.1.12' })
const { transformSync } = createRequire(join(tools, 'package.json'))('esbuild')

const page = readFileSync(join(root, 'docs/testing.md'), 'utf8')
const sectionOf = title => page.split(`\n## ${title}\n`)[1].split('\n## ')[0]
const blocksOf = title => [...sectionOf(title).matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code)
/** `vi.useFakeTimers(…)` as the page has it. */
const callOf = name => new RegExp(`\`(${name}\\.useFakeTimers\\(.*?\\))\``).exec(page)[1]
const javaScript = code => transformSync(code, { loader: 'ts', format: 'esm' }).code

/** The page's test of a slow service, for another runner. */
const slowService = (name, imports) => `
import { Tunnel } from 'odps-tunnel'
import { startEmulator } from 'odps-tunnel/emulator'
${imports}
test('a slow service', async () => {
  const emulator = await startEmulator({ listen: false })
  await emulator.createTable({ name: 'visits', columns: { page: 'string' } })
  const tunnel = new Tunnel(emulator.connection)
  ${callOf(name)}
  emulator.setFaults([{ action: 'createUpload', fault: { delayMs: 60_000 } }])
  const uploading = tunnel.upload({ table: 'visits' }, [['/']])
  while (!emulator.requests.some(({ action }) => action === 'createUpload')) await new Promise(setImmediate)
  ${name}.advanceTimersByTime(60_000)
  expect((await uploading).rows).toBe(1)
  ${name}.useRealTimers()
})
`

/** In a process that the emulator of the global set-up serves. */
const shared = `
test('an emulator for all files', async () => {
  const { Tunnel } = await import('odps-tunnel')
  const tunnel = new Tunnel()
  await tunnel.execute({ sql: 'create table numbers (n bigint)' })
  expect((await tunnel.upload({ table: 'numbers' }, [[1n]])).rows).toBe(1)
  await tunnel.close()
})
`

const write = (folder, files) => {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
}

const run = (folder, tool, args, env = {}) =>
  execFileSync(process.execPath, [join(tools, 'node_modules', tool), ...args], {
    cwd: folder,
    env: { ...process.env, CI: 'true', ...env },
    stdio: 'inherit',
    timeout: 120_000,
  })

const runVitest = folder => {
  const [orders, setUp] = blocksOf('Vitest')
  write(folder, {
    'vitest.config.mjs': "export default { test: { globalSetup: './set-up.ts', include: ['*.test.ts'] } }",
    'set-up.ts': setUp,
    'orders.test.ts': orders,
    'slow.test.ts': slowService('vi', "import { expect, test, vi } from 'vitest'"),
    'shared.test.ts': `import { expect, test } from 'vitest'\n${shared}`,
  })
  run(folder, 'vitest/vitest.mjs', ['run', '--root', folder])
}

const runJest = folder => {
  const [orders] = blocksOf('Jest')
  write(folder, {
    'jest.config.mjs':
      "export default { globalSetup: './set-up.mjs', globalTeardown: './tear-down.mjs', transform: {}, testMatch: ['**/*.test.?js'] }",
    'set-up.mjs': `import { startEmulator } from 'odps-tunnel/emulator'
export default async () => {
  globalThis.emulator = await startEmulator()
  Object.assign(process.env, globalThis.emulator.env)
}`,
    'tear-down.mjs': 'export default () => globalThis.emulator.close()',
    'orders.test.mjs': javaScript(orders),
    'slow.test.mjs': slowService('jest', "import { expect, jest, test } from '@jest/globals'"),
    'shared.test.cjs': `const { expect, test } = require('@jest/globals')\n${shared}`,
  })
  const flag = /NODE_OPTIONS=(\S+)/.exec(sectionOf('Jest'))[1]
  run(folder, 'jest/bin/jest.js', ['--rootDir', folder], { NODE_OPTIONS: flag })
}

const project = mkdtempSync(join(tmpdir(), 'odps-tunnel-runners-'))
try {
  writeFileSync(join(project, 'package.json'), '{"private":true,"type":"module"}')
  npm(project, 'install', '--prefer-offline', pack(root, project))
  for (const [name, start] of Object.entries({ vitest: runVitest, jest: runJest })) {
    const folder = join(project, name)
    write(folder, { 'package.json': '{"type":"module"}' })
    start(folder)
    console.log(`${name}: examples run`)
  }
} finally {
  rmSync(project, { recursive: true, force: true })
}
