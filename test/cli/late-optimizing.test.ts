import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'

/** Calls a function as often as a transfer has chunks, and one as often as it has rows. */
const program = `
  if (process.argv[1] === 'late') (await import(process.argv[2])).optimizeLate()
  const sum = 'return [' + 'i * i + '.repeat(20) + 'i]'
  const forChunks = new Function('return function forChunks(i) {' + sum + '}')()
  const forRows = new Function('return function forRows(i) {' + sum + '}')()
  for (let i = 0; i < 8000; i++) forChunks(i)
  for (let i = 0; i < 2e5; i++) forRows(i)
`

/** Functions that the engine has chosen to optimize. */
const optimized = async (way: string): Promise<string[]> => {
  const url = new URL('../../lib/cli/late-optimizing.ts', import.meta.url).href
  const flags = ['--trace-opt', '--no-use-osr', '--no-maglev']
  const all = [...flags, '--import', 'tsx', '--input-type=module', '--eval', program, way, url]
  const { stdout, stderr } = await promisify(execFile)(process.execPath, all)
  assert.equal(stderr, '')
  return [...stdout.matchAll(/marking \S+ <JSFunction (for\w+).*TURBOFAN/g)].map(([, name]) => name!)
}

test('what runs for chunks is not optimized, and what runs for rows is', async () => {
  const [usual, late] = await Promise.all(['usual', 'late'].map(optimized))
  assert.ok(usual!.includes('forChunks'), `as it is: ${usual}`)
  assert.ok(!late!.includes('forChunks') && late!.includes('forRows'), `late: ${late}`)
})
