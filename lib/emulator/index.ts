/** The Tunnel service and the part of MaxCompute's REST service around it, in this process. */

export type { EmulatorClock } from './clock.js'
export type { ReadRowsOptions, RowsToInsert } from './emulated-rows.js'
export type { Emulator, EmulatorLogEntry, TablePlace } from './emulator.js'
export type { EmulatorConnection } from './emulator-connection.js'
export type { EmulatorOptions } from './emulator-options.js'
export type { Fault, FaultFunction, FaultRule, FaultSource, FaultSteps } from './fault.js'
export type {
  QueryAnswer,
  QueryFunction,
  QueryQuestion,
  QueryRule,
  QuerySource,
} from './queries.js'
export type { EmulatorCredentials } from './server/authenticate.js'
export type { EmulatorAction, EmulatorRequest } from './server/emulator-request.js'
export { startEmulator } from './start-emulator.js'
export type { ColumnDefinition, ColumnDefinitions, TableDefinition } from './table-definition.js'
