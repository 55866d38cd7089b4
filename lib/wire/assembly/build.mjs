/*
 * Compiles the records' checksums, writer and reader to WebAssembly, inlined as text so that no bundler has to find a file: `npm run build:wasm`.
 * With --check it only looks whether that was done. A processor without SIMD refuses a module that has any, so there are two; the sources ask
 * `ASC_FEATURE_SIMD`, which is known when they are compiled.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import asc from 'assemblyscript/asc'

const here = new URL('.', import.meta.url)
const options = ['-O3', '--converge', '--noAssert', '--runtime', 'stub', '--initialMemory', '2']

const compileModule = async (...more) => {
  let binary
  const { error, stderr } = await asc.main(
    ['checksum.ts', 'record-writer.ts', 'record-reader.ts', '--outFile', 'records.wasm', ...options, ...more],
    {
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
    },
  )
  if (error) throw new Error(`${error.message}\n${stderr.toString()}`)
  return Buffer.from(binary).toString('base64')
}

const module = `/* Made of assembly/*.ts by \`npm run build:wasm\`. */
export const recordsModule =
  '${await compileModule('--enable', 'simd')}'
export const recordsModuleWithoutSimd =
  '${await compileModule()}'
`
const modulePath = new URL('../records-module.ts', here)
if (!process.argv.includes('--check')) writeFileSync(modulePath, module)
else if (readFileSync(modulePath, 'utf8') !== module)
  throw new Error('records-module.ts is not what assembly/*.ts compile to; run npm run build:wasm')
