import { optionalPackage } from '../compression/optional-package.js'

/*
 * The package apache-arrow is needed only for its record batches; bytes of Arrow IPC need no package. So its types may be
 * absent too, and are then `any`: the declarations take all of them from one import, whose error is passed over.
 */

// biome-ignore lint/suspicious/noTsIgnore: with the package there is no error
/** @ts-ignore the package may be absent */
import type * as arrow from 'apache-arrow'

export type ApacheArrow = typeof arrow

/** A record batch of the package `apache-arrow`. */
export type RecordBatch = arrow.RecordBatch

/** A table of the package `apache-arrow`. */
export type ArrowTable = arrow.Table

/** What a record batch of the package holds of each column. */
export type ArrowColumnData = arrow.Data

/** @internal */
export const apacheArrow = optionalPackage<ApacheArrow>('apache-arrow', "Arrow without `as: 'ipc'`")
