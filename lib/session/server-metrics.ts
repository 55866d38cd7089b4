/** Where the service spent its time on one request, in microseconds (protocol 12.1). */
export interface ServerMetrics {
  /** Microseconds in all. */
  readonly totalMicros: number
  /** Network I/O with this client. */
  readonly networkMicros: number
  /** Storage I/O of the service, in microseconds. */
  readonly storageMicros: number
  /** Waiting because of rate limits. */
  readonly rateLimitMicros: number
}

/**
 * Reads the header `odps-tunnel-metrics` or the metrics text of a trailer; undefined when it is absent or of another
 * form, for it is only information.
 */
export const parseServerMetrics = (text: string | undefined): ServerMetrics | undefined => {
  if (text === undefined) return undefined
  try {
    const json: unknown = JSON.parse(text)
    const read = (key: string): number => Number(Reflect.get(Object(json), key) ?? 0)
    const metrics = {
      totalMicros: read('ServerTotalCost'),
      networkMicros: read('ServerIOCost'),
      storageMicros: read('PanguIOCost'),
      rateLimitMicros: read('RateLimitCost'),
    }
    const usable = metrics.totalMicros > 0 && Object.values(metrics).every(value => value >= 0)
    return usable ? metrics : undefined
  } catch {
    return undefined
  }
}
