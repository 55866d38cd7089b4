import type { PartitionCommit } from './errors.js'

/*
 * Options that the command line sets and nobody else does. Their keys are symbols that the package does not give out, so
 * that users never meet them.
 */

/** Of `execute`: what the statement has printed isn't read, for its rows are. */
export const withoutText: unique symbol = Symbol('odps-tunnel without text')

export interface WithoutText {
  readonly [withoutText]?: true
}

/** Of `createUploadStream`: what proves that a block on the service holds the rows that are written again. */
export const blockProof: unique symbol = Symbol('odps-tunnel block proof')

export interface WithBlockProof {
  readonly [blockProof]?: BlockProof
}

export interface BlockProof {
  /** What each block that a former run sent has as {@link PreparedBlock.checksum}, by block id. */
  readonly former: ReadonlyMap<number, number>
  /** Called when a block is on the service. */
  readonly onSent: (blockId: number, checksum: number) => void
  /** Called when all are; the commit waits for it. */
  readonly beforeCommit: () => Promise<void>
  /** The error of a stream whose block has other rows than the former one of the same id. */
  readonly differs: (blockId: number) => Error
}

/** Of `createUploadStream` with `partitionBy`: told what is about to be committed; the commit waits for it. */
export const beforeCommit: unique symbol = Symbol('odps-tunnel before commit')

export interface WithBeforeCommit {
  readonly [beforeCommit]?: (partitions: readonly PartitionCommit[]) => Promise<void>
}
