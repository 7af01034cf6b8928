/**
 * Demand for each model as clients ask for it, and for each build, as the coordinator sees it at its door: totals, who is under
 * way, and rates over the last minute. For policies; nothing of the coordinator's own goes by it.
 */
import { MICROS_PER_SECOND, type Micros } from '../../base/time.ts'
import type { ModelDemand } from '../../plug/index.ts'

/** Rates are counts over this long, in so many steps. */
const WINDOW = 60 * MICROS_PER_SECOND
const STEPS = 12
const STEP = WINDOW / STEPS

/** Counts of the last minute, by steps of five seconds; the oldest step falls out whole. */
class RecentCount {
  private readonly steps = new Float64Array(STEPS)
  private step = 0
  private sum = 0

  add(now: Micros): void {
    this.moveTo(now)
    this.steps[this.step % STEPS]! += 1
    this.sum += 1
  }

  perSecond(now: Micros): number {
    this.moveTo(now)
    // A run that is younger than the window has no more of it to divide by.
    const covered = Math.min(now, (STEPS - 1) * STEP + (now % STEP))
    return covered <= 0 ? 0 : (this.sum * MICROS_PER_SECOND) / covered
  }

  private moveTo(now: Micros): void {
    const step = Math.floor(now / STEP)
    for (let passed = Math.max(this.step + 1, step - STEPS + 1); passed <= step; passed += 1) {
      this.sum -= this.steps[passed % STEPS]!
      this.steps[passed % STEPS] = 0
    }
    this.step = step
  }
}

class WatchedDemand {
  readonly arrivals = new RecentCount()
  readonly answers = new RecentCount()
  readonly refusals = new RecentCount()
  arrived = 0
  served = 0
  refused = 0
  open = 0
  queued = 0
}

type Name = string

export class DemandWatch {
  private readonly known = new Map<Name, WatchedDemand>()

  constructor(private readonly now: () => Micros) {}

  of(name: Name): ModelDemand {
    const demand = this.known.get(name)
    const now = this.now()
    const { arrived = 0, served = 0, refused = 0, open = 0, queued = 0 } = demand ?? {}
    return Object.freeze({
      arrivalsPerSecond: demand?.arrivals.perSecond(now) ?? 0,
      servedPerSecond: demand?.answers.perSecond(now) ?? 0,
      refusalsPerSecond: demand?.refusals.perSecond(now) ?? 0,
      arrived,
      served,
      refused,
      open,
      queued,
    })
  }

  /** The build is not known yet; see `resolved`. */
  arrived(model: Name): void {
    this.count(model)
  }

  /** Admission found that the name stands for this build. */
  resolved(model: Name, build: Name): void {
    if (build !== model) this.count(build)
  }

  queued(model: Name, build: Name, change: 1 | -1): void {
    this.entry(model).queued += change
    if (build !== model) this.entry(build).queued += change
  }

  ended(model: Name, build: Name | undefined, how: 'served' | 'refused' | 'other'): void {
    this.end(this.entry(model), how)
    if (build !== undefined && build !== model) this.end(this.entry(build), how)
  }

  private count(name: Name): void {
    const demand = this.entry(name)
    demand.arrivals.add(this.now())
    demand.arrived += 1
    demand.open += 1
  }

  private end(demand: WatchedDemand, how: 'served' | 'refused' | 'other'): void {
    demand.open -= 1
    if (how === 'served') {
      demand.served += 1
      demand.answers.add(this.now())
    } else if (how === 'refused') {
      demand.refused += 1
      demand.refusals.add(this.now())
    }
  }

  private entry(name: Name): WatchedDemand {
    let demand = this.known.get(name)
    if (demand === undefined) this.known.set(name, (demand = new WatchedDemand()))
    return demand
  }
}
