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

/** Keeps a raw record stream to decode, and makes the rows of the workload; of one without a generator it decodes them. */
export interface LoadJob {
  readonly workload: string
  readonly rows: number
  readonly file: string
  readonly columns: readonly ColumnText[]
}

/** Makes the rows of a workload and writes their raw record stream. */
export type GenerateJob = LoadJob

export interface TransferJob {
  readonly place: Place
  readonly table: string
  readonly compression: string
  /** How often the loaded rows are sent. */
  readonly rounds: number
  readonly file?: string
}
