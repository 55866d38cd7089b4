/*
 * Compiles AssemblyScript to WebAssembly, inlined as text so that no bundler has to find a file: `npm run build:wasm`.
 * With --check it only looks whether that was done. A processor without SIMD refuses a module that has any, so the records' module is
 * compiled twice; its sources ask `ASC_FEATURE_SIMD`, which is known when they are compiled. The other modules need SIMD: without
 * it callers go their careful way.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import asc from 'assemblyscript/asc'

/** Each becomes ../<name>-module.ts. */
const modules = [
  {
    name: 'records',
    sources: ['checksum.ts', 'record-writer.ts', 'scatter.ts', 'record-reader.ts'],
    withoutSimd: true,
  },
  { name: 'csv-writer', sources: ['text/start.ts', 'text/csv-writer.ts', 'text/fields.ts', 'text/times.ts'] },
  { name: 'csv-reader', sources: ['csv/start.ts', 'csv/csv-reader.ts'] },
  { name: 'pages', sources: ['checksum.ts', 'pages/page.ts', 'pages/snappy.ts', 'pages/writer.ts'] },
]

const here = new URL('.', import.meta.url)
const options = ['-O3', '--converge', '--noAssert', '--runtime', 'stub', '--initialMemory', '2']

const compile = async (sources, ...more) => {
  let binary
  const { error, stderr } = await asc.main([...sources, '--outFile', 'module.wasm', ...options, ...more], {
    readFile: name => {
      try {
        return readFileSync(new URL(name, here), 'utf8')
      } catch {
        return null
      }
    },
    writeFile: (_, bytes) => {
      binary = bytes
    },
    listFiles: () => [],
  })
  if (error) throw new Error(`${error.message}\n${stderr.toString()}`)
  return Buffer.from(binary).toString('base64')
}

const moduleOf = async ({ name, sources, withoutSimd }) => {
  const identifier = `${name.replace(/-(.)/g, (_, letter) => letter.toUpperCase())}Module`
  const texts = { [identifier]: await compile(sources, '--enable', 'simd') }
  if (withoutSimd) texts[`${identifier}WithoutSimd`] = await compile(sources)
  const constants = Object.entries(texts).map(([key, text]) => `export const ${key} =\n  '${text}'\n`)
  return `/* Made of assembly/*.ts by \`npm run build:wasm\`. */\n${constants.join('')}`
}

for (const module of modules) {
  const path = new URL(`../${module.name}-module.ts`, here)
  const text = await moduleOf(module)
  if (!process.argv.includes('--check')) writeFileSync(path, text)
  else if (readFileSync(path, 'utf8') !== text)
    throw new Error(`${module.name}-module.ts is not what its sources compile to; run npm run build:wasm`)
}
