import type { TunnelClient } from '../../http/tunnel-client.js'

/*
 * The page of an instance in the console. Its address is put together as the official Go client does, from what is known: asking the
 * service for a token, as older pages want one, would cost a request per query, and put a credential into an address that is logged.
 */

/** Undefined where the endpoint is not one of the public service, whose console is somewhere else. */
export const logviewUrlOf = (
  { serviceEndpoint, serviceRegion }: Pick<TunnelClient, 'serviceEndpoint' | 'serviceRegion'>,
  project: string,
  instanceId: string,
): string | undefined => {
  if (serviceEndpoint === undefined || serviceRegion === undefined) return undefined
  const url = new URL(`https://maxcompute.console.aliyun.com/${serviceRegion}/job-insights`)
  url.search = new URLSearchParams({ h: serviceEndpoint, i: instanceId, p: project }).toString()
  return url.href
}
