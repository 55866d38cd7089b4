/* What an option of a command is; apart from commands, which need all that options configure. */

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
