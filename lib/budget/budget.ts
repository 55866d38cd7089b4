import { TunnelOptionError } from '../errors.js'
import { ByteBudget, chunkBytes } from './byte-budget.js'
import { RequestGate } from './request-gate.js'

/** What all transfers over one connection share. */
export interface Budget {
  readonly memory: ByteBudget
  readonly requests: RequestGate
}

export interface BudgetOptions {
  /** Bytes; default: no limit. */
  readonly memoryBytes?: number | undefined
  /** Requests under way at once; default: no limit. */
  readonly maxRequests?: number | undefined
}

export const createBudget = ({ memoryBytes, maxRequests }: BudgetOptions): Budget => ({
  memory: new ByteBudget(memoryBytes),
  requests: new RequestGate(maxRequests),
})

/**
 * An upload gets on with less, but would then never send one block while the next one grows.
 * @param where the function, for messages
 * @param what its largest piece is, with the option that says so, for messages
 * @throws TunnelOptionError ODPS_INVALID_OPTION when the common memory is too small for such a piece and a chunk read ahead
 */
export const checkMemory = (where: string, { limit }: ByteBudget, what: string, bytes: number): void => {
  const least = bytes + chunkBytes
  if (limit >= least) return
  throw new TunnelOptionError(
    'ODPS_INVALID_OPTION',
    `${where}: memoryBytes of the Tunnel is ${limit}, but must be at least ${least} here: ${bytes} for ${what}, and ${chunkBytes} for a chunk that is read ahead`,
  )
}
