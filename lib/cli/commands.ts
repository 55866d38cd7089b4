import { configCommand } from './config/command.js'
import type { Command } from './definition.js'
import { emulateCommand } from './emulate.js'

/** All commands, in the order of the help. */
export const commands: readonly Command[] = [configCommand, emulateCommand]
