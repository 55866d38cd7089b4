import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { quoteText } from '../quote-text.js'
import type { Terminal } from '../terminal.js'
import { CliError, UsageError } from '../usage-error.js'
import { parseIni } from './ini-file.js'

/*
 * Two kinds of files: our JSON with profiles, and odpscmd's `odps_config.ini`, which many have already. Keys that are
 * not known are errors in ours; odpscmd's may be defaults of any of its options, so they are kept by name. A secret in
 * a file that others may read is worth a warning, so the mode of the file can be asked for.
 */

/** Settings as one source has them. */
export interface Profile {
  readonly endpoint?: string
  readonly project?: string
  readonly schemaName?: string
  readonly tunnelEndpoint?: string
  readonly quotaName?: string
  readonly signatureVersion?: string
  readonly region?: string
  readonly accessKeyId?: string
  readonly accessKeySecret?: string
  readonly securityToken?: string
  readonly bearerToken?: string
}

export const profileKeys = [
  'endpoint',
  'project',
  'schemaName',
  'tunnelEndpoint',
  'quotaName',
  'signatureVersion',
  'region',
  'accessKeyId',
  'accessKeySecret',
  'securityToken',
  'bearerToken',
] as const satisfies readonly (keyof Profile)[]

export const secretKeys: ReadonlySet<keyof Profile> = new Set([
  'accessKeySecret',
  'securityToken',
  'bearerToken',
])

/** What a configuration file gives: settings, and defaults of options by any of their names (odpscmd's ini only). */
export interface ConfigFile {
  readonly path: string
  readonly profile: Profile
  readonly optionDefaults: ReadonlyMap<string, string>
}

export const defaultConfigPath = ({ environment, home }: Terminal): string =>
  join(environment['XDG_CONFIG_HOME'] || join(home, '.config'), 'odps-tunnel', 'config.json')

/**
 * Reads a configuration: JSON with profiles, or odpscmd's `odps_config.ini`.
 * @returns undefined when the file is not there and nobody asked for it by name
 */
export const readConfigFile = async (
  path: string,
  profileName: string | undefined,
  isNamed: boolean,
): Promise<ConfigFile | undefined> => {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    if (!isNamed && (cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new CliError(`cannot read the configuration ${path}`, 'Check the path given with --config', {
      cause,
    })
  }
  if (text.trimStart().startsWith('{')) return { path, ...readJson(path, text, profileName, isNamed) }
  if (profileName !== undefined)
    throw new UsageError(`--profile: ${path} is an INI file, which has no profiles`, 'Leave --profile out')
  const file = { path, ...readIni(text) }
  // Whoever names a file doesn't want the settings of the environment instead.
  if (isNamed && text.trim() !== '' && saysNothing(file))
    throw new UsageError(
      `${path} has no settings`,
      "It must be JSON with profiles, or odpscmd's odps_config.ini with lines such as project_name=p",
    )
  return file
}

const saysNothing = ({ profile, optionDefaults }: ConfigFile): boolean =>
  Object.keys(profile).length === 0 && [...optionDefaults.values()].every(value => value === '')

const readJson = (
  path: string,
  text: string,
  profileName: string | undefined,
  isFileNamed: boolean,
): Pick<ConfigFile, 'profile' | 'optionDefaults'> => {
  const file = parseObject(path, text)
  const other = Object.keys(file).find(key => key !== 'profile' && key !== 'profiles')
  if (other !== undefined)
    throw new UsageError(
      `${path} has the unknown key ${quoteText(other)}`,
      'Settings must be inside a profile: { "profiles": { "default": { … } } }',
    )
  const profiles = asObject(file['profiles'] ?? {}, `${path}: profiles`)
  const chosen = file['profile']
  if (chosen !== undefined && typeof chosen !== 'string')
    throw new UsageError(`${path}: 'profile' must be the name of a profile`)
  const name = profileName ?? chosen ?? 'default'
  const isNamed = profileName !== undefined || chosen !== undefined
  if ((isNamed || isFileNamed) && !Object.hasOwn(profiles, name))
    throw new UsageError(
      `${profileName === undefined ? '' : '--profile: '}${path} has no profile ${quoteText(name)}`,
      `It has ${Object.keys(profiles).join(', ') || 'none'}; ${isNamed ? 'name one of them' : 'choose one with --profile'}`,
    )
  const profile = asObject(
    Object.hasOwn(profiles, name) ? profiles[name] : {},
    `${path}: profile ${quoteText(name)}`,
  )
  const unknown = Object.keys(profile).find(key => !profileKeys.some(known => known === key))
  if (unknown !== undefined)
    throw new UsageError(
      `${path}: profile '${name}' has the unknown key '${unknown}'`,
      `Known: ${profileKeys.join(', ')}`,
    )
  const bad = Object.entries(profile).find(([, value]) => typeof value !== 'string')
  if (bad !== undefined) throw new UsageError(`${path}: '${bad[0]}' of profile '${name}' must be text`)
  return { profile: profile as Profile, optionDefaults: new Map() }
}

/** The message of JSON.parse quotes the text, which holds secrets. */
const parseObject = (path: string, text: string): Readonly<Record<string, unknown>> => {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    throw new UsageError(`${path} is not valid JSON`)
  }
  return asObject(json, path)
}

const asObject = (json: unknown, what: string): Readonly<Record<string, unknown>> => {
  if (typeof json === 'object' && json !== null && !Array.isArray(json))
    return json as Record<string, unknown>
  throw new UsageError(`${what} must be an object`)
}

/** Keys of `odps_config.ini` and what they are here. */
const iniKeys: Readonly<Record<string, keyof Profile>> = {
  project_name: 'project',
  access_id: 'accessKeyId',
  access_key: 'accessKeySecret',
  sts_token: 'securityToken',
  end_point: 'endpoint',
  tunnel_endpoint: 'tunnelEndpoint',
  quota_name: 'quotaName',
  schema_name: 'schemaName',
  region_id: 'region',
}

/** Long names of odpscmd's options, which its configuration file may set for all of its commands. */
export const optionKeys: ReadonlySet<string> = new Set([
  ...['charset', 'field-delimiter', 'record-delimiter', 'date-format-pattern', 'null-indicator', 'time-zone'],
  ...['compress', 'header', 'session-dir', 'csv-format', 'time', 'scan', 'discard-bad-records', 'limit'],
  ...['max-bad-records', 'strict-schema', 'block-size', 'auto-create-partition', 'overwrite', 'threads'],
  ...['columns-name', 'columns-index', 'with-partition', 'exponential'],
])

const readIni = (text: string): Pick<ConfigFile, 'profile' | 'optionDefaults'> => {
  const profile: { -readonly [Key in keyof Profile]: Profile[Key] } = {}
  const optionDefaults = new Map<string, string>()
  for (const [key, value] of parseIni(text)) {
    const known = iniKeys[key]
    if (known === undefined) optionDefaults.set(key, value)
    else if (value !== '') profile[known] = value
  }
  // odpscmd signs with version 4 as soon as a region is configured.
  if (profile.region !== undefined) profile.signatureVersion = 'v4'
  return { profile, optionDefaults }
}

/** Others than the owner may read the file. */
export const isReadableByOthers = async (path: string): Promise<boolean> => {
  if (process.platform === 'win32') return false
  return ((await stat(path)).mode & 0o077) !== 0
}
