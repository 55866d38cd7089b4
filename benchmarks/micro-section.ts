import type { ClientProcess } from '../test/interop/client-process.js'
import { startMicro } from './contender.js'
import type { Pace } from './plan.js'
import { type Spread, spreadOf } from './statistics.js'

export interface MicroResult {
  readonly name: string
  readonly unit: 'MB/CPU s' | 'operations/CPU s' | 'rows/CPU s'
  readonly speed: Spread
}

interface Rate {
  readonly perSecond: number
}

/** The small parts of the work, one by one, in turns. */
export const measureMicro = async ({ runs, ms }: Pace): Promise<MicroResult[]> => {
  const contender: ClientProcess = await startMicro()
  try {
    const parts = await contender.call<{ name: string; unit: MicroResult['unit'] }[]>('list')
    const speeds = new Map(parts.map(({ name }) => [name, [] as number[]]))
    for (let run = 0; run < runs; run++)
      for (const { name } of parts) {
        const { perSecond } = await contender.call<Rate>('part', { name, runMs: ms })
        speeds.get(name)!.push(perSecond)
      }
    return parts.map(part => ({ ...part, speed: spreadOf(speeds.get(part.name)!) }))
  } finally {
    await contender.close()
  }
}
