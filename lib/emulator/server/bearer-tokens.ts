import { createHmac, timingSafeEqual } from 'node:crypto'
import type { ServiceClock } from '../clock.js'

/** Tokens that this emulator signs and takes in place of a signature, until they expire. */
export interface BearerTokens {
  sign(expiresAt: number): string
  accepts(token: string, now: number): boolean
}

/** Base64 of parts between commas, the third the Unix second it expires: PyODPS reads it there (protocol 2.6). */
export const createBearerTokens = ({ randomBytes }: Pick<ServiceClock, 'randomBytes'>): BearerTokens => {
  const secret = randomBytes(32)
  const seal = (text: string): string => createHmac('sha256', secret).update(text).digest('base64url')
  return {
    sign: expiresAt => {
      const text = `emulator,${randomBytes(12).toString('hex')},${Math.floor(expiresAt / 1000)}`
      return Buffer.from(`${text},${seal(text)}`).toString('base64')
    },
    accepts: (token, now) => {
      const [issuer, id, expiresAt, given = ''] = Buffer.from(token, 'base64').toString().split(',')
      const expected = Buffer.from(seal(`${issuer},${id},${expiresAt}`))
      const seen = Buffer.from(given)
      const isOurs = seen.length === expected.length && timingSafeEqual(seen, expected)
      return isOurs && Number(expiresAt) * 1000 > now
    },
  }
}
