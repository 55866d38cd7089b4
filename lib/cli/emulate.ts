import { type Emulator, type EmulatorOptions, startEmulator } from '../emulator/index.js'
import { type Command, parseInteger, parseOptions, UsageError } from './command.js'

const help = `Usage: odps-tunnel emulate [options]

Runs the Tunnel service on this machine, for tests and trials. PyODPS and the Java
and Go clients work against it too. Stops on Ctrl+C.

Options:
  --port <n>           Port to listen on. Default 0: any free one
  --host <address>     Address to listen on. Default 127.0.0.1
  --data-dir <path>    Keep committed tables in this directory. Default: memory only
  --project <name>     A project there is; may be repeated. Default: any name is one
  --check-signatures   Take only requests signed with ALIBABA_CLOUD_ACCESS_KEY_ID and
                       ALIBABA_CLOUD_ACCESS_KEY_SECRET of the environment
                       (and ALIBABA_CLOUD_SECURITY_TOKEN, if set)
  --verbose            Print a line for every request
  --help               Show this
`

const run = async (args: readonly string[]): Promise<number> => {
  const options = parseOptions(args, {
    port: { type: 'string' },
    host: { type: 'string' },
    'data-dir': { type: 'string' },
    project: { type: 'string', multiple: true },
    'check-signatures': { type: 'boolean' },
    verbose: { type: 'boolean' },
  })
  const emulator = await startEmulator({
    port: options.port === undefined ? undefined : parseInteger('port', options.port, 0, 65535),
    host: options.host,
    dataDir: options['data-dir'],
    projects: options.project,
    credentials: options['check-signatures'] ? readCredentials() : undefined,
    log: options.verbose ? line => process.stdout.write(`${line}\n`) : undefined,
  })
  process.stdout.write(describe(emulator, options['check-signatures'] ?? false))
  await stopSignal()
  await emulator.close()
  return 0
}

const readCredentials = (): EmulatorOptions['credentials'] => {
  const { env } = process
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

/** Without checks any key will do, but clients want one. */
const describe = (emulator: Emulator, checksSignatures: boolean): string => {
  const variables = [
    ['ODPS_ENDPOINT', emulator.endpoint],
    ['ODPS_TUNNEL_ENDPOINT', emulator.tunnelEndpoint],
    ['ODPS_PROJECT', emulator.project],
    ...(checksSignatures
      ? []
      : [
          ['ALIBABA_CLOUD_ACCESS_KEY_ID', 'any'],
          ['ALIBABA_CLOUD_ACCESS_KEY_SECRET', 'any'],
        ]),
  ]
  return [
    `The emulator listens on ${emulator.tunnelEndpoint}, its REST service on ${emulator.endpoint}. Set:`,
    '',
    ...variables.map(([name, value]) => `export ${name}=${value}`),
    '',
    '',
  ].join('\n')
}

/** Resolves on Ctrl+C or SIGTERM. */
const stopSignal = (): Promise<void> =>
  new Promise(resolve => {
    process.once('SIGINT', () => resolve())
    process.once('SIGTERM', () => resolve())
  })

export const emulateCommand: Command = {
  name: 'emulate',
  summary: 'Run the Tunnel service on this machine, for tests and trials',
  help,
  run,
}
