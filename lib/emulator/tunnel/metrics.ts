/** Microseconds, whole numbers; the total is more than the sum of its parts, for clients divide (protocol 12.1). */
export const formatMetrics = (tookMs: number): string => {
  const total = Math.max(2, Math.round(tookMs * 1000))
  return JSON.stringify({
    PanguIOCost: 0,
    RateLimitCost: 0,
    ServerIOCost: Math.floor(total / 2),
    ServerTotalCost: total,
  })
}
