import { makeTables } from '../checksum'
import { makeVectors } from './digits'
import { makeTimeVectors } from './times'

/** Fills the tables that need nothing of JavaScript; to be called once. */
export function start(): void {
  makeTables()
  makeVectors()
  makeTimeVectors()
}
