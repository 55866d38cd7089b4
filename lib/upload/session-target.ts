import { TunnelSessionError } from '../errors.js'
import type { BlockProof } from '../internal-options.js'
import type { CallOptions } from '../session/call-options.js'
import type { PreparedBlock } from './block-builder.js'
import { type BlockLimits, type BlockPlan, blockLimits } from './block-plan.js'
import type { BlockTarget } from './block-target.js'
import type { UploadSession } from './upload-session.js'

/*
 * Blocks of one upload session. The k-th block of a stream has the k-th id of its plan, whoever sends first, so that a
 * resumed upload of the same rows finds each block under the id it had. A block that the service holds is taken for ours by
 * its number of rows, or with a proof by what its rows were; without either it would be sent again, and replace itself.
 */

export interface SessionTargetOptions {
  readonly plan: BlockPlan
  readonly contentEncoding: string | undefined
  /** What the request of a block has besides the id, for a form other than records. */
  readonly parameters?: Readonly<Record<string, string>> | undefined
  /** Go on with an upload: blocks with our number of rows need not be sent again. */
  readonly resume: boolean
  /** With it, they must have the same rows too. */
  readonly proof: BlockProof | undefined
  /** The caller named the block ids, so that blocks under them may be replaced. */
  readonly ownIds: boolean
}

export class SessionTarget implements BlockTarget {
  readonly session: UploadSession
  /** Ids of the blocks so far. */
  readonly blockIds: number[] = []
  readonly #options: SessionTargetOptions
  /** Record counts of the blocks that were on the service before. */
  readonly #known: ReadonlyMap<number, number | undefined>

  private constructor(
    session: UploadSession,
    options: SessionTargetOptions,
    known: ReadonlyMap<number, number | undefined>,
  ) {
    this.session = session
    this.#options = options
    this.#known = known
  }

  /**
   * Looks what a session that others may have written to holds: to be skipped when resumed, never to be replaced by chance.
   * @throws TunnelSessionError ODPS_BLOCK_EXISTS
   */
  static async open(
    session: UploadSession,
    options: SessionTargetOptions,
    call: CallOptions,
  ): Promise<SessionTarget> {
    const known = session.attached ? await knownBlocks(session, options, call) : new Map()
    return new SessionTarget(session, options, known)
  }

  get limits(): BlockLimits {
    return blockLimits(this.#options.plan, this.blockIds.length)
  }

  /** All ids are used. */
  get isFull(): boolean {
    return this.blockIds.length >= this.#options.plan.idCount
  }

  place(): number {
    const { firstId, idCount } = this.#options.plan
    const { sessionId } = this.session
    if (this.isFull)
      throw new TunnelSessionError(
        'ODPS_BLOCK_IDS_EXHAUSTED',
        `All ${idCount} block ids of session ${sessionId} are used; raise blockBytes, blockRows or blockIds.count`,
        { sessionId },
      )
    const blockId = firstId + this.blockIds.length
    this.blockIds.push(blockId)
    return blockId
  }

  async put(blockId: number, block: PreparedBlock, call: CallOptions): Promise<number | undefined> {
    if (this.#isSent(blockId, block)) return undefined
    const { contentEncoding, parameters, proof } = this.#options
    const body = { ...block, contentEncoding, parameters }
    const { wireBytes } = await this.session.putBlock(blockId, body, call)
    proof?.onSent(blockId, block.checksum)
    return wireBytes
  }

  /** An attached session may hold blocks of others, which are committed as well. */
  async finish(call: CallOptions): Promise<void> {
    await this.#options.proof?.beforeCommit()
    const isOurs = this.#options.resume || !this.session.attached
    await this.session.commit(isOurs ? this.blockIds : undefined, call)
  }

  #isSent(blockId: number, { rows, checksum }: PreparedBlock): boolean {
    const { proof } = this.#options
    const former = proof?.former.get(blockId)
    if (proof !== undefined && former !== undefined && former !== checksum) throw proof.differs(blockId)
    return this.#known.get(blockId) === rows && (proof === undefined || former === checksum)
  }
}

const knownBlocks = async (
  session: UploadSession,
  { ownIds, resume }: SessionTargetOptions,
  call: CallOptions,
): Promise<Map<number, number | undefined>> => {
  const { sessionId } = session
  const { blocks } = await session.load(call)
  if (blocks.length > 0 && !ownIds && !resume)
    throw new TunnelSessionError(
      'ODPS_BLOCK_EXISTS',
      `Session ${sessionId} holds ${blocks.length} blocks already: pass blockIds with the ids that this stream may write or replace, or resume: true to continue with the same rows`,
      { sessionId },
    )
  return new Map(resume ? blocks.map(({ blockId, recordCount }) => [blockId, recordCount]) : [])
}
