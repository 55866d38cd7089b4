import type { BlockProof } from '../../internal-options.js'
import type { JournalEntry } from '../journal/entry.js'
import type { TransferLog } from '../journal/transfer-log.js'
import { CliError } from '../usage-error.js'

/** A block is skipped only if the journal has the checksum of its rows, so every block is in it before the commit. */
export const proofOfBlocks = (log: TransferLog, former: JournalEntry | undefined): BlockProof => {
  const sent = new Map(former?.blocks)
  return {
    former: new Map(sent),
    onSent: async (blockId, checksum) => {
      sent.set(blockId, checksum)
      log.update({ blocks: [...sent] })
      await log.flush()
    },
    differs: blockId =>
      new CliError(
        `the input differs from that of the interrupted upload: the service holds block ${blockId} with different rows`,
        'Start over, without --resume',
      ),
  }
}
