/** Live counters of one transfer. Times are milliseconds; times of parallel requests add up. */

export interface UploadStats {
  /** Rows accepted so far, bad rows that `onRowError` let pass not counted. */
  rows: number
  /** Rows that `onRowError` let pass. */
  rowErrors: number
  /** Blocks that are on the service; of a streaming upload its packs, which are in the table. */
  blocks: number
  /** Blocks that are being sent. */
  blocksInFlight: number
  /**
   * Blocks that may be sent at once, now: the option `concurrency` (with `partitionBy` `maxOpenPartitions`), or as many requests
   * as the Tunnel may have under way, which are fewer after the service has refused some because there were too many.
   */
  readonly concurrency: number
  /** Blocks that a resumed upload found on the service with the same record count. */
  blocksSkipped: number
  /** Commits that were told as a checkpoint. */
  checkpoints: number
  /** Sessions opened for partitions, with `partitionBy`. */
  partitions: number
  /** Bytes of encoded records. */
  rawBytes: number
  /** Bytes of compressed block bodies that reached the service. */
  wireBytes: number
  /** Requests sent again. */
  retries: number
  phaseMs: {
    /** Creating or attaching to the session. */
    open: number
    /** Waiting for a free upload permit: the service or the network is the bottleneck. */
    wait: number
    /** Block requests, those in parallel added up. */
    upload: number
    /** Proving and sending the commit. */
    commit: number
  }
}

/** Counters of a download. They grow while it runs. */
export interface DownloadStats {
  /** Rows handed to the consumer. */
  rows: number
  /** Rows this stream will deliver in all; 0 until the session is open. */
  totalRows: number
  /**
   * Ranges that may be requested at once, now: the option `concurrency`, or as many requests as the Tunnel may have under way,
   * which are fewer after the service has refused some because there were too many.
   */
  readonly concurrency: number
  /** Ranges read to their end, and verified. */
  ranges: number
  /** Bytes of encoded records. */
  rawBytes: number
  /** Compressed bytes received. */
  wireBytes: number
  /** Requests sent again, resumed ranges included. */
  retries: number
  phaseMs: {
    /** Creating or attaching to the session. */
    open: number
    /** Waiting for rows to arrive: the service or the network is the bottleneck. */
    wait: number
  }
  /** Of a query that this download has submitted; undefined for others, and until it is submitted. */
  query?: QueryStats
}

/** A query that the service has accepted. */
export interface QueryInstance {
  readonly instanceId: string
  readonly project: string
  /**
   * The page of the query in MaxCompute's console, for whoever may log in there. Absent where `endpoint` isn't one of the public
   * service, which names its region.
   */
  readonly logviewUrl?: string | undefined
}

/** How far a query is. */
export interface QueryStats extends QueryInstance {
  /** The service's word for the instance, in lower case: `running`, `suspended`, `terminated`. */
  state: string
  /** Its tasks; one statement is one task. States in lower case: `waiting`, `running`, `success`, `failed`, `cancelled`. */
  tasks: readonly { readonly name: string; readonly state: string }[]
  /** From 0 to 1. */
  progress: number
  /** Whether the result is read in the service's limited mode. */
  readonly limited: boolean
  /** The result has as many rows as the limited mode gives at most, so there may have been more. */
  possiblyCut: boolean
}

/** @param concurrency asked for whenever it is read */
export const newUploadStats = (concurrency: () => number): UploadStats => ({
  get concurrency() {
    return concurrency()
  },
  rows: 0,
  rowErrors: 0,
  blocks: 0,
  blocksInFlight: 0,
  blocksSkipped: 0,
  checkpoints: 0,
  partitions: 0,
  rawBytes: 0,
  wireBytes: 0,
  retries: 0,
  phaseMs: { open: 0, wait: 0, upload: 0, commit: 0 },
})

/** @param concurrency asked for whenever it is read */
export const newDownloadStats = (concurrency: () => number): DownloadStats => ({
  get concurrency() {
    return concurrency()
  },
  rows: 0,
  totalRows: 0,
  ranges: 0,
  rawBytes: 0,
  wireBytes: 0,
  retries: 0,
  phaseMs: { open: 0, wait: 0 },
})

/** Awaits `work` and adds the time it took to one phase, failed or not. */
export const timed = async <Phase extends string, T>(
  phaseMs: Record<Phase, number>,
  phase: Phase,
  work: Promise<T>,
): Promise<T> => {
  const start = performance.now()
  try {
    return await work
  } finally {
    phaseMs[phase] += performance.now() - start
  }
}
