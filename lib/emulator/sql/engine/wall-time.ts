import { timeZoneOf } from '../../../values/time-zone.js'

/*
 * Instants as the wall clock of a zone and back, in whole nanoseconds since 1970. An hour that comes twice, when clocks are
 * set back, has one wall clock for two instants: the second one can't be told by it.
 */

const nanosPerSecond = 1_000_000_000n

const floorSeconds = (nanos: bigint): bigint =>
  nanos >= 0n ? nanos / nanosPerSecond : -((-nanos + nanosPerSecond - 1n) / nanosPerSecond)

/** The wall clock of an instant; undefined for one that isn't what its wall clock says. */
export const toWall = (nanos: bigint, timeZone: string): bigint | undefined => {
  const offset = timeZoneOf(timeZone).offsetAt(Number(floorSeconds(nanos)))
  const wall = nanos + BigInt(offset) * nanosPerSecond
  return toInstant(wall, timeZone) === nanos ? wall : undefined
}

/** The instant of a wall clock; the first of two, and for one that is skipped the offset before the gap. */
export const toInstant = (wall: bigint, timeZone: string): bigint => {
  const seconds = floorSeconds(wall)
  return (
    BigInt(timeZoneOf(timeZone).toEpoch(Number(seconds))) * nanosPerSecond + (wall - seconds * nanosPerSecond)
  )
}

/** Seconds, rounded down, and the nanoseconds above them. */
export const splitNanos = (nanos: bigint): { readonly seconds: bigint; readonly nanos: number } => {
  const seconds = floorSeconds(nanos)
  return { seconds, nanos: Number(nanos - seconds * nanosPerSecond) }
}
