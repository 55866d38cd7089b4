import type { Call } from '../call.js'
import type { Command } from '../definition.js'
import { exitCode } from '../exit-code.js'
import { generalOptions } from '../standard-options.js'
import { UsageError } from '../usage-error.js'
import { defaultConfigPath, isReadableByOthers, optionKeys, type Profile, secretKeys } from './profile.js'
import { configOf, connectionOptions, resolveSettings } from './settings.js'

const run = async (call: Call): Promise<number> => {
  const [action = 'show'] = call.operands
  if (action !== 'show') throw new UsageError(`config has no '${action}'`, 'Usage: odps-tunnel config show')
  const file = await configOf(call.values, call.terminal)
  const settings = (await resolveSettings(call.values, call.terminal)).map(setting => ({
    ...setting,
    value: secretKeys.has(setting.key) ? mask : maskId(setting.key, setting.value),
  }))
  if (call.json) call.print(`${JSON.stringify(settings)}\n`)
  else {
    const wide = Math.max(0, ...settings.map(({ key }) => key.length))
    const wideValue = Math.max(0, ...settings.map(({ value }) => value.length))
    for (const { key, value, source } of settings)
      call.print(`${key.padEnd(wide)}  ${value.padEnd(wideValue)}  ${source}\n`)
    if (settings.length === 0) call.print('Nothing is configured.\n')
  }
  call.note(`Configuration file: ${file?.path ?? `none (${defaultConfigPath(call.terminal)})`}`)
  const defaults = [...(file?.optionDefaults.keys() ?? [])].filter(key => optionKeys.has(key))
  if (defaults.length > 0) call.note(`It sets defaults of options: ${defaults.join(', ')}`)
  if (file !== undefined && hasSecrets(file.profile) && (await isReadableByOthers(file.path)))
    call.note(`Warning: other users can read ${file.path}, which contains secrets. Run chmod 600 on it`)
  return exitCode.done
}

const mask = '********'

/** Enough of a key's id to recognise it. */
const maskId = (key: keyof Profile, value: string): string =>
  key === 'accessKeyId' ? `${value.slice(0, Math.min(4, Math.floor(value.length / 2)))}${mask}` : value

const hasSecrets = (profile: Profile): boolean => [...secretKeys].some(key => profile[key] !== undefined)

export const configCommand: Command = {
  name: 'config',
  summary: 'Show the settings in force and where each comes from',
  description: [
    'Shows which endpoint, project and credentials a command would use, and where each comes from. Secrets are masked.',
    'Flags take precedence, then a file or profile named by a flag (--config, --profile), then the environment, then ~/.config/odps-tunnel/config.json (in $XDG_CONFIG_HOME if set). Credentials all come from one of these, never from several.',
    'The file is JSON: { "profile": "dev", "profiles": { "dev": { "endpoint": "https://…/api", "project": "p", "accessKeyId": "…", "accessKeySecret": "…" } } }. Other keys of a profile: schemaName, tunnelEndpoint, quotaName, region, signatureVersion, securityToken, bearerToken. --config also accepts odpscmd\'s odps_config.ini. Its long option names (field-delimiter=|, overwrite=true) set defaults, which are checked like options on the command line; unused keys are listed on stderr.',
  ],
  operands: [{ name: 'show', help: 'The only action, and the default' }],
  operandCount: [0, 1],
  groups: [
    { title: 'Options', options: [{ name: 'json', type: 'flag', help: 'Print a JSON array' }] },
    connectionOptions,
    generalOptions,
  ],
  examples: [
    { text: 'Which settings a command would use', command: 'odps-tunnel config show' },
    {
      text: 'The same from the configuration file of odpscmd',
      command: 'odps-tunnel config show --config ~/odpscmd/conf/odps_config.ini',
    },
  ],
  run,
}
