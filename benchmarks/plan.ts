import type { ContenderName, PeerName } from './contender.js'
import type { DatasetName } from './datasets.js'

/** What is to be measured, and how long. */
export interface Plan {
  readonly sections: readonly Section[]
  readonly datasets: readonly DatasetName[]
  readonly peers: readonly PeerName[]
  readonly compressions: readonly string[]
  /** Alternations. */
  readonly runs: number
  /** CPU time that one timed run shall take, about. */
  readonly runMs: number
  readonly warmUpMs: (name: ContenderName) => number
  /** Also encode from records that were made before. */
  readonly prebuilt: boolean
  /** Millions of rows. */
  readonly scales: readonly number[]
}

export const sections = ['micro', 'memory', 'transfer', 'scale', 'start'] as const
export type Section = (typeof sections)[number]
