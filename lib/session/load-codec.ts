/*
 * The codecs are half of this library's own code, and no request needs them: they are loaded while the first ones are
 * under way.
 */

export const loadEncoder = (): Promise<typeof import('../codec/rows/record-encoder.js')> =>
  import('../codec/rows/record-encoder.js')

export const loadDecoder = (): Promise<typeof import('../codec/rows/record-decoder.js')> =>
  import('../codec/rows/record-decoder.js')
