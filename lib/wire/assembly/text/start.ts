import { makeTables } from '../checksum'
import { makeSigns } from './fields'

/** Fills the tables that need nothing of JavaScript; to be called once. */
export function start(): void {
  makeTables()
  makeSigns()
}
