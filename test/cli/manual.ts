import type { Command, OptionDefinition } from '../../lib/cli/definition.js'
import { exitCodeMeanings } from '../../lib/cli/exit-code.js'
import { formatOptionHelp, formatOptionNames, usageOf } from '../../lib/cli/help-text.js'

/** docs/cli.md: the commands, from the definitions that the parser and `--help` are made of. */
export const formatManual = (commands: readonly Command[], opening: string): string =>
  [
    opening.trimEnd(),
    '',
    '## Commands',
    '',
    ...commands.map(({ name, summary }) => `- [\`${name}\`](#${name}): ${summary}`),
    '',
    '## Exit codes',
    '',
    '| code | meaning |',
    '|---|---|',
    ...exitCodeMeanings.map(([code, meaning]) => `| ${code} | ${meaning} |`),
    '',
    ...commands.flatMap(formatCommand),
  ].join('\n')

const formatCommand = (command: Command): string[] => [
  `## ${command.name}`,
  '',
  '```',
  usageOf(command),
  '```',
  '',
  ...command.description.flatMap(paragraph => [escapeText(paragraph), '']),
  ...(command.aliases === undefined
    ? []
    : [`Also as ${command.aliases.map(alias => `\`${alias}\``).join(', ')}.`, '']),
  ...(command.operands.length === 0
    ? []
    : ['| operand | |', '|---|---|', ...command.operands.map(({ name, help }) => row(name, help)), '']),
  ...command.groups.flatMap(({ title, options }) => [
    `**${title}**`,
    '',
    '| option | |',
    '|---|---|',
    ...options.map(option => row(formatOptionNames(option), describe(option))),
    '',
  ]),
  '```sh',
  ...command.examples.map(({ text, command: line }) => `# ${text}\n${line}`),
  '```',
  '',
]

const describe = (option: OptionDefinition): string => formatOptionHelp(option)

const row = (name: string, help: string): string =>
  `| \`${name.replaceAll('|', '\\|')}\` | ${escapeText(help).replaceAll('|', '\\|')} |`

const escapeText = (text: string): string =>
  text.replaceAll('\\', '\\\\').replaceAll('<', '&lt;').replaceAll('*', '\\*')
