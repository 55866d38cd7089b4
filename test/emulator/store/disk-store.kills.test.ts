import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { TableCalls, twoRows } from '../emulator-client.js'
import { segmentsIn, start, withDirectory } from './data-directory.js'

const child = fileURLToPath(new URL('./killed-emulator.ts', import.meta.url))

const nextLine = async (lines: AsyncIterator<string>): Promise<string> => {
  const { value, done } = await lines.next()
  return done ? '' : value
}

describe('kill -9 in the middle of commits', () => {
  /** The child commits as fast as it can and tells before and after each; the kill falls somewhere in between. */
  for (const [round, delayLines] of [1, 2, 3, 5, 8, 13].entries())
    test(`round ${round}: every answered commit is there, none by half`, () =>
      withDirectory(async dataDir => {
        const emulator: ChildProcess = spawn(process.execPath, ['--import', 'tsx', child, dataDir], {
          stdio: ['ignore', 'pipe', 'inherit'],
        })
        const lines = createInterface({ input: emulator.stdout! })[Symbol.asyncIterator]()
        assert.equal(await nextLine(lines), 'ready')
        let committed = 0
        for (let seen = 0; seen < delayLines * 2 - 1; seen++) {
          const [word, count] = (await nextLine(lines)).split(' ')
          if (word === 'committed') committed = Number(count)
        }
        emulator.kill('SIGKILL')
        await once(emulator, 'exit')
        for (let line = await nextLine(lines); line !== ''; line = await nextLine(lines))
          if (line.startsWith('committed')) committed = Number(line.split(' ')[1])
        await checkAfterKill(dataDir, committed)
      }))
})

/** Each commit adds three blocks of two rows to `t`, and replaces the rows of `replaced` by as many. */
const checkAfterKill = async (dataDir: string, committed: number): Promise<void> => {
  await using emulator = await start(dataDir)
  const rows = emulator.rowCount('t')
  assert.ok(rows === committed * 6 || rows === (committed + 1) * 6, `${rows} rows after ${committed} commits`)
  const { body } = await new TableCalls(emulator).download()
  for (let at = 0; at < rows / 2; at++)
    assert.ok(body.subarray(at * 27, at * 27 + 27).equals(twoRows.subarray(0, 27)))
  const replaced = emulator.rowCount('replaced')
  assert.ok(replaced >= committed && replaced <= committed + 1)
  assert.equal(segmentsIn(dataDir).length, rows / 2 + (replaced > 0 ? 1 : 0))
  await new TableCalls(emulator).upload([twoRows])
  assert.equal(emulator.rowCount('t'), rows + 2)
}
