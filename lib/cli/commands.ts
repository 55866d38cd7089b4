import type { Command, CommandEntry } from './definition.js'

/** All commands, in the order of the help. */
export const commands: readonly CommandEntry[] = [
  {
    name: 'upload',
    aliases: ['u'],
    summary: 'Load files into a table or a partition',
    load: async () => (await import('./upload/command.js')).uploadCommand,
  },
  {
    name: 'upsert',
    summary: 'Put the rows of files into a table by its primary key, or delete them',
    load: async () => (await import('./upsert/command.js')).upsertCommand,
  },
  {
    name: 'download',
    aliases: ['d'],
    summary: 'Write a table, partitions of it, or the result of a query to files',
    load: async () => (await import('./download/command.js')).downloadCommand,
  },
  {
    name: 'query',
    summary: 'Run a query and write its rows to a file or stdout',
    load: async () => (await import('./query/query-command.js')).queryCommand,
  },
  {
    name: 'execute',
    summary: 'Run a statement without rows',
    load: async () => (await import('./query/execute-command.js')).executeCommand,
  },
  {
    name: 'copy',
    summary: 'Copy a table or partitions into another table',
    load: async () => (await import('./copy/command.js')).copyCommand,
  },
  {
    name: 'schema',
    summary: 'Show the columns of a table, as a list, DDL, JSON or TypeScript',
    load: async () => (await import('./table/schema-command.js')).schemaCommand,
  },
  {
    name: 'head',
    summary: 'Show the first rows of a table',
    load: async () => (await import('./table/head-command.js')).headCommand,
  },
  {
    name: 'count',
    summary: 'Count the rows of a table or of partitions',
    load: async () => (await import('./table/count-command.js')).countCommand,
  },
  {
    name: 'infer',
    summary: 'Print the CREATE TABLE statement for a file',
    load: async () => (await import('./table/infer-command.js')).inferCommand,
  },
  {
    name: 'tables',
    summary: 'List tables, look for one, drop or truncate one',
    load: async () => (await import('./catalogue/tables-command.js')).tablesCommand,
  },
  {
    name: 'partitions',
    summary: 'List, create or drop partitions of a table',
    load: async () => (await import('./catalogue/partitions-command.js')).partitionsCommand,
  },
  {
    name: 'schemas',
    summary: 'List the schemas of a project',
    load: async () => (await import('./catalogue/schemas-command.js')).schemasCommand,
  },
  {
    name: 'sessions',
    aliases: ['show', 's'],
    summary: 'List, show or forget the transfers of this user',
    load: async () => (await import('./journal/sessions-command.js')).sessionsCommand,
  },
  {
    name: 'resume',
    aliases: ['r'],
    summary: 'Continue an interrupted or failed transfer',
    load: async () => (await import('./journal/resume-command.js')).resumeCommandFor(loadTransfer),
  },
  {
    name: 'doctor',
    summary: 'Check credentials, clock, route, permissions and compressions',
    load: async () => (await import('./doctor/command.js')).doctorCommand,
  },
  {
    name: 'conformance',
    summary: 'Check in your project what this package assumes about the service',
    load: async () => (await import('./conformance/command.js')).conformanceCommand,
  },
  {
    name: 'config',
    summary: 'Show the settings in force and where each comes from',
    load: async () => (await import('./config/command.js')).configCommand,
  },
  {
    name: 'emulate',
    summary: 'Run an emulator of the Tunnel service on this machine',
    load: async () => (await import('./emulate.js')).emulateCommand,
  },
  {
    name: 'completion',
    summary: 'Print the completion script of a shell',
    load: async () => (await import('./completion/command.js')).completionCommandFor(loadAll),
  },
]

const loadAll = (): Promise<readonly Command[]> => Promise.all(commands.map(({ load }) => load()))

/** The commands that can be resumed. */
const transfers: readonly string[] = ['upload', 'download', 'copy']

const loadTransfer = async (name: string | undefined): Promise<Command | undefined> =>
  commands.find(each => each.name === name && transfers.includes(each.name))?.load()
