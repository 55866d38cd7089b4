import { type Command, optionsOf } from '../definition.js'

/*
 * Completion for bash and zsh from the definitions of the commands. The scripts hold all words themselves and never
 * call the program, so a key press costs no start of Node.
 */

/** Words a shell offers behind a command: its options with two dashes. */
const optionNames = (command: Command): string[] => [
  ...optionsOf(command).map(option => `--${option.name}`),
  '--help',
]

/** The choices of an option by the words that name it. */
const choicesOf = (command: Command): (readonly [words: string[], choices: readonly string[]])[] =>
  optionsOf(command).flatMap(({ name, aliases = [], choices }) =>
    choices === undefined ? [] : [[[`--${name}`, ...aliases.map(alias => `-${alias}`)], choices] as const],
  )

export const bashScript = (
  commands: readonly Command[],
): string => `# Completion of odps-tunnel for bash: source it, or put it into ~/.local/share/bash-completion/completions/odps-tunnel
_odps_tunnel() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" command="\${COMP_WORDS[1]}"
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${commands.map(({ name }) => name).join(' ')} help --help --version" -- "$current"))
    return
  fi
  case "$command" in
${commands.map(bashCase).join('\n')}
  esac
  [ "\${#COMPREPLY[@]}" -gt 0 ] || COMPREPLY=($(compgen -f -- "$current"))
}
complete -o filenames -F _odps_tunnel odps-tunnel
`

const bashCase = (command: Command): string => {
  const names = [command.name, ...(command.aliases ?? [])].join('|')
  const choices = choicesOf(command).map(
    ([words, list]) =>
      `        ${words.join('|')}) COMPREPLY=($(compgen -W "${list.join(' ')}" -- "$current")); return ;;`,
  )
  return [
    `    ${names})`,
    ...(choices.length === 0 ? [] : ['      case "$previous" in', ...choices, '      esac']),
    `      case "$current" in -*) COMPREPLY=($(compgen -W "${optionNames(command).join(' ')}" -- "$current")) ;; esac`,
    '      ;;',
  ].join('\n')
}

export const zshScript = (commands: readonly Command[]): string => `#compdef odps-tunnel
# Completion of odps-tunnel for zsh: put it as _odps-tunnel into a folder of $fpath
_odps_tunnel() {
  local -a commands
  commands=(
${commands.map(({ name, summary }) => `    ${zshQuote(`${name}:${summary}`)}`).join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command="$words[2]"
  shift words
  (( CURRENT-- ))
  case "$command" in
${commands.map(zshCase).join('\n')}
  esac
}
if [ "$funcstack[1]" = _odps_tunnel ] || [ "$funcstack[1]" = _odps-tunnel ]; then _odps_tunnel "$@"; else compdef _odps_tunnel odps-tunnel; fi
`

const zshCase = (command: Command): string => {
  const options = optionsOf(command).map(option => {
    const help = option.help.replaceAll(/[[\]:]/g, sign => `\\${sign}`)
    const value =
      option.type === 'flag'
        ? ''
        : `:${option.name}:${option.choices === undefined ? '_files' : `(${option.choices.join(' ')})`}`
    return `        ${zshQuote(`${option.type === 'list' ? '*' : ''}--${option.name}[${help}]${value}`)}`
  })
  return [
    `    ${[command.name, ...(command.aliases ?? [])].join('|')})`,
    '      _arguments \\',
    ...options.map(option => `${option} \\`),
    "        '--help[Show the help]' '*:file:_files'",
    '      ;;',
  ].join('\n')
}

const zshQuote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`
