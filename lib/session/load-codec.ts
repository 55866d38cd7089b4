import { loadOnce } from '../load-once.js'

/*
 * The codecs are half of this library's own code, and no request needs them: they are loaded while the first ones are
 * under way.
 */

export const loadEncoder = loadOnce(() => import('../codec/rows/record-encoder.js'))
export const loadDecoder = loadOnce(() => import('../codec/rows/record-decoder.js'))
