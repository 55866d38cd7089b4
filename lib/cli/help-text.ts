import type { Command, CommandEntry, OptionDefinition } from './definition.js'
import { exitCodeMeanings } from './exit-code.js'

/*
 * Help is printed from the definitions that the parser reads, so an option cannot be described and not understood. The
 * manual (docs/cli.md) is made of the same texts, and a test holds it to them.
 */

const width = 88

/** What `odps-tunnel <command> --help` prints. */
export const formatCommandHelp = (command: Command): string =>
  [
    `Usage: ${usageOf(command)}`,
    '',
    ...command.description.flatMap(paragraph => [...wrap(paragraph, width), '']),
    ...section(
      'Operands',
      command.operands.map(({ name, help }) => [name, help]),
    ),
    ...command.groups.flatMap(({ title, options }) =>
      section(
        title,
        options.map(option => [formatOptionNames(option), formatOptionHelp(option)]),
      ),
    ),
    ...section('Examples', []),
    ...command.examples.flatMap(({ text, command: line }) => [
      ...wrap(text, width - 2).map(each => `  # ${each}`),
      `  ${line}`,
      '',
    ]),
  ]
    .join('\n')
    .replace(/\n+$/, '\n')

/** What `odps-tunnel --help` prints. */
export const formatGeneralHelp = (commands: readonly CommandEntry[]): string =>
  [
    'Usage: odps-tunnel <command> [options]',
    '',
    'Moves rows between files and MaxCompute (ODPS) tables.',
    '',
    ...section(
      'Commands',
      commands.map(({ name, summary }) => [name, summary]),
    ),
    ...section('Options', [
      ['--help', 'Show this help, or the help of a command'],
      ['--version', 'Show the version'],
    ]),
    'Connection: ODPS_ENDPOINT, ODPS_PROJECT, ALIBABA_CLOUD_ACCESS_KEY_ID,',
    'ALIBABA_CLOUD_ACCESS_KEY_SECRET in the environment, or a configuration file',
    "(see 'odps-tunnel config --help').",
    '',
    `Exit codes: ${exitCodeMeanings.map(([code, meaning]) => `${code} ${meaning.split(/[,;] /)[0]}`).join(', ')}`,
    '',
  ].join('\n')

export const usageOf = (command: Command): string =>
  ['odps-tunnel', command.name, ...command.operands.map(({ name }) => name), '[options]'].join(' ')

/** `--null, -ni <text>`; names of odpscmd have one dash. */
export const formatOptionNames = (option: OptionDefinition): string => {
  const aliases = (option.aliases ?? []).filter(alias => alias !== option.name)
  const names = [`--${option.name}`, ...aliases.map(alias => `-${alias}`)]
  return option.type === 'flag' ? names.join(', ') : `${names.join(', ')} ${option.value ?? '<text>'}`
}

export const formatOptionHelp = ({ help, type, choices, fallback }: OptionDefinition): string =>
  [
    help,
    ...(choices === undefined || help.includes(choices[0]!) ? [] : [`One of ${choices.join(', ')}`]),
    ...(type === 'list' ? ['May be repeated'] : []),
    ...(fallback === undefined ? [] : [`Default ${fallback}`]),
  ].join('. ')

const section = (title: string, entries: readonly (readonly [string, string])[]): string[] => {
  if (title === 'Examples') return [`${title}:`]
  if (entries.length === 0) return []
  const indent = Math.min(30, Math.max(...entries.map(([name]) => name.length)) + 4)
  const lines = entries.flatMap(([name, help]) => {
    const [first = '', ...rest] = wrap(help, width - indent)
    const head = `  ${name}`
    const body = rest.map(line => ' '.repeat(indent) + line)
    return head.length + 2 <= indent
      ? [head.padEnd(indent) + first, ...body]
      : [head, ' '.repeat(indent) + first, ...body]
  })
  return [`${title}:`, ...lines, '']
}

const wrap = (text: string, columns: number): string[] => {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > columns) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}
