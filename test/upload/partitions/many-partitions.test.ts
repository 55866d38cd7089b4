import { execFile } from 'node:child_process'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const program = fileURLToPath(new URL('./many-partitions.ts', import.meta.url))

/* The small form; `npm run test:partitions` is the large one. The program itself asserts requests, memory, rows and order. */
describe('rows of many partitions in random order', { timeout: 120_000 }, () => {
  for (const distribution of ['random', 'zipf'])
    test(`${distribution}: few blocks, flat memory`, async () => {
      const size = ['--rows', '8000', '--partitions', '100', '--partitionBytes', String(2 ** 18)]
      await run(process.execPath, [
        '--expose-gc',
        '--import',
        'tsx',
        program,
        ...size,
        '--distribution',
        distribution,
      ])
    })
})
