import type { Dispatcher } from 'undici'
import type { TunnelOptions } from '../../index.js'
import type { OptionDefinition } from '../option-definition.js'
import type { OptionValues } from '../option-values.js'
import type { Terminal } from '../terminal.js'
import { UsageError } from '../usage-error.js'

/*
 * How patient a transfer is, and which way its requests take. The library leaves proxies to the dispatcher it is given;
 * people at a terminal expect the variables that every other tool there obeys.
 */

export const networkOptions: readonly OptionDefinition[] = [
  {
    name: 'retry-for',
    type: 'duration',
    value: '<time>',
    help: 'Keep retrying a failed request for this long: 90s, 30m, 2h',
    fallback: '10m, and 8 attempts',
  },
  {
    name: 'retries',
    type: 'integer',
    value: '<n>',
    help: 'Retry a request at most this many times. 0: never',
    fallback: '7; no limit with --retry-for',
  },
  {
    name: 'timeout',
    type: 'duration',
    value: '<time>',
    help: 'Abandon and retry a request if nothing arrives for this long',
    fallback: '120s',
  },
  {
    name: 'proxy',
    type: 'text',
    value: '<url>',
    help: "Send requests through this HTTP proxy; 'none' for no proxy. This machine is always contacted directly",
    fallback: 'HTTPS_PROXY, HTTP_PROXY and NO_PROXY of the environment',
  },
]

type NetworkOptions = Pick<TunnelOptions, 'requestTimeoutMs' | 'retry' | 'dispatcher'>

/** Options of `new Tunnel()`; the dispatcher, if there is one, is the caller's to close. @throws UsageError */
export const networkOf = async (values: OptionValues, terminal: Terminal): Promise<NetworkOptions> => {
  const totalMs = values.number('retry-for')
  const retries = values.number('retries')
  const attempts = retries === undefined ? undefined : retries + 1
  return {
    requestTimeoutMs: values.number('timeout'),
    retry: {
      ...(totalMs !== undefined && { totalMs, attempts: Number.MAX_SAFE_INTEGER }),
      ...(attempts !== undefined && { attempts }),
    },
    dispatcher: await dispatcherOf(proxiesOf(values.text('proxy'), terminal.environment)),
  }
}

interface Proxies {
  readonly httpProxy: string
  readonly httpsProxy: string
  readonly noProxy: string
}

const direct = ['localhost', '127.0.0.1', '[::1]']

/** The lower-case names come first, as curl and undici have it. */
const proxiesOf = (given: string | undefined, environment: Terminal['environment']): Proxies | undefined => {
  if (given === 'none') return undefined
  const variable = (name: string): string => environment[name.toLowerCase()] || environment[name] || ''
  const httpProxy = checkProxy('--proxy', given) ?? checkProxy('HTTP_PROXY', variable('HTTP_PROXY'))
  const httpsProxy = given ?? checkProxy('HTTPS_PROXY', variable('HTTPS_PROXY')) ?? httpProxy
  if (!httpsProxy) return undefined
  const noProxy = given === undefined ? variable('NO_PROXY') : ''
  return {
    httpProxy: httpProxy ?? '',
    httpsProxy,
    noProxy: noProxy.trim() === '*' ? '*' : [...direct, noProxy].join(),
  }
}

/** Never shown: it may hold a password. */
const checkProxy = (name: string, url: string | undefined): string | undefined => {
  if (url === undefined || url === '') return undefined
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return url
  throw new UsageError(`${name} must be the URL of an HTTP proxy, such as http://proxy.example.com:3128`)
}

const dispatcherOf = async (proxies: Proxies | undefined): Promise<Dispatcher | undefined> => {
  if (proxies === undefined) return undefined
  const { EnvHttpProxyAgent } = await import('undici')
  return new EnvHttpProxyAgent(proxies)
}
