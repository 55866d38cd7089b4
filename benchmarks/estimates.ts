import type { Pace, Plan, Section, UploadWay } from './plan.js'

/** What is measured, with about the minutes that it takes; longer where the machine does other work too. */
export const describePlan = (plan: Plan): string => {
  const lines = plan.sections.map(section => {
    const { what, seconds } = estimates[section](plan)
    return { text: `  ${section.padEnd(9)} ${what}`, seconds }
  })
  const minutes = Math.ceil(lines.reduce((sum, { seconds }) => sum + seconds, 0) / 60)
  const peers = plan.peers.length > 0 ? `beside ${plan.peers.join(', ')}` : 'without the official clients'
  return `${lines.map(({ text }) => text).join('\n')}\n${peers}; minutes, about: ${minutes}`
}

interface Estimate {
  readonly what: string
  readonly seconds: number
}

const warmUpSeconds = ({ peers, warmUpMs }: Plan, pace: Pace): number =>
  ['odps-tunnel' as const, ...peers].reduce((sum, name) => sum + warmUpMs(name, pace) / 1000, 0)

/** Of one race: the warming up and the alternations; a transfer is of 25 MB, and some are slow. */
const raceSeconds = (plan: Plan, { runs, ms }: Pace, leastMs: number): number =>
  warmUpSeconds(plan, { runs, ms }) + (runs * (plan.peers.length + 1) * Math.max(ms, leastMs)) / 1000

const paceText = ({ runs, ms }: Pace): string => `${runs} runs of ${ms} ms`

const uploadsEstimate = (work: UploadWay, plan: Plan): Estimate => {
  const pace = plan.paceOf(work)
  const peers = plan.peers.filter(name => name !== 'go')
  const count = Math.max(1, plan.compressions.length)
  const names = plan.datasetsOf(work)
  return {
    what: `${names.join(', ')}; ${paceText(pace)}`,
    seconds:
      names.length * count * (10 + raceSeconds({ ...plan, peers }, pace, work === 'upsert' ? 4000 : 1500)),
  }
}

const estimates: Readonly<Record<Section, (plan: Plan) => Estimate>> = {
  prove: ({ peers }) => ({ what: 'the generators', seconds: 4 + 17 * peers.length }),
  micro: plan => {
    const { runs, ms } = plan.paceOf('micro')
    return { what: paceText({ runs, ms }), seconds: 30 + (160 * runs * ms) / 1000 }
  },
  memory: plan => {
    const pace = plan.paceOf('memory')
    const races = plan.works.filter(work => work !== 'upload' && work !== 'download').length
    const seconds = plan.datasets.length * (6 + races * raceSeconds(plan, pace, 0))
    return { what: `${plan.datasets.join(', ')}; ${paceText(pace)}`, seconds }
  },
  arrow: plan => {
    const pace = plan.paceOf('arrow')
    const peers = plan.peers.filter(name => name === 'pyodps')
    const names = plan.datasetsOf('arrow')
    const seconds = names.length * (25 + 4 * raceSeconds({ ...plan, peers }, pace, 0))
    return { what: `${names.join(', ')}; ${paceText(pace)}`, seconds }
  },
  transfer: plan => {
    const pace = plan.paceOf('transfer')
    const sets = plan.datasets.map(name => [name, plan.compressionsOf(name)] as const)
    const races = plan.works.filter(work => work === 'upload' || work === 'download').length
    const count = sets.reduce((sum, [, names]) => sum + names.length, 0)
    const what = sets.map(([name, names]) => `${name} ${names.join(' ')}`).join(', ')
    return {
      what: `${what}; ${paceText(pace)}`,
      seconds: count * (6 + races * raceSeconds(plan, pace, 1500)),
    }
  },
  fanout: plan => uploadsEstimate('fanout', plan),
  upsert: plan => uploadsEstimate('upsert', plan),
  copy: plan => {
    const { runs, ms } = plan.paceOf('copy')
    const names = plan.datasetsOf('copy')
    const count = names.reduce((sum, name) => sum + plan.compressionsOf(name).length, 0)
    return {
      what: `${names.join(', ')}; ${paceText({ runs, ms })}`,
      seconds: count * (15 + (12 * runs * ms) / 1000),
    }
  },
  files: plan => {
    const { runs } = plan.paceOf('files')
    const names = plan.datasetsOf('files')
    // A wide row costs as much as several narrow ones, of which there are more.
    const millions = (plan.fileRows ?? 2_000_000) / 1e6
    const ways = plan.fileFormats.reduce((sum, format) => sum + (format === 'csv' ? 4 : 2), 0)
    const seconds = names.length * (15 + ways * (runs + 3) * (0.5 + 1.5 * millions))
    return { what: `${plan.fileFormats.join(', ')} of ${names.join(', ')}; ${runs} runs`, seconds }
  },
  scale: ({ scales, scalePeers }) => ({
    what: `${scales.join(', ')} million rows${scalePeers.map(name => `, ${name}`).join('')}`,
    seconds: scales.reduce((sum, millions) => sum + 2 + 2 * millions, 0) * (1 + 2 * scalePeers.length),
  }),
  start: plan => ({ what: `${plan.paceOf('start').runs} runs`, seconds: plan.paceOf('start').runs * 1 }),
  profile: plan => {
    const count = plan.profilesMisses ? 8 : plan.works.length * plan.datasets.length
    const what = plan.profilesMisses ? 'what misses its target' : `${plan.datasets.join(', ')}`
    return { what, seconds: (count * (2000 + plan.paceOf('profile').ms)) / 1000 }
  },
}
