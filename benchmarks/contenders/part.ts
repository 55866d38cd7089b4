/** A part of the work that is measured by itself. */
export interface Part {
  readonly name: string
  readonly unit: 'MB/CPU s' | 'operations/CPU s' | 'rows/CPU s'
  /** Does it once; returns how many units that was. */
  readonly run: () => number | Promise<number>
}
