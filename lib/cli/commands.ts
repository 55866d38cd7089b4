import { partitionsCommand } from './catalogue/partitions-command.js'
import { schemasCommand } from './catalogue/schemas-command.js'
import { tablesCommand } from './catalogue/tables-command.js'
import { completionCommandFor } from './completion/command.js'
import { configCommand } from './config/command.js'
import { conformanceCommand } from './conformance/command.js'
import { copyCommand } from './copy/command.js'
import type { Command } from './definition.js'
import { doctorCommand } from './doctor/command.js'
import { downloadCommand } from './download/command.js'
import { emulateCommand } from './emulate.js'
import { resumeCommandFor } from './journal/resume-command.js'
import { sessionsCommand } from './journal/sessions-command.js'
import { executeCommand } from './query/execute-command.js'
import { queryCommand } from './query/query-command.js'
import { countCommand } from './table/count-command.js'
import { headCommand } from './table/head-command.js'
import { inferCommand } from './table/infer-command.js'
import { schemaCommand } from './table/schema-command.js'
import { uploadCommand } from './upload/command.js'
import { upsertCommand } from './upsert/command.js'

/** All commands, in the order of the help. */
export const commands: readonly Command[] = [
  uploadCommand,
  upsertCommand,
  downloadCommand,
  queryCommand,
  executeCommand,
  copyCommand,
  schemaCommand,
  headCommand,
  countCommand,
  inferCommand,
  tablesCommand,
  partitionsCommand,
  schemasCommand,
  sessionsCommand,
  resumeCommandFor([uploadCommand, downloadCommand, copyCommand]),
  doctorCommand,
  conformanceCommand,
  configCommand,
  emulateCommand,
  completionCommandFor(() => commands),
]
