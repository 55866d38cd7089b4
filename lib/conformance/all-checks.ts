import type { Check } from './check.js'
import { arrowChecks } from './checks/arrow.js'
import { compressionChecks } from './checks/compressions.js'
import { downloadChecks } from './checks/downloads.js'
import { errorChecks } from './checks/errors.js'
import { limitChecks } from './checks/limits.js'
import { partitionChecks } from './checks/partitions.js'
import { resultChecks } from './checks/results.js'
import { routingChecks } from './checks/routing.js'
import { sessionChecks } from './checks/sessions.js'
import { signatureChecks } from './checks/signatures.js'
import { statementChecks } from './checks/statements.js'
import { streamChecks } from './checks/streams.js'
import { typeChecks } from './checks/types.js'
import { uploadChecks } from './checks/uploads.js'
import { upsertChecks } from './checks/upserts.js'

/** Every recorded assumption that can be checked, in the order of the report. docs/protocol.md has the same table. */
export const allChecks: readonly Check[] = [
  ...routingChecks,
  ...signatureChecks,
  ...errorChecks,
  ...sessionChecks,
  ...partitionChecks,
  ...uploadChecks,
  ...downloadChecks,
  ...typeChecks,
  ...compressionChecks,
  ...limitChecks,
  ...statementChecks,
  ...resultChecks,
  ...arrowChecks,
  ...streamChecks,
  ...upsertChecks,
]
