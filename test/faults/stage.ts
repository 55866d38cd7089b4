import assert from 'node:assert/strict'
import type { Emulator } from '../../lib/emulator/index.js'
import type { TunnelOptions } from '../../lib/options.js'
import { Tunnel } from '../../lib/tunnel.js'
import { Random } from './random.js'
import type { Scenario } from './scenario.js'
import { assertNoSecrets, mark, plantedKey, plantedToken, showAll, takeMessages } from './secrets.js'
import { serviceFaults } from './service-faults.js'
import type { OpenWorld, World } from './world.js'

export type Row = [bigint, string]

const noise = ((): string => {
  const random = new Random(1)
  return Array.from({ length: 20_000 }, () => random.integer(0, 35).toString(36)).join('')
})()

/** Text that no compression makes much smaller, so that bodies can be cut within. */
const textOf = (i: number, width: number): string => {
  const at = (i * 37) % (noise.length - width)
  return noise.slice(at, at + width)
}

export const rowsOf = ({ seed, rows, width }: Scenario): Row[] =>
  Array.from({ length: rows }, (_, i) => [BigInt(i), `${mark}-row ${seed} ${i} ${textOf(i, width)}`])

export const oldRows = ({ rowsBefore }: Scenario): Row[] =>
  Array.from({ length: rowsBefore }, (_, i) => [BigInt(-1 - i), `${mark}-old ${i}`])

/** A world, with a client that has its trouble and one that has none. */
export class Stage {
  readonly scenario: Scenario
  readonly world: World
  readonly troubled: Tunnel
  readonly direct: Tunnel
  readonly table: { readonly table: string; readonly partitionSpec?: string }
  readonly fired: string[] = []
  /** Everything the library gave out: events, stats, errors. */
  readonly given: string[] = []
  readonly #keys: KeyRing

  private constructor(scenario: Scenario, world: World) {
    this.scenario = scenario
    this.world = world
    this.table = { table: 't', ...(scenario.partitioned && { partitionSpec: 'p=1' }) }
    const { clock } = world
    const keys = new KeyRing(scenario)
    const options: TunnelOptions = {
      project: 'p',
      credentials: keys.credentials,
      region: 'cn-test',
      signatureVersion: scenario.signatureVersion,
      clock: {
        now: () => clock.now() + scenario.clockOffsetMs,
        sleep: clock.sleep,
        random: clock.random,
      },
    }
    this.troubled = new Tunnel({
      ...options,
      ...world.troubled,
      requestTimeoutMs: scenario.kind === 'plain' ? 300 : 1000,
      retry: { attempts: scenario.attempts, minDelayMs: 1, maxDelayMs: 8 },
    })
    this.direct = new Tunnel({ ...options, ...world.direct, credentials: plantedKey(0) })
    // An earlier scenario may have used the port.
    for (const host of world.hosts) takeMessages(host)
    this.#keys = keys
  }

  get emulator(): Emulator {
    return this.world.emulator
  }

  /** Lets the service's trouble begin. */
  arm(): void {
    this.emulator.setFaults(
      serviceFaults(this.scenario.service, {
        trap: this.world.trap,
        fired: trouble => this.fired.push(trouble),
        expireCredentials: () => this.#keys.expire(),
        isExpired: request => this.#keys.isExpired(request.headers),
      }),
    )
  }

  static async open(scenario: Scenario, openWorld: OpenWorld): Promise<Stage> {
    const world = await openWorld(scenario, { projects: ['p'], credentials: knownCredentials })
    const { emulator } = world
    await emulator.createTable({
      name: 't',
      columns: { id: 'bigint', name: 'string' },
      ...(scenario.partitioned && { partitionColumns: { p: 'string' } }),
    })
    if (scenario.partitioned) await emulator.addPartition('t', 'p=1')
    return new Stage(scenario, world)
  }

  /** Ends all trouble, and lets late requests arrive. */
  async calm(): Promise<void> {
    this.emulator.setFaults()
    await this.world.deliverLate()
  }

  async fill(rows: readonly Row[]): Promise<void> {
    if (rows.length === 0) return
    const session = await this.direct.createUploadSession(this.table)
    await session.upload(0, rows)
    await session.commit()
  }

  async readTable(partitionSpec?: string): Promise<unknown[]> {
    const place = partitionSpec === undefined ? this.table : { table: 't', partitionSpec }
    const session = await this.direct.createDownloadSession(place)
    return session.download(0, session.recordCount)
  }

  listen(stream: { on(event: string, listener: (value: unknown) => void): unknown }): void {
    for (const event of ['session', 'progress', 'error'])
      stream.on(event, value => this.given.push(...showAll(value)))
  }

  /** @param retries what the stream under test counted */
  check(retries: number): void {
    const signatures = this.emulator.requests.flatMap(({ headers }) => signatureOf(headers.authorization))
    const messages = this.world.hosts.flatMap(takeMessages)
    const texts = [...this.given, ...messages.map(({ text }) => text)]
    assertNoSecrets('something the library gave out', texts, signatures)
    const told = messages.filter(({ channel }) => channel === 'odps-tunnel:retry')
    // A look-up of the route may go on for others when a stream has been stopped.
    const agreed = this.scenario.stop === undefined ? retries === told.length : retries <= told.length
    assert.ok(
      agreed,
      `stats count ${retries} retries, not ${told.length}: ${told.map(({ text }) => text).join()}`,
    )
  }

  async close(): Promise<void> {
    await this.troubled.close()
    await this.direct.close()
    await this.world.close()
  }
}

const signatureOf = (authorization: string | undefined): string[] => {
  const signature = authorization?.slice(authorization.lastIndexOf(':') + 1) ?? ''
  return signature.length > 6 ? [signature] : []
}

const versions = [0, 1, 2, 3]
const knownCredentials = versions.flatMap(version => [
  plantedKey(version),
  { ...plantedKey(version), accessKeyId: `sts-${version}`, securityToken: plantedToken(version) },
  { bearerToken: `${plantedToken(version)}-bearer` },
])

/** The credentials of a scenario: fixed ones, or a function that gives newer ones after the old have expired. */
class KeyRing {
  readonly #kind: Scenario['credentials']
  #version = 0

  constructor({ credentials }: Scenario) {
    this.#kind = credentials
  }

  get credentials(): NonNullable<TunnelOptions['credentials']> {
    if (this.#kind === 'key') return plantedKey(0)
    return async () =>
      this.#kind === 'bearer'
        ? { bearerToken: `${plantedToken(this.#version)}-bearer` }
        : {
            ...plantedKey(this.#version),
            accessKeyId: `sts-${this.#version}`,
            securityToken: plantedToken(this.#version),
          }
  }

  expire(): void {
    if (this.#version < versions.length - 1) this.#version++
  }

  isExpired(headers: Readonly<Record<string, unknown>>): boolean {
    const token = String(headers['authorization-sts-token'] ?? headers['x-odps-bearer-token'] ?? '')
    const version = Number(/^planted-token-(\d)/.exec(token)?.[1] ?? this.#version)
    return version < this.#version
  }
}
