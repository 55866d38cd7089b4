import { TunnelProtocolError } from '../errors.js'

/** The compressed stream breaks its format. */
export const malformed = (what: string, cause?: unknown): TunnelProtocolError =>
  new TunnelProtocolError('ODPS_MALFORMED_STREAM', `Compressed stream is damaged: ${what}`, { cause })

/** The compressed stream stops before its end. */
export const truncated = (what: string, cause?: unknown): TunnelProtocolError =>
  new TunnelProtocolError('ODPS_TRUNCATED_STREAM', `Compressed stream was cut: ${what}`, {
    cause,
    retryable: true,
  })
