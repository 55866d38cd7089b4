/** The Tunnel service and the part of MaxCompute's REST service around it, in this process. */

export type { Emulator, EmulatorLogEntry, TablePlace } from './emulator.js'
export { startEmulator } from './emulator.js'
export type { EmulatorOptions } from './emulator-options.js'
export type { Fault, FaultFunction, FaultRule, FaultSource, FaultSteps } from './fault.js'
export type { EmulatorCredentials } from './server/authenticate.js'
export type { EmulatorAction, EmulatorRequest } from './server/emulator-request.js'
export type { ColumnDefinition, ColumnDefinitions, TableDefinition } from './table-definition.js'
