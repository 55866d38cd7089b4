import type { Call } from './call.js'
import type { OptionDefinition, OptionGroup } from './option-definition.js'

export type { OptionDefinition, OptionGroup } from './option-definition.js'

/*
 * What a command is, as plain data: the parser, `--help`, the shells' completion and docs/cli.md are all made from it.
 */

export interface OperandDefinition {
  /** `<file…>`, `[profile]` */
  readonly name: string
  readonly help: string
}

export interface Example {
  readonly text: string
  readonly command: string
}

export interface Command {
  readonly name: string
  readonly aliases?: readonly string[]
  /** One line, for the list of commands. */
  readonly summary: string
  /** Paragraphs. */
  readonly description: readonly string[]
  readonly operands: readonly OperandDefinition[]
  /** How many operands it takes, at least and at most. */
  readonly operandCount: readonly [min: number, max: number]
  readonly groups: readonly OptionGroup[]
  readonly examples: readonly Example[]
  /** Resolves to the exit code. @throws UsageError for exit code 2, other errors for 1 */
  readonly run: (call: Call) => Promise<number>
}

/**
 * A command in the list of all: with what is told of it there, and loaded when it is meant. Commands load most of the library, which takes
 * longer than Node's own start.
 */
export interface CommandEntry extends Pick<Command, 'name' | 'aliases' | 'summary'> {
  readonly load: () => Promise<Command>
}

export const optionsOf = (command: Pick<Command, 'groups'>): readonly OptionDefinition[] =>
  command.groups.flatMap(group => group.options)
