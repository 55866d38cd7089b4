import type { RecordStream } from '../../codec/rows/record-scatterer.js'
import { StreamTotals } from '../../codec/stream/totals.js'
import { formatPartitionSpec, type PartitionSpec } from '../../schema/partition-spec.js'
import type { CallOptions } from '../../session/call-options.js'
import { deferred } from '../../session/deferred.js'
import type { PreparedBlock } from '../block-builder.js'
import type { BlockLimits } from '../block-plan.js'
import type { BlockTarget } from '../block-target.js'
import type { SessionTarget } from '../session-target.js'
import type { UploadResult } from '../uploader.js'
import { PagedBytes } from './byte-pages.js'

/** What became of one partition of an upload. */
export interface PartitionResult extends UploadResult {
  /** `a=1,b=2`. */
  readonly partitionSpec: string
}

/** One partition: the rows that were not sent yet, and the session for them, once it is open. */
export class Partition implements BlockTarget, RecordStream {
  readonly spec: PartitionSpec
  /** Records that were not sent yet, and what their trailer will say. */
  readonly tail = new PagedBytes()
  totals = new StreamTotals()
  waiting = -1
  /** Those of the block that grows. */
  limits: BlockLimits
  readonly #opened = deferred<SessionTarget>()
  /** Undefined while the session isn't open. */
  target: SessionTarget | undefined
  /** Called when a block has been sent, or could not be. */
  readonly #onPut: (block: PreparedBlock) => void
  committed = false
  rows = 0
  #rawBytes = 0
  #wireBytes = 0

  /** @param limits of its first block */
  constructor(spec: PartitionSpec, limits: BlockLimits, onPut: (block: PreparedBlock) => void) {
    this.spec = spec
    this.limits = limits
    this.#onPut = onPut
    // Before any block that waits for it, so that blocks keep their order. Whoever waits is told of a failure; nobody may.
    this.opened.then(
      target => {
        this.target = target
      },
      () => {},
    )
  }

  get opened(): Promise<SessionTarget> {
    return this.#opened.promise
  }

  open(target: SessionTarget): void {
    this.#opened.resolve(target)
  }

  fail(error: unknown): void {
    this.#opened.reject(error)
  }

  place(): number {
    const target = this.target!
    const place = target.place()
    this.limits = target.limits
    return place
  }

  async put(place: number, block: PreparedBlock, call: CallOptions): Promise<number | undefined> {
    try {
      const wireBytes = await this.target!.put(place, block, call)
      this.#rawBytes += block.rawBytes
      this.#wireBytes += wireBytes ?? 0
      return wireBytes
    } finally {
      this.#onPut(block)
    }
  }

  async finish(call: CallOptions): Promise<void> {
    await this.target!.finish(call)
    this.committed = true
  }

  get result(): PartitionResult {
    const { session, blockIds } = this.target!
    const { committed, rows } = this
    return {
      ...{ partitionSpec: formatPartitionSpec(this.spec), sessionId: session.sessionId },
      ...{ committed, blockIds, blocks: blockIds.length, rows },
      ...{ rawBytes: this.#rawBytes, wireBytes: this.#wireBytes },
    }
  }
}
