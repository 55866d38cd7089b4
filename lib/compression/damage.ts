import { TunnelProtocolError } from '../errors.js'

/** The compressed stream breaks its format. */
export const damaged = (what: string, cause?: unknown): TunnelProtocolError =>
  new TunnelProtocolError('ODPS_MALFORMED_STREAM', `Compressed stream is damaged: ${what}`, { cause })

/** The compressed stream stops before its end. */
export const truncated = (what: string, cause?: unknown): TunnelProtocolError =>
  new TunnelProtocolError('ODPS_TRUNCATED_STREAM', `Compressed stream was cut: ${what}`, {
    cause,
    retryable: true,
  })

/** Whether bytes could not be decompressed, or ended too early. */
export const isDamage = (error: unknown): boolean =>
  error instanceof TunnelProtocolError &&
  (error.code === 'ODPS_MALFORMED_STREAM' || error.code === 'ODPS_TRUNCATED_STREAM')

/**
 * Output that is allowed whatever its ratio. Above it, rows that are all the same come to 12 000 with zstd, where
 * a stream of zero bytes comes to 32 000; the other formats cannot pass 1 040.
 */
const ratioFreeBytes = 64 << 20

/** @throws TunnelProtocolError when `rawBytes` are too many for what they came from */
export const checkRatio = (rawBytes: number, wireBytes: number, maxRatio: number): void => {
  if (rawBytes > ratioFreeBytes && rawBytes > wireBytes * maxRatio)
    throw tooLarge(`more than ${maxRatio} times its size`)
}

export const tooLarge = (what: string): TunnelProtocolError =>
  new TunnelProtocolError(
    'ODPS_MALFORMED_STREAM',
    `Compressed stream is refused: it decodes to ${what}; if the data is really like that, use another compression`,
  )
