import type { Check } from './check.js'
import { errorChecks } from './checks/errors.js'
import { routingChecks } from './checks/routing.js'
import { uploadChecks } from './checks/uploads.js'

/** Every recorded assumption, in the order of the report. docs/protocol.md has the same table. */
export const allChecks: readonly Check[] = [...routingChecks, ...errorChecks, ...uploadChecks]
