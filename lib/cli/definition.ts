import type { Call } from './call.js'

/*
 * What a command is, as plain data: the parser, `--help`, the shells' completion and docs/cli.md are all made from it.
 */

export interface OptionDefinition {
  /** Long name, as in `--null`. */
  readonly name: string
  /** Other names, odpscmd's among them, each taken with one dash or two. */
  readonly aliases?: readonly string[]
  /** `flag` takes no value, though `--name=false` and odpscmd's `-name true` are understood; only `list` may be repeated. */
  readonly type: 'flag' | 'text' | 'integer' | 'bytes' | 'duration' | 'list'
  /** What stands for the value in help: `<text>`. */
  readonly value?: string
  /** One or more sentences without the last full stop. */
  readonly help: string
  readonly choices?: readonly string[]
  readonly min?: number
  readonly max?: number
  /** A text that may be empty or all blanks. */
  readonly mayBeBlank?: boolean
  /** A flag that odpscmd has too: behind its word `tunnel` it needs true or false. */
  readonly isOfOdpscmd?: boolean
  /** The value when the option is not given, as it would be written; shown in the help. */
  readonly fallback?: string
}

export interface OptionGroup {
  readonly title: string
  readonly options: readonly OptionDefinition[]
}

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

export const optionsOf = (command: Pick<Command, 'groups'>): readonly OptionDefinition[] =>
  command.groups.flatMap(group => group.options)
