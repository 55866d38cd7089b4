import type { CompressionName } from '../../lib/compression/compression.js'
import { Random } from './random.js'
import type { Phase, WireRule, WireTrouble } from './wire-proxy.js'

/** Trouble that the service itself makes, for the n-th request of a phase. */
export type ServiceTrouble =
  | 'http-500'
  | 'http-502-html'
  | 'http-503-retry-after'
  | 'http-504-empty'
  | 'flow-exceeded'
  | 'slot-exceeded'
  | 'http-307'
  | 'http-308'
  | 'html-200'
  | 'truncated-json'
  | 'lost-answer'
  | 'hang'
  | 'reset'
  | 'session-expired'
  | 'token-expired'
  | 'corrupted-block'
  | 'echoing-refusal'

export interface ServiceRule {
  readonly phase: Phase
  readonly after: number
  readonly times: number
  readonly trouble: ServiceTrouble
}

/** Trouble before any byte: where a connection goes. */
export type ConnectTrouble = 'refused' | 'no-such-host'

export interface ConnectRule {
  readonly after: number
  readonly times: number
  readonly trouble: ConnectTrouble
}

/** What is played: one transfer, an upload that commits at checkpoints, or one into many partitions. */
export type ScenarioKind = 'plain' | 'checkpoints' | 'partitions'

/** Everything about one scenario that is chosen; the order of events in parallel requests is not. */
export interface Scenario {
  readonly seed: number
  readonly kind: ScenarioKind
  readonly direction: 'upload' | 'download'
  readonly rows: number
  /** Bytes of text in a row. */
  readonly width: number
  /** Rows that the table holds before an upload. */
  readonly rowsBefore: number
  readonly partitioned: boolean
  readonly overwrite: boolean
  readonly compression: CompressionName
  /** Rows of a block, or of a range. */
  readonly stepRows: number
  /** Rows of a checkpoint, of that kind. */
  readonly checkpointRows: number
  readonly concurrency: number
  readonly credentials: 'key' | 'token' | 'bearer'
  readonly signatureVersion: 'v1' | 'v4'
  /** The caller stops after so many rows. */
  readonly stop: { readonly after: number; readonly by: 'signal' | 'destroy' } | undefined
  /** After a failure the same is tried again without trouble, with the same session. */
  readonly resume: boolean
  readonly attempts: number
  /** How much the client's clock is ahead of the service's. */
  readonly clockOffsetMs: number
  readonly wire: readonly WireRule[]
  readonly service: readonly ServiceRule[]
  readonly connect: readonly ConnectRule[]
}

const compressions: readonly CompressionName[] = ['raw', 'raw', 'raw', 'snappy', 'deflate', 'zstd', 'lz4']

/** The scenario of a seed and kind: always the same. */
export const planScenario = (seed: number, kind: ScenarioKind = 'plain'): Scenario => {
  const random = new Random(seed)
  const drawn = random.chance(0.55) ? 'upload' : 'download'
  const direction = kind === 'plain' ? drawn : 'upload'
  const rows = random.chance(0.05) ? 0 : random.integer(1, 60)
  const width = random.chance(0.3) ? random.integer(500, 4_000) : random.integer(0, 60)
  const stepRows = random.chance(0.3) ? 60 : random.integer(1, 25)
  const steps = Math.ceil(rows / stepRows)
  const stepBytes = Math.min(rows, stepRows) * (width + 40)
  const size = { steps, stepBytes }
  const troubles = random.integer(1, 4)
  const wire: WireRule[] = []
  const service: ServiceRule[] = []
  const connect: ConnectRule[] = []
  for (let i = 0; i < troubles; i++) {
    const source = random.next()
    if (source < 0.5) wire.push(planWireRule(random, direction, size))
    else if (source < 0.93) service.push(planServiceRule(random, direction, steps))
    else connect.push(planConnectRule(random))
  }
  return {
    seed,
    kind,
    checkpointRows: new Random(-1 - seed).integer(1, 30),
    direction,
    rows,
    width,
    rowsBefore: direction === 'upload' && random.chance(0.3) ? random.integer(1, 5) : 0,
    partitioned: random.chance(0.2) || kind === 'partitions',
    overwrite: random.chance(0.2),
    compression: random.pick(compressions),
    stepRows,
    concurrency: random.integer(1, 4),
    credentials: random.pick(['key', 'key', 'token', 'bearer']),
    signatureVersion: random.chance(0.25) ? 'v4' : 'v1',
    stop: random.chance(0.1)
      ? { after: random.integer(0, rows), by: random.pick(['signal', 'destroy']) }
      : undefined,
    resume: random.chance(0.5),
    attempts: random.integer(2, 6),
    clockOffsetMs: random.chance(0.08) ? random.integer(-600, 600) * 60_000 : 0,
    wire,
    service: kind === 'partitions' ? [...service, ...planUnknownCommit(new Random(-2 - seed))] : service,
    connect,
  }
}

