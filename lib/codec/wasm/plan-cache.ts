import type { Column } from '../../schema/table-schema.js'

/**
 * Keeps what is made of a schema as long as the schema itself is kept: making code costs more than encoding some hundred
 * rows, and every block and every range has an encoder or decoder of its own.
 */
export class PlanCache<Plan> {
  readonly #plans = new WeakMap<readonly Column[], Map<string, Plan>>()

  /** `key` tells plans of the same columns apart. */
  of(columns: readonly Column[], key: string, make: () => Plan): Plan {
    let plans = this.#plans.get(columns)
    if (plans === undefined) {
      plans = new Map()
      this.#plans.set(columns, plans)
    }
    let plan = plans.get(key)
    if (plan === undefined) {
      plan = make()
      plans.set(key, plan)
    }
    return plan
  }
}
