import { readFileSync, writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

/** What a job took: rows moved, CPU time (user and system) of this process, time on the clock, milliseconds. */
export interface Cost {
  readonly rows: number
  readonly cpuMs: number
  readonly wallMs: number
}

/** The job's work between two looks at the clocks of this process. */
export const costOf = async (work: () => number | Promise<number>): Promise<Cost> => {
  const cpu = process.cpuUsage()
  const start = performance.now()
  const rows = await work()
  const wallMs = performance.now() - start
  const { user, system } = process.cpuUsage(cpu)
  return { rows, cpuMs: (user + system) / 1000, wallMs }
}

/** The most memory this process held since the last time it was asked. */
export const peakBytes = (): number => {
  try {
    const line = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))
    writeFileSync('/proc/self/clear_refs', '5')
    if (line) return Number(line[1]) * 1024
  } catch {}
  return process.resourceUsage().maxRSS * 1024
}

type Job = { readonly id: number; readonly op: string } & Readonly<Record<string, unknown>>

/** Runs jobs one after the other: a line of JSON each way. */
export const answerJobs = (jobs: Readonly<Record<string, (job: never) => unknown>>): void => {
  const answer = async (line: string): Promise<void> => {
    const job = JSON.parse(line) as Job
    try {
      const value = (await jobs[job.op]!(job as never)) ?? null
      process.stdout.write(`${JSON.stringify({ id: job.id, value })}\n`)
    } catch (error) {
      const { name: kind, stack: message } = error as Error
      process.stdout.write(`${JSON.stringify({ id: job.id, error: { kind, message } })}\n`)
    }
  }
  let last = Promise.resolve()
  const lines = createInterface({ input: process.stdin })
  lines.on('line', line => {
    last = last.then(() => answer(line))
  })
  lines.on('close', () => last.then(() => process.exit(0)))
}
