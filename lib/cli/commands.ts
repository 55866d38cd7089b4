import { configCommand } from './config/command.js'
import type { Command } from './definition.js'
import { downloadCommand } from './download/command.js'
import { emulateCommand } from './emulate.js'
import { uploadCommand } from './upload/command.js'

/** All commands, in the order of the help. */
export const commands: readonly Command[] = [uploadCommand, downloadCommand, configCommand, emulateCommand]
