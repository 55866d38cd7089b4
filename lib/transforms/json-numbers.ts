import { escapedKeyEnd, parseLosslessJson } from '../codec/lossless-json.js'

/*
 * JSON.parse rounds whole numbers beyond 2^53. Only text with a run of so many digits that this can happen goes to the
 * parser that does not, which is several times slower.
 */

const longDigits = /\d{16}/

/**
 * Parses JSON; whole numbers that are not safe as a number are bigints. Of equal keys the last stays.
 * @throws SyntaxError or TunnelValueError; the former's message may quote the text.
 */
export const parseJsonExactly = (text: string): unknown =>
  longDigits.test(text) || escapedKeyEnd.test(text) ? parseLosslessJson(text) : JSON.parse(text)
