/* Offsets from UTC as text: those of ISO 8601, and how PostgreSQL, BigQuery and Java spell them. */

/** The spellings that are read, in words for an error. */
export const zoneText = 'Z, UTC or an offset like +08:00, +0800, +08 or GMT+8'

const offsetPattern = /^([+-])(\d\d)(?::?(\d\d)(?::?(\d\d))?)?$/
const prefixedPattern = /^(?:UTC|GMT)(?:([+-])(\d{1,2})(?::?(\d\d)(?::?(\d\d))?)?)?$/

/** Seconds east of UTC; undefined for what is no offset. An offset may have seconds: zones before standard time did. */
export const offsetOfText = (text: string): number | undefined => {
  if (text === 'Z') return 0
  const parts = offsetPattern.exec(text) ?? prefixedPattern.exec(text)
  if (!parts) return undefined
  const [, sign, hours = '0', minutes = '0', seconds = '0'] = parts
  const [h, m, s] = [Number(hours), Number(minutes), Number(seconds)]
  if (h > 23 || m > 59 || s > 59) return undefined
  const size = h * 3600 + m * 60 + s
  return sign === '-' ? 0 - size : size
}

/** `Z`, `+08:00`, or with the seconds that a zone had before standard time: `+08:05:43`. */
export const formatOffset = (offset: number): string => {
  if (offset === 0) return 'Z'
  const size = Math.abs(offset)
  const [hours, minutes, seconds] = [Math.floor(size / 3600), Math.floor(size / 60) % 60, size % 60]
  const parts = seconds === 0 ? [hours, minutes] : [hours, minutes, seconds]
  return (offset < 0 ? '-' : '+') + parts.map(part => String(part).padStart(2, '0')).join(':')
}
