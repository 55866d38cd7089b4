import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const child = fileURLToPath(new URL('./memory-child.ts', import.meta.url))

const peakOf = async (
  direction: 'upload' | 'download',
  rows: number,
  textLength: number,
  options: object,
): Promise<number> => {
  const job = [child, direction, String(rows), String(textLength), JSON.stringify(options)]
  const args = ['--expose-gc', '--import', 'tsx', ...job]
  const { stdout } = await run(process.execPath, args)
  return JSON.parse(stdout).peakBytes
}

const mebibyte = 2 ** 20
const room = 12 * mebibyte

/* The formulas of docs/streams.md, with room for what the engine and the sockets keep besides. */
describe('memory stays at the documented formula', () => {
  test('a fast producer of 60 MB into a slow service', async () => {
    const [blockBytes, concurrency] = [mebibyte, 3]
    const peak = await peakOf('upload', 300_000, 200, { blockBytes, concurrency, compression: 'raw' })
    const formula = (concurrency + 1) * blockBytes + mebibyte
    assert.ok(peak > 2 * blockBytes, `only ${peak} bytes: the service was not slow`)
    assert.ok(peak < formula + room, `${peak} bytes, the formula gives ${formula}`)
  })

  test('a slow consumer of a million rows', async () => {
    const readAheadBytes = 4 * mebibyte
    const options = { readAheadBytes, concurrency: 4, compression: 'raw', rangeRows: 100_000 }
    const peak = await peakOf('download', 1_000_000, 16, options)
    const formula = readAheadBytes + mebibyte
    assert.ok(peak > readAheadBytes / 2, `only ${peak} bytes: nothing was read ahead`)
    assert.ok(peak < formula + room, `${peak} bytes, the formula gives ${formula}`)
  })
})