/** The answer of one of several commits is lost, and nobody can be asked what became of it: by chance alone that is rare. */
const planUnknownCommit = (random: Random): readonly ServiceRule[] => {
  if (!random.chance(0.1)) return []
  const after = random.integer(0, 3)
  return [
    { phase: 'commit', after, times: 1_000, trouble: 'lost-answer' },
    // Each commit is asked about before it is sent.
    { phase: 'load', after: after + 1, times: 1_000, trouble: 'http-500' },
  ]
}

const planPhase = (random: Random, direction: Scenario['direction']): Phase =>
  direction === 'upload'
    ? random.pick(['route', 'create', 'load', 'put', 'put', 'put', 'commit', 'commit'])
    : random.pick(['route', 'create', 'data', 'data', 'data', 'data'])

const planPlace = (random: Random, direction: Scenario['direction'], steps: number) => {
  const phase = planPhase(random, direction)
  const hasMany = phase === 'put' || phase === 'data'
  return {
    phase,
    after: hasMany ? random.integer(0, steps) : random.chance(0.85) ? 0 : 1,
    times: random.chance(0.75) ? 1 : random.chance(0.6) ? random.integer(2, 3) : 1_000,
  }
}

/** What a block or a range comes to, roughly. */
interface StepSize {
  readonly steps: number
  readonly stepBytes: number
}

const planWireRule = (random: Random, direction: Scenario['direction'], size: StepSize): WireRule => {
  const place = planPlace(random, direction, size.steps)
  return { ...place, trouble: planWireTrouble(random, place.phase, size.stepBytes) }
}

/** Half of them in the head and the first bytes of a body, half anywhere in it. */
const planOffset = (random: Random, bytes: number): number =>
  random.chance(0.5) ? random.integer(0, 600) : random.integer(0, bytes + 400)

const bulkTroubles = ['cut-answer', 'half-close', 'flip-answer', 'flip-request', 'reset-in-request'] as const

const planWireTrouble = (random: Random, phase: Phase, bytes: number): WireTrouble => {
  const isBulk = phase === 'data' || phase === 'put'
  const kind = random.pick([
    ...(isBulk ? bulkTroubles : []),
    'reset-before',
    'reset-in-request',
    'lose-answer',
    'cut-answer',
    'half-close',
    'stall',
    'swallow',
    'drip-answer',
    'drip-request',
    'flip-answer',
    'flip-request',
    'duplicate',
    'deliver-late',
  ] as const)
  const after = planOffset(random, bytes)
  switch (kind) {
    case 'drip-answer':
    case 'drip-request':
      return { kind, bytes: Math.ceil(random.integer(1, 40) * Math.max(1, bytes / 2_000)) }
    case 'flip-answer':
      // The JSON of a session has no checksum (only TLS would notice), so it is left alone.
      return phase === 'data'
        ? { kind, at: Math.max(0, after - 300), bit: random.integer(0, 7) }
        : { kind: 'cut-answer', after }
    case 'flip-request':
      return phase === 'put'
        ? { kind, at: Math.max(0, after - 300), bit: random.integer(0, 7) }
        : { kind: 'reset-in-request', after }
    case 'reset-in-request':
    case 'cut-answer':
    case 'half-close':
    case 'stall':
      return { kind, after }
    default:
      return { kind }
  }
}

const planServiceRule = (random: Random, direction: Scenario['direction'], steps: number): ServiceRule => ({
  ...planPlace(random, direction, steps),
  trouble: random.pick([
    'http-500',
    'http-502-html',
    'http-503-retry-after',
    'http-504-empty',
    'flow-exceeded',
    'slot-exceeded',
    'http-307',
    'http-308',
    'html-200',
    'truncated-json',
    'lost-answer',
    'lost-answer',
    'hang',
    'reset',
    'session-expired',
    'token-expired',
    'corrupted-block',
    'echoing-refusal',
  ] as const),
})

const planConnectRule = (random: Random): ConnectRule => ({
  after: random.integer(0, 3),
  times: random.chance(0.8) ? random.integer(1, 3) : 1_000,
  trouble: random.pick(['refused', 'no-such-host']),
})
