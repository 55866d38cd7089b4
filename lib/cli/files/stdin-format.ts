import type { FormatName } from '../formats/file-format.js'
import type { Terminal } from '../terminal.js'
import { UsageError } from '../usage-error.js'

/** What stdin holds, by its first bytes, which stay to be read. */
export const stdinFormat = async (stdin: Terminal['stdin']): Promise<FormatName> => {
  const head = await peek(stdin)
  const text = head.toString('latin1')
  if (text.startsWith('PAR1')) return 'parquet'
  if (text.startsWith('ARROW1')) return 'arrow'
  if (head.subarray(0, 4).equals(arrowStream)) return 'arrow-stream'
  if (text.startsWith('FEA1'))
    throw new UsageError(
      'stdin is Feather of version 1, which is not Arrow IPC',
      'Save it again as Feather version 2, or as Parquet',
    )
  if (head.subarray(0, 2).equals(gzip) || head.subarray(0, 4).equals(zstd))
    throw new UsageError(
      'stdin is compressed, so its format is not known',
      'Use --format <csv|ndjson|…> and --file-compression <gzip|zstd>',
    )
  const first = /[^\s\xef\xbb\xbf]/.exec(text)?.[0]
  return first === '{' ? 'ndjson' : first === '[' ? 'json' : 'csv'
}

const arrowStream = Buffer.of(0xff, 0xff, 0xff, 0xff)
const gzip = Buffer.of(0x1f, 0x8b)
const zstd = Buffer.of(0x28, 0xb5, 0x2f, 0xfd)

/** As many bytes as the longest mark has. */
const markBytes = 6

/** What is there once there is enough of it for a mark, or all; nothing when there is none. */
const peek = async (stdin: Terminal['stdin']): Promise<Buffer> => {
  let wake = (): void => {}
  // One listener for all waits: with bytes at hand, each new one would be called at once.
  const listener = (): void => wake()
  for (const name of events) stdin.on(name, listener)
  try {
    for (;;) {
      const head: unknown = stdin.read(markBytes)
      if (head !== null) {
        stdin.unshift(head)
        const chunk: unknown = stdin.read()
        stdin.unshift(chunk)
        return Buffer.from(chunk as Buffer)
      }
      if (stdin.readableEnded || stdin.destroyed) return Buffer.alloc(0)
      await new Promise<void>(resolve => {
        wake = resolve
      })
    }
  } finally {
    for (const name of events) stdin.off(name, listener)
  }
}

const events = ['readable', 'end', 'close', 'error'] as const
