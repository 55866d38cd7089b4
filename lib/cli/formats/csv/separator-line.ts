import { UsageError } from '../../usage-error.js'
import type { TextOptions } from '../text-options.js'

/*
 * Excel, and programs that write files for it, may say in a line before the header which delimiter follows: `sep=;`. Excel
 * never shows that line, so it is no header and no row here either.
 */

const longestLine = Buffer.byteLength('sep=\u{10ffff}\r\n')

/** Takes the line off. */
export const takeSeparatorLine = async (
  source: AsyncGenerator<Buffer, void, undefined>,
): Promise<{
  readonly separator: string | undefined
  readonly bytes: AsyncGenerator<Buffer, void, undefined>
}> => {
  let head: Buffer = Buffer.alloc(0)
  while (head.length < longestLine) {
    const next = await source.next()
    if (next.done) break
    head = head.length === 0 ? next.value : Buffer.concat([head, next.value])
  }
  const [line, separator] =
    /^sep=([^\r\n])(?:\r\n|\r|\n|$)/iu.exec(head.subarray(0, longestLine).toString()) ?? []
  const rest = line === undefined ? head : head.subarray(Buffer.byteLength(line))
  return { separator, bytes: resumed(rest, source) }
}

async function* resumed(
  head: Buffer,
  source: AsyncGenerator<Buffer, void, undefined>,
): AsyncGenerator<Buffer, void, undefined> {
  try {
    if (head.length > 0) yield head
    yield* source
  } finally {
    await source.return()
  }
}

/** @throws UsageError when another delimiter was named */
export const withSeparator = (
  options: TextOptions,
  separator: string | undefined,
  path: string,
): TextOptions => {
  if (separator === undefined) return options
  const { delimiter, isOdpscmd } = options
  const isNamed = delimiter !== undefined && !(isOdpscmd && delimiter === ',')
  if (isNamed && delimiter !== separator)
    throw new UsageError(
      `${path} begins with 'sep=${separator}', and --delimiter says '${delimiter}'`,
      'Leave --delimiter out if the first line is right; else remove that line',
    )
  return { ...options, delimiter: separator }
}
