import { readFileSync } from 'node:fs'
import { type Profiler, Session } from 'node:inspector/promises'

/** A function with its own time. */
export interface Frame {
  readonly name: string
  readonly url: string
  /** From 1; 0 of native code. */
  readonly line: number
  readonly ms: number
}

export interface Profile {
  readonly count: number
  readonly unit: 'row' | 'MB' | 'operation' | 'start'
  /** Of all threads of the process. */
  readonly cpuMs: number
  /** Of the main thread. */
  readonly frames: readonly Frame[]
}

const sampleMicroseconds = 500

/** Does the work again and again until so much CPU time is used, and looks at the main thread meanwhile. */
export const profileOf = async (
  work: () => number | Promise<number>,
  ms: number,
  unit: Profile['unit'] = 'row',
): Promise<Profile> => {
  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.setSamplingInterval', { interval: sampleMicroseconds })
  await session.post('Profiler.start')
  const before = process.cpuUsage()
  const mainBefore = mainThreadMs()
  let count = 0
  let cpuMs = 0
  while (cpuMs < ms) {
    count += await work()
    const { user, system } = process.cpuUsage(before)
    cpuMs = (user + system) / 1000
  }
  const mainMs = mainThreadMs() - mainBefore
  const { profile } = await session.post('Profiler.stop')
  session.disconnect()
  return { count, unit, cpuMs, frames: scaled(framesOf(profile), mainMs) }
}

/** CPU time of the main thread so far, in steps of 10 ms; NaN where the system does not tell. */
const mainThreadMs = (): number => {
  try {
    const stat = readFileSync(`/proc/self/task/${process.pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return 10 * (Number(fields[11]) + Number(fields[12]))
  } catch {
    return Number.NaN
  }
}

/** Samples are taken by the clock on the wall: what another process had of it is taken out again. */
const scaled = (frames: readonly Frame[], mainMs: number): Frame[] => {
  const sum = frames.reduce((total, { ms }) => total + ms, 0)
  const factor = Number.isNaN(mainMs) ? 1 : mainMs / sum
  return frames.map(frame => ({ ...frame, ms: frame.ms * factor }))
}

/** `dispatch` is the profiler itself. */
const isWork = (name: string, url: string): boolean =>
  name !== '(idle)' && !(name === 'dispatch' && url === '')

/** Of one process, or of several that do the same, together. */
export const framesOf = (...profiles: readonly Profiler.Profile[]): Frame[] => {
  const frames = new Map<string, Frame>()
  for (const { nodes, samples = [], timeDeltas = [] } of profiles) {
    const times = new Map<number, number>()
    samples.forEach((id, i) => {
      times.set(id, (times.get(id) ?? 0) + timeDeltas[i]! / 1000)
    })
    for (const { id, callFrame } of nodes) {
      const { functionName: name, url, lineNumber } = callFrame
      const ms = times.get(id)
      if (ms === undefined || !isWork(name, url)) continue
      const key = `${name} ${url} ${lineNumber}`
      frames.set(key, { name, url, line: lineNumber + 1, ms: ms + (frames.get(key)?.ms ?? 0) })
    }
  }
  return [...frames.values()]
}
