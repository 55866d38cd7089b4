import type { Emulator, EmulatorOptions } from '../emulator/index.js'
import type { Call } from './call.js'
import type { Command } from './definition.js'
import { printTo, type Terminal } from './terminal.js'
import { UsageError } from './usage-error.js'

/*
 * The emulator for whoever does not write JavaScript: it prints the variables by which clients find it, and runs until
 * it is interrupted.
 */

const run = async ({ values, terminal }: Call): Promise<number> => {
  const projects = values.list('project')
  const { startEmulator } = await import('../emulator/index.js')
  const emulator = await startEmulator({
    port: values.number('port'),
    host: values.text('host'),
    dataDir: values.text('data-dir'),
    projects: projects.length > 0 ? projects : undefined,
    credentials: values.flag('check-signatures') ? readCredentials(terminal) : undefined,
    log: values.flag('verbose') ? line => printTo(terminal.stdout, `${line}\n`) : undefined,
  })
  const variables = variablesOf(emulator, values.flag('check-signatures'))
  printTo(
    terminal.stdout,
    values.flag('json')
      ? `${JSON.stringify(Object.fromEntries(variables))}\n`
      : describe(emulator, variables),
  )
  await stopSignal(terminal)
  await emulator.close()
  return 0
}

const readCredentials = ({ environment: env }: Terminal): EmulatorOptions['credentials'] => {
  const [accessKeyId, accessKeySecret] = [
    env['ALIBABA_CLOUD_ACCESS_KEY_ID'],
    env['ALIBABA_CLOUD_ACCESS_KEY_SECRET'],
  ]
  const securityToken = env['ALIBABA_CLOUD_SECURITY_TOKEN']
  if (!accessKeyId || !accessKeySecret)
    throw new UsageError(
      '--check-signatures needs ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET in the environment',
    )
  return { accessKeyId, accessKeySecret, ...(securityToken && { securityToken }) }
}

/** What clients need. Without checks any key will do, but they want one. */
const variablesOf = (
  emulator: Emulator,
  checksSignatures: boolean,
): readonly (readonly [string, string])[] => [
  ['ODPS_ENDPOINT', emulator.endpoint],
  ['ODPS_TUNNEL_ENDPOINT', emulator.tunnelEndpoint],
  ['ODPS_PROJECT', emulator.project],
  ...(checksSignatures
    ? []
    : ([
        ['ALIBABA_CLOUD_ACCESS_KEY_ID', 'any'],
        ['ALIBABA_CLOUD_ACCESS_KEY_SECRET', 'any'],
      ] as const)),
]

const describe = (emulator: Emulator, variables: readonly (readonly [string, string])[]): string =>
  [
    `The emulator listens on ${emulator.tunnelEndpoint}, its REST service on ${emulator.endpoint}. Set:`,
    '',
    ...variables.map(([name, value]) => `export ${name}=${value}`),
    '',
    '',
  ].join('\n')

/** Resolves on Ctrl+C or SIGTERM. */
const stopSignal = (terminal: Terminal): Promise<void> =>
  new Promise(resolve => {
    const stop = terminal.onInterrupt(() => {
      stop()
      resolve()
    })
  })

export const emulateCommand: Command = {
  name: 'emulate',
  summary: 'Run an emulator of the Tunnel service on this machine',
  description: [
    'Runs an emulator of the Tunnel service on this machine, for tests and trials. PyODPS and the Java and Go clients work with it too. Stops on Ctrl-C.',
  ],
  operands: [],
  operandCount: [0, 0],
  groups: [
    {
      title: 'Options',
      options: [
        {
          name: 'port',
          type: 'integer',
          value: '<n>',
          max: 65_535,
          help: 'Port to listen on',
          fallback: '0: any free port',
        },
        {
          name: 'host',
          type: 'text',
          value: '<address>',
          help: 'Address to listen on',
          fallback: '127.0.0.1',
        },
        {
          name: 'data-dir',
          type: 'text',
          value: '<path>',
          help: 'Store committed tables in this directory',
          fallback: 'memory only',
        },
        {
          name: 'project',
          type: 'list',
          value: '<name>',
          help: 'A project that exists',
          fallback: 'any name is accepted',
        },
        {
          name: 'check-signatures',
          type: 'flag',
          help: 'Accept only requests signed with ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET from the environment (and ALIBABA_CLOUD_SECURITY_TOKEN, if set)',
        },
        { name: 'json', type: 'flag', help: 'Print the variables to set as one JSON object' },
        { name: 'verbose', type: 'flag', help: 'Print a line for every request' },
      ],
    },
  ],
  examples: [
    { text: 'On any free port; prints the variables to set', command: 'odps-tunnel emulate' },
    {
      text: 'On a fixed port, with tables stored on disk',
      command: 'odps-tunnel emulate --port 8080 --data-dir ./tables',
    },
  ],
  run,
}
