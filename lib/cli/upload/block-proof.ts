import type { BlockProof } from '../../internal-options.js'
import type { JournalEntry } from '../journal/entry.js'
import type { TransferLog } from '../journal/transfer-log.js'
import { CliError } from '../usage-error.js'

/**
 * A block is skipped only if the journal has the checksum of its rows, so every block is in it before the commit. Until then the journal is
 * written once per second: blocks that a killed process has not noted are sent again, each in place of itself.
 */
export const proofOfBlocks = (log: TransferLog, former: JournalEntry | undefined): BlockProof => {
  const sent = new Map(former?.blocks)
  return {
    former: new Map(sent),
    onSent: (blockId, checksum) => {
      sent.set(blockId, checksum)
      log.update({ blocks: [...sent] })
    },
    beforeCommit: () => log.flush(),
    differs: blockId =>
      new CliError(
        `the input differs from that of the interrupted upload: the service holds block ${blockId} with different rows`,
        'Start over, without --resume',
      ),
  }
}
