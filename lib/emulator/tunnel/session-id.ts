import type { ServiceClock } from '../clock.js'

/** Sessions live for 24 hours (protocol 11.1). */
export const sessionLifeMs = 24 * 60 * 60 * 1000

/** `yyyyMMddHHmmss` and 32 hexadecimal digits, as the service makes them; not to be guessed. */
export const newSessionId = ({ now, randomBytes }: ServiceClock): string =>
  `${formatStamp(now())}${randomBytes(16).toString('hex')}`

export const formatStamp = (now: number): string =>
  new Date(now).toISOString().slice(0, 19).replace(/[-T:]/g, '')
