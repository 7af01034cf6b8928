/**
 * The warm pool as its tests tell it: a machine that is full makes requests spill, machines without the model could load
 * it, and the tick's row says what was planned. Spills are exact: each is one request that only the full machine may
 * serve, answered machine_busy.
 */
import type { ProviderId } from '../../../sim/base/ids.ts'
import { A, B, type MacSpec, type SettingsInput, Story, type StoryOptions } from '../world.ts'

/** The real tests run without a burst buffer, one load per tick and no ramp unless they say otherwise. */
const plain: SettingsInput = {
  WARM_POOL_BURST_BUFFER: 0,
  WARM_POOL_MAX_LOADS_PER_TICK: 1,
  WARM_POOL_MAX_LOADS_PER_TICK_CEILING: 1,
  WARM_POOL_RAMP_GAP_FRACTION: 0,
  COLD_DISPATCH: false,
  QUEUE_BEFORE_SHED: false,
}

/** Undoes these: the controller as June ran it. */
export const juneRamp: SettingsInput = {
  WARM_POOL_BURST_BUFFER: undefined,
  WARM_POOL_MAX_LOADS_PER_TICK: undefined,
  WARM_POOL_MAX_LOADS_PER_TICK_CEILING: undefined,
  WARM_POOL_RAMP_GAP_FRACTION: undefined,
}

export class WarmPoolStory extends Story {
  constructor(settings: SettingsInput = {}, options: StoryOptions = {}) {
    super({ explained: false, ...options, settings: { ...plain, ...settings } })
  }

  /** Holds A and has no room for more. */
  fullMachine(more: MacSpec = {}): ProviderId {
    return this.given({ serial: 'full', slots: [{ running: 1, maxConcurrency: 1 }], ...more })
  }

  /** Could load A, holds nothing. */
  coldMachine(more: MacSpec = {}): ProviderId {
    return this.given({ models: [A], slots: [], ...more })
  }

  coldMachines(count: number, more: MacSpec = {}): ProviderId[] {
    return Array.from({ length: count }, () => this.coldMachine(more))
  }

  /** So many requests find the full machine full, at this instant. */
  spill(times = 1): this {
    for (let each = 0; each < times; each++) this.ask({ serials: ['full'] })
    this.pass(0)
    return this
  }

  /** What the last tick that had something to say planned for A. */
  get plan() {
    return this.plans.at(-1)
  }

  get plans() {
    return this.rowsOf('warm_pool').filter((row) => row.build === A)
  }
}

/** 24 requests at once, like the machines of the real tests: its token budget says so. */
export const roomy = (build = B): MacSpec => ({
  models: [A],
  slots: [{ model: build, state: 'idle', activeTokenBudgetMax: 1_000_000 }],
})
