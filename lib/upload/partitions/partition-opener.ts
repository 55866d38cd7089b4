import type { PartitionSpec } from '../../schema/partition-spec.js'
import type { TableSchema } from '../../schema/table-schema.js'
import type { CallOptions } from '../../session/call-options.js'
import { timed } from '../../session/transfer-stats.js'
import type { BlockPlan } from '../block-plan.js'
import { SessionTarget, type SessionTargetOptions } from '../session-target.js'
import type { UploadContext } from '../transaction.js'
import type { UploadSession } from '../upload-session.js'
import type { Partition } from './partition.js'
import { checkSameColumns } from './same-columns.js'

/*
 * A session for each partition costs a request and is opened when the partition gets its first row, long before it has a block: by then
 * the session is mostly there. A few are opened at once, in turn with the blocks of others, so that neither holds up the other;
 * a partition whose block already waits goes first.
 */

export interface OpenSettings {
  /** The table when the upload began. */
  readonly schema: TableSchema
  /** @param first the first session of the upload, whose schema later ones share */
  readonly open: (
    partition: PartitionSpec,
    first: UploadSession | undefined,
    call: CallOptions,
  ) => Promise<UploadSession>
  readonly target: SessionTargetOptions & { readonly plan: BlockPlan }
  /** Sessions opened, and blocks compressed and sent, at once. */
  readonly maxOpenPartitions: number
}

export class PartitionOpener {
  readonly #settings: OpenSettings
  readonly #context: UploadContext
  readonly #waiting = new Set<Partition>()
  /** Whose block waits; the last one may have been opened since. */
  readonly #urgent: Partition[] = []
  #running = 0
  #first: UploadSession | undefined
  #isStopped = false

  constructor(settings: OpenSettings, context: UploadContext) {
    this.#settings = settings
    this.#context = context
  }

  add(partition: Partition): void {
    this.#waiting.add(partition)
    if (this.#running < this.#settings.maxOpenPartitions) this.#openAll()
  }

  /** A block of the partition waits for its session. */
  hurry(partition: Partition): void {
    if (this.#waiting.has(partition)) this.#urgent.push(partition)
  }

  /** Those that are being opened are opened; no others. */
  stop(): void {
    this.#isStopped = true
  }

  /** One after the other. */
  async #openAll(): Promise<void> {
    this.#running++
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      const partition = next
      try {
        await this.#context.sender.run(() => this.#open(partition))
      } catch (error) {
        // The stream hears of it from the sender.
        partition.fail(error)
      }
    }
    this.#running--
  }

  #next(): Partition | undefined {
    if (this.#isStopped) return undefined
    let next = this.#urgent.pop()
    while (next !== undefined && !this.#waiting.has(next)) next = this.#urgent.pop()
    next ??= this.#waiting.values().next().value
    if (next !== undefined) this.#waiting.delete(next)
    return next
  }

  async #open(partition: Partition): Promise<void> {
    const { call, stats } = this.#context
    const { schema, open, target } = this.#settings
    const session = await timed(stats.phaseMs, 'open', open(partition.spec, this.#first, call))
    checkSameColumns(schema, session.schema)
    this.#first ??= session
    partition.open(await SessionTarget.open(session, target, call))
    stats.partitions++
    this.#context.onSession(session)
  }
}
