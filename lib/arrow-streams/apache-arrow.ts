import { optionalPackage } from '../compression/optional-package.js'

/*
 * The package apache-arrow is needed only for its record batches; bytes of Arrow IPC need no package. So its types may be
 * absent too, and are then `any`, for which the declarations say where an error is to be passed over.
 */

// biome-ignore lint/suspicious/noTsIgnore: with the package there is no error
/** @ts-ignore the package may be absent */
export type ApacheArrow = typeof import('apache-arrow')

/** A record batch of the package `apache-arrow`. */
// biome-ignore lint/suspicious/noTsIgnore: with the package there is no error
/** @ts-ignore the package may be absent */
export type RecordBatch = import('apache-arrow').RecordBatch

/** A table of the package `apache-arrow`. */
// biome-ignore lint/suspicious/noTsIgnore: with the package there is no error
/** @ts-ignore the package may be absent */
export type ArrowTable = import('apache-arrow').Table

/** What a record batch of the package holds of each column. */
// biome-ignore lint/suspicious/noTsIgnore: with the package there is no error
/** @ts-ignore the package may be absent */
export type ArrowColumnData = import('apache-arrow').Data

/** @internal */
export const apacheArrow = optionalPackage<ApacheArrow>(
  'apache-arrow',
  "Arrow without `as: 'ipc'`",
  () => import('apache-arrow'),
)
