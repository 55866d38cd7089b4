import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'

/** Asks a server of its own for a hundred answers, with the flags that tell what the engine optimizes, and when. */
const program = `
  import { createServer } from 'node:http'
  import { once } from 'node:events'
  import { setTimeout } from 'node:timers/promises'
  import { Agent } from 'undici'
  const agent = new Agent()
  if (process.argv[1] === 'spared') (await import(process.argv[2])).spareParser()
  const server = createServer((_, response) => response.end('hello')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = 'http://127.0.0.1:' + server.address().port
  for (let i = 0; i < 100; i++)
    await (await agent.request({ origin, path: '/', method: 'GET' })).body.text()
  const { spin } = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(process.argv[3], 'base64'))).exports
  for (let i = 0; i < 200; i++) spin(1e6)
  await agent.close()
  server.close()
`

/** (func (export "spin") (param i32) (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))) */
const spin = 'AGFzbQEAAAABBQFgAX8AAwIBAAcIAQRzcGluAAAKEAEOAANAIABBAWsiAA0ACws='

/** Bytes of the functions that were optimized. */
const optimized = async (way: string): Promise<number[]> => {
  const url = new URL('../../lib/cli/spare-parser.ts', import.meta.url).href
  const flags = ['--trace-wasm-compilation-times', '--wasm-tiering-budget=1000000', '--import', 'tsx']
  const all = [...flags, '--input-type=module', '--eval', program, way, url, spin]
  const { stdout } = await promisify(execFile)(process.execPath, all)
  return [...stdout.matchAll(/ using Turbo.*bodysize (\d+)/g)].map(([, size]) => Number(size))
}

/** undici's parser has one function that is so large; the one above has 14 bytes. */
const isParser = (size: number): boolean => size > 20_000

test("of undici's parser nothing is optimized, and of later modules what is hot", async () => {
  const [usual, spared] = await Promise.all(['usual', 'spared'].map(optimized))
  assert.ok(usual!.some(isParser), `the parser as it is: ${usual}`)
  assert.ok(!spared!.some(isParser), `the parser spared: ${spared}`)
  assert.ok(spared!.includes(14), `a later module: ${spared}`)
})
