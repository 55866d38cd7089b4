import type { TunnelOptions } from '../../index.js'
import type { OptionDefinition, OptionGroup } from '../option-definition.js'
import type { OptionValues } from '../option-values.js'
import type { Terminal } from '../terminal.js'
import { UsageError } from '../usage-error.js'
import { networkOf, networkOptions } from './network.js'
import { type ConfigFile, defaultConfigPath, type Profile, profileKeys, readConfigFile } from './profile.js'

/*
 * Where settings come from, each with its source so that `config show` can tell. A file that is named on the command
 * line comes before the environment, the default file behind it. Credentials are taken from one source as a whole: the
 * id of one place with the secret of another would be refused by the service in words that help nobody.
 */

const flags: Readonly<Partial<Record<keyof Profile, OptionDefinition>>> = {
  endpoint: {
    name: 'endpoint',
    type: 'text',
    value: '<url>',
    help: 'Service endpoint, https://…/api (ODPS_ENDPOINT)',
  },
  project: { name: 'project', type: 'text', value: '<name>', help: 'Default project (ODPS_PROJECT)' },
  schemaName: {
    name: 'schema-name',
    type: 'text',
    value: '<name>',
    help: 'Default schema, if the project uses schemas (ODPS_SCHEMA)',
  },
  tunnelEndpoint: {
    name: 'tunnel-endpoint',
    aliases: ['tunnel_endpoint', 'te'],
    type: 'text',
    value: '<url>',
    help: 'Tunnel endpoint; by default the service names it (ODPS_TUNNEL_ENDPOINT)',
  },
  quotaName: {
    name: 'quota-name',
    aliases: ['quota_name', 'qn'],
    type: 'text',
    value: '<name>',
    help: 'Tunnel quota (ODPS_TUNNEL_QUOTA)',
  },
  region: { name: 'region', type: 'text', value: '<id>', help: 'Region, for signature version 4' },
  signatureVersion: {
    name: 'signature-version',
    type: 'text',
    value: '<v1|v4>',
    choices: ['v1', 'v4'],
    help: 'Version of the request signatures',
    fallback: 'v1',
  },
}

export const connectionOptions: OptionGroup = {
  title: 'Connection',
  options: [
    {
      name: 'config',
      type: 'text',
      value: '<file>',
      help: "A configuration file: JSON, or odpscmd's odps_config.ini. Default: ~/.config/odps-tunnel/config.json, if it exists",
    },
    { name: 'profile', type: 'text', value: '<name>', help: 'Profile of the configuration file' },
    ...Object.values(flags),
    ...networkOptions,
  ],
}

const environmentNames: Readonly<Record<keyof Profile, readonly string[]>> = {
  endpoint: ['ODPS_ENDPOINT', 'MAXCOMPUTE_ENDPOINT'],
  project: ['ODPS_PROJECT', 'MAXCOMPUTE_PROJECT'],
  schemaName: ['ODPS_SCHEMA'],
  tunnelEndpoint: ['ODPS_TUNNEL_ENDPOINT'],
  quotaName: ['ODPS_TUNNEL_QUOTA'],
  signatureVersion: [],
  region: [],
  accessKeyId: ['ALIBABA_CLOUD_ACCESS_KEY_ID'],
  accessKeySecret: ['ALIBABA_CLOUD_ACCESS_KEY_SECRET'],
  securityToken: ['ALIBABA_CLOUD_SECURITY_TOKEN'],
  bearerToken: ['ODPS_BEARER_TOKEN'],
}

const credentialKeys: ReadonlySet<keyof Profile> = new Set([
  'accessKeyId',
  'accessKeySecret',
  'securityToken',
  'bearerToken',
])

export interface Setting {
  readonly key: keyof Profile
  readonly value: string
  /** `--project`, `ODPS_PROJECT`, or the path of the file. */
  readonly source: string
}

/**
 * The settings in force. Flags come first, then a file or profile that a flag names, then the environment, then the
 * default file. Credentials are taken from one source as a whole, never mixed.
 */
export const resolveSettings = async (
  values: OptionValues,
  terminal: Terminal,
): Promise<readonly Setting[]> => {
  const file = await configOf(values, terminal)
  const isNamed = values.has('config') || values.has('profile')
  const fromFile = file === undefined ? [] : settingsOfFile(file)
  const fromEnvironment = settingsOfEnvironment(terminal)
  const sources = isNamed ? [fromFile, fromEnvironment] : [fromEnvironment, fromFile]
  return withoutMixedCredentials([settingsOfFlags(values), ...sources])
}

export const configOf = (values: OptionValues, terminal: Terminal): Promise<ConfigFile | undefined> =>
  readConfigFile(
    values.text('config') ?? defaultConfigPath(terminal),
    values.text('profile'),
    values.has('config') || values.has('profile'),
  )

const withoutMixedCredentials = (sources: readonly (readonly Setting[])[]): Setting[] => {
  const settings = new Map<keyof Profile, Setting>()
  const credentials = sources.find(source => source.some(({ key }) => credentialKeys.has(key)))
  for (const source of sources)
    for (const setting of source) {
      const isForeign = credentialKeys.has(setting.key) && source !== credentials
      if (!isForeign && !settings.has(setting.key)) settings.set(setting.key, setting)
    }
  return profileKeys.flatMap(key => settings.get(key) ?? [])
}

const settingsOfFlags = (values: OptionValues): Setting[] =>
  profileKeys.flatMap(key => {
    const name = flags[key]?.name
    const value = name === undefined ? undefined : values.text(name)
    return value === undefined ? [] : [{ key, value, source: `--${name}` }]
  })

const settingsOfEnvironment = ({ environment }: Terminal): Setting[] =>
  profileKeys.flatMap(key => {
    const name = environmentNames[key].find(each => environment[each])
    return name === undefined ? [] : [{ key, value: environment[name]!, source: name }]
  })

const settingsOfFile = ({ path, profile }: ConfigFile): Setting[] =>
  profileKeys.flatMap(key => {
    const value = profile[key]
    return value === undefined ? [] : [{ key, value, source: path }]
  })

/** Options of `new Tunnel()`. @throws UsageError ODPS_MISSING_… is the library's */
export const connectionOf = async (values: OptionValues, terminal: Terminal): Promise<TunnelOptions> => {
  const settings = new Map((await resolveSettings(values, terminal)).map(({ key, value }) => [key, value]))
  const signatureVersion = settings.get('signatureVersion')
  if (signatureVersion !== undefined && signatureVersion !== 'v1' && signatureVersion !== 'v4')
    throw new UsageError(`signatureVersion must be v1 or v4, not '${signatureVersion}'`)
  const [id, secret, token] = ['accessKeyId', 'accessKeySecret', 'securityToken', 'bearerToken'].map(key =>
    settings.get(key as keyof Profile),
  )
  const bearerToken = settings.get('bearerToken')
  return {
    endpoint: settings.get('endpoint'),
    project: settings.get('project'),
    schemaName: settings.get('schemaName'),
    tunnelEndpoint: settings.get('tunnelEndpoint'),
    quotaName: settings.get('quotaName'),
    region: settings.get('region'),
    signatureVersion,
    userAgent: 'cli',
    ...(await networkOf(values, terminal)),
    ...(id !== undefined && secret !== undefined
      ? { credentials: { accessKeyId: id, accessKeySecret: secret, ...(token && { securityToken: token }) } }
      : bearerToken !== undefined && { credentials: { bearerToken } }),
  }
}
