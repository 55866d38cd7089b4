import type { Call } from '../call.js'
import { type FormatName, isText } from './file-format.js'

/*
 * Options of text files change nothing in Parquet and Arrow, and most of them nothing in JSON. Who writes one expects
 * something of it, so it is named; those of a configuration file are for files of all kinds, and say nothing here.
 */

const ofDelimitedText =
  'delimiter record-delimiter quote header null csv-format datetime-format exponential'.split(' ')

/** Names options on the command line that none of the files has a use for. */
export const noteIdleOptions = (call: Call, formats: readonly FormatName[], isWritten: boolean): void => {
  if (formats.length === 0 || formats.some(name => name === 'csv' || name === 'tsv')) return
  const idle = [
    ...ofDelimitedText,
    ...(formats.some(isText) ? [] : ['encoding']),
    // Times without a zone are read in it in every format.
    ...(isWritten ? ['timezone'] : []),
  ].filter(name => call.values.isWritten(name))
  if (idle.length === 0) return
  const names = idle.map(name => `--${name}`).join(', ')
  call.remark(
    `${names} ${idle.length === 1 ? 'has' : 'have'} no effect on ${[...new Set(formats)].join(', ')}`,
  )
}
