import type { Catalog } from './catalog.js'
import type { ServiceClock } from './clock.js'
import type { SchemaState, TableStore } from './store/table-store.js'
import { defaultSchemaName } from './table.js'

/*
 * Schemas need no keeping to be used: `default` is always there, and a table makes its schema exist, so that a test names one where
 * it needs it. What is kept is only those that were created by themselves, for clients list them and look for them.
 */

const keyOf = (project: string, name: string): string =>
  JSON.stringify([project, name].map(part => part.toLowerCase()))

export class SchemaCatalog {
  readonly #store: TableStore
  readonly #catalog: Catalog
  readonly #clock: ServiceClock
  #created: ReadonlyMap<string, SchemaState> = new Map()
  /** Changes happen one after the other. */
  #queue: Promise<unknown> = Promise.resolve()

  constructor(store: TableStore, catalog: Catalog, clock: ServiceClock) {
    this.#store = store
    this.#catalog = catalog
    this.#clock = clock
  }

  async load(): Promise<void> {
    const states = await this.#store.loadSchemas()
    this.#created = new Map(states.map(state => [keyOf(state.project, state.name), state]))
  }

  /** Sorted by name. */
  list(project: string): SchemaState[] {
    const created = [...this.#created.values()].filter(state => isSame(state.project, project))
    const found = new Map<string, SchemaState>()
    for (const state of [
      this.#implied(project, defaultSchemaName, 0),
      ...this.#ofTables(project),
      ...created,
    ])
      found.set(keyOf(project, state.name), state)
    return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  find(project: string, name: string): SchemaState | undefined {
    return this.list(project).find(state => isSame(state.name, name))
  }

  #ofTables(project: string): SchemaState[] {
    return this.#catalog
      .inProject(project)
      .map(({ state }) => this.#implied(project, state.schemaName, state.createdAt))
  }

  #implied(project: string, name: string, createdAt: number): SchemaState {
    return { project, name: name.toLowerCase(), comment: '', createdAt }
  }

  /** False when it is there already. */
  create(project: string, name: string, comment: string): Promise<boolean> {
    return this.#change(async () => {
      if (this.find(project, name) !== undefined) return false
      const state = { project, name: name.toLowerCase(), comment, createdAt: this.#clock.now() }
      await this.#save(new Map(this.#created).set(keyOf(project, name), state))
      return true
    })
  }

  drop(project: string, name: string): Promise<'dropped' | 'absent' | 'in use'> {
    return this.#change(async () => {
      if (this.find(project, name) === undefined) return 'absent'
      if (isSame(name, defaultSchemaName) || this.#catalog.list(project, name).length > 0) return 'in use'
      const left = new Map(this.#created)
      left.delete(keyOf(project, name))
      await this.#save(left)
      return 'dropped'
    })
  }

  #change<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#queue.then(work)
    this.#queue = done.catch(() => {})
    return done
  }

  async #save(states: ReadonlyMap<string, SchemaState>): Promise<void> {
    await this.#store.saveSchemas([...states.values()])
    this.#created = states
  }
}

const isSame = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()
