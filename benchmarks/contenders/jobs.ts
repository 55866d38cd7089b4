/* The jobs that every contender answers, in whatever language it is written. */

export interface ColumnText {
  readonly name: string
  readonly type: string
}

export interface Place {
  readonly endpoint: string
  readonly project: string
  readonly accessKeyId: string
  readonly accessKeySecret: string
}

/** Reads a raw record stream and keeps it, and its rows as a program would have them. */
export interface LoadJob {
  readonly file: string
  readonly columns: readonly ColumnText[]
}

export interface TransferJob {
  readonly place: Place
  readonly table: string
  readonly compression: string
  /** How often the loaded rows are sent. */
  readonly rounds: number
  readonly file?: string
}
