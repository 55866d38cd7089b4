import { instanceOf, type OptionSpec } from '../check-options.js'
import { type TableOptions, tableOptionSpec } from '../session/table-options.js'

/** Options of `Tunnel.createUploadSession`. */
export interface CreateUploadSessionOptions extends TableOptions {
  /** Creates the partition when it is missing. Default false: a missing partition is ODPS_NO_SUCH_PARTITION. */
  readonly createPartition?: boolean | undefined
  /** The commit replaces what the table or partition holds. Default false. */
  readonly overwrite?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

export const createUploadSessionSpec: OptionSpec = {
  ...tableOptionSpec,
  createPartition: 'boolean',
  overwrite: 'boolean',
  signal: instanceOf(AbortSignal),
}
