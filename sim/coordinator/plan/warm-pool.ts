/**
 * The warm-pool controller: every 10 s, and whenever the request path wakes it, it counts who is warm for each build,
 * decides how many should be, and sends the difference as load_model commands to the best-scored idle machines (facts:
 * coordinator-routing §10 W1–W9, coordinator-control §2). It only ever loads.
 *
 * Kept as they are: machines are scanned one by one and each asks about its builds in advertised order, so an elastic
 * pool test leaves an idle machine labelled with the last of them (X3); and each build takes the first N of its own
 * list, so two builds that prefer the same machines collide and the second gets fewer (control §2.4, #922).
 */
import { must } from '../../base/assert.ts'
import type { BuildId } from '../../base/ids.ts'
import { addMicros, type Micros } from '../../base/time.ts'
import { BuildStandings, type BuildSurvey, type WarmStanding } from './build-standings.ts'
import { fitsFreeForLoad, hasHeadroom } from '../view/capacity.ts'
import type { CoordinatorSettings } from '../config.ts'
import { isDedicated, keepsFamily } from '../view/dedicated.ts'
import type { Fleet } from '../decide/fleet.ts'
import { providerGate } from '../decide/gates.ts'
import type { Loads } from './loads.ts'
import type { CoordinatorPorts } from '../ports.ts'
import { isWarm } from '../decide/preflight.ts'
import type { Offer, ProviderRecord } from '../view/provider-record.ts'
import { qualityConcurrency } from '../view/rates/quality-cap.ts'
import {
  type PressureEvent,
  type PressureThresholds,
  underPressure,
  type WarmPoolPressure,
} from '../view/warm-pool-pressure.ts'
import { rampedLoads, reactiveTarget, serviceTime_s, settledTarget } from './warm-pool-target.ts'

/** W2: what a point of each is worth. */
const SCORE = { free_gb: 100, decodeTps: 10, pressure: 500, cpu: 100, serious: 1_000, fair: 250 } as const

/** One build at this tick: what was found, and what follows. */
export interface BuildPlan {
  readonly build: BuildId
  readonly survey: BuildSurvey & Pick<BuildStandings, 'bestCold'>
  /** How long a typical request would stay, seconds. */
  readonly stay_s: number
  /** Requests per second that wanted a machine and found none. */
  readonly spillRate: number
  /** L of Little's law. */
  readonly load: number
  readonly qualityConcurrency: number
  readonly pressure: boolean
  readonly target: number
  readonly changed: boolean
}

/** Handed the plans of a tick before anything is loaded. */
export interface PlansListener {
  tick(plans: readonly BuildPlan[]): void
}

/** What a tick did about one build. */
export interface TickedBuild extends BuildPlan {
  /** Machines that were told to load it, best first. */
  readonly loads: readonly ProviderRecord[]
}

/** A target that a tick set; one that is lower is held back for the dwell time. */
export interface HeldTarget {
  readonly target: number
  readonly changedAt: Micros
}

export class WarmPool {
  private readonly remembered = new Map<BuildId, HeldTarget>()
  /** How machines stood at the last ticks. */
  private readonly seen = new Map<BuildId, BuildStandings>()
  private woken = false
  private nextTickAt: Micros | undefined

  constructor(
    private readonly fleet: Fleet,
    private readonly pressure: WarmPoolPressure,
    private readonly loads: Pick<Loads, 'command' | 'forgetExpired' | 'pendingCount'>,
    private readonly placement: PlansListener,
    private readonly ports: Pick<CoordinatorPorts, 'after' | 'now' | 'trace'>,
  ) {}

  start(): void {
    if (!this.fleet.settings.WARM_POOL_ENABLED) return
    const next = (): void => {
      const interval = this.fleet.settings.WARM_POOL_INTERVAL
      this.nextTickAt = addMicros(this.ports.now(), interval)
      this.ports.after(interval, 'timer', () => {
        this.tick()
        next()
      })
    }
    next()
  }

  /** undefined: it does not tick. */
  get nextTick(): Micros | undefined {
    return this.nextTickAt
  }

  /** Targets that the last ticks set, by build. */
  get targets(): ReadonlyMap<BuildId, HeldTarget> {
    return this.remembered
  }

  /** As if ticks had set these. */
  recallTargets(targets: Iterable<readonly [BuildId, HeldTarget]>): void {
    for (const [build, { target, changedAt }] of targets) this.remembered.set(build, { target, changedAt })
  }

  record(build: BuildId, event: PressureEvent): void {
    this.pressure.record(build, event, this.ports.now())
  }

  /** At most one wake-up is pending; it runs after everything else of this instant. */
  wake(): void {
    if (this.woken || !this.fleet.settings.WARM_POOL_ENABLED) return
    this.woken = true
    this.ports.after(0 as Micros, 'timer', () => {
      this.woken = false
      this.tick()
    })
  }

  /** Plans and acts for every build, those under pressure first. A run calls it by its timers alone. */
  tick(): readonly TickedBuild[] {
    const { settings } = this.fleet
    const plans: BuildPlan[] = []
    for (const build of this.survey()) plans.push(this.plan(build))
    this.loads.forgetExpired()
    // Pressure first, then by name: whoever comes first takes from the shared budget.
    plans.sort((a, b) => Number(b.pressure) - Number(a.pressure) || (a.build < b.build ? -1 : 1))
    this.placement.tick(plans)
    const globalMax = settings.WARM_POOL_MAX_GLOBAL_PENDING_LOADS
    const observeOnly =
      settings.WARM_POOL_OBSERVE_ONLY || settings.WARM_POOL_MAX_LOADS_PER_TICK === 0 || globalMax === 0
    let remaining = observeOnly
      ? 0
      : Math.max(0, Math.min(settings.WARM_POOL_MAX_LOADS_PER_TICK_CEILING, globalMax - this.loads.pendingCount()))
    const ticked: TickedBuild[] = []
    for (const plan of plans) {
      const loads = this.load(plan, remaining)
      remaining -= loads.length
      ticked.push({ ...plan, loads })
      if (!plan.pressure && !plan.changed && loads.length === 0) continue
      const { warm, eligibleCold } = plan.survey
      this.ports.trace.emit({
        kind: 'warm_pool',
        at: this.ports.now(),
        build: plan.build,
        pressure: plan.pressure,
        warm,
        eligibleCold,
        target: plan.target,
        loads: loads.length,
      })
    }
    return ticked
  }

  /** W1. Builds in the order in which the fleet first shows them; what was found is in `seen`. */
  private survey(): readonly BuildId[] {
    const { registry, pool, chooser, settings } = this.fleet
    const now = this.fleet.now()
    const builds = this.buildsInOrder()
    // A policy that always allows need not be asked: only machines that have changed since the last tick are looked at.
    if (pool.routesBy === 'nothing' && !chooser.walks) {
      for (const build of builds) {
        this.standingsOf(build).settle(must(registry.offerList(build), 'a build on offer'), settings, now)
      }
      return builds
    }
    for (const build of builds) this.standingsOf(build).clear()
    for (const provider of registry.providers) {
      for (const build of provider.advertised) {
        this.standingsOf(build).add(registry.offerOf(provider, build), settings, now)
      }
    }
    return builds
  }

  /** In which the fleet first shows them. */
  private buildsInOrder(): readonly BuildId[] {
    const { registry } = this.fleet
    const builds = new Set<BuildId>()
    for (const { advertised } of registry.providers) {
      if (builds.size === registry.buildsOffered) break
      for (const build of advertised) builds.add(build)
    }
    return [...builds]
  }

  private standingsOf(build: BuildId): BuildStandings {
    let standings = this.seen.get(build)
    if (standings === undefined) this.seen.set(build, (standings = new BuildStandings(this.standing)))
    return standings
  }

  private readonly standing = (offer: Offer): WarmStanding => {
    if (isWarm(this.fleet, offer)) return !hasHeadroom(offer) || hasWork(offer.provider) ? 'saturated' : 'warm'
    return this.isEligibleCold(offer) ? 'cold' : 'none'
  }

  /** W2, in the order of coordinator-control §2.5; the pool is asked beside the dedicated rule. */
  private isEligibleCold(offer: Offer): boolean {
    const { provider, build } = offer
    const now = this.fleet.now()
    return (
      // A reservation that has run out stands until the tick that first sees it drops it, after its survey.
      provider.pendingLoad === '' &&
      offer.loadCooldownUntil <= now &&
      provider.pending.size === 0 &&
      !hasWork(provider) &&
      provider.thermalState !== 'critical' &&
      providerGate(provider, false, now) === undefined &&
      keepsFamily(provider, build, this.fleet.settings) &&
      this.fleet.pool.ask('warm_pool_candidate', provider, build).allowed &&
      offer.fitsHardware &&
      fitsFreeForLoad(offer.catalog, provider)
    )
  }

  /** W3–W8. */
  private plan(build: BuildId): BuildPlan {
    const { settings } = this.fleet
    const now = this.ports.now()
    const survey = this.standingsOf(build)
    const { warm, eligibleCold } = survey
    const signals = this.pressure.snapshot(build, now)
    const pressure = underPressure(signals, thresholdsOf(settings), warm, survey.saturated)
    const solo_tps = survey.decodeTps
    const stay_s = serviceTime_s(
      survey.prefillTps,
      solo_tps,
      settings.WARM_POOL_ASSUMED_PROMPT_TOKENS,
      settings.WARM_POOL_ASSUMED_COMPLETION_TOKENS,
    )
    const load = survey.running + survey.waiting + signals.queueDepth + signals.spillRate * stay_s
    const concurrency = qualityConcurrency(
      solo_tps,
      settings.WARM_POOL_DECODE_FLOOR_TPS,
      Math.floor(survey.cap),
      settings.WARM_POOL_FALLBACK_QUALITY_CONCURRENCY,
      settings.BATCH_SLOWDOWN,
    )
    let target = warm
    if (pressure) {
      target = reactiveTarget({
        pressure,
        warm,
        eligibleCold,
        load,
        qualityConcurrency: concurrency,
        burstBuffer: settings.WARM_POOL_BURST_BUFFER,
      })
      // The whole pool of a dedicated family: control §2.3.
      if (isDedicated(build, settings)) target = warm + eligibleCold
    }
    const last = this.remembered.get(build)
    const dwelling = last !== undefined && now - last.changedAt < settings.WARM_POOL_MIN_DWELL
    const floor = settings.WARM_POOL_MIN_WARM[build] ?? 0
    target = settledTarget(target, dwelling ? last.target : undefined, floor, warm, eligibleCold)
    const changed = last === undefined ? target !== warm : last.target !== target
    if (last?.target !== target) this.remembered.set(build, { target, changedAt: now })
    return {
      build,
      survey,
      stay_s,
      spillRate: signals.spillRate,
      load,
      qualityConcurrency: concurrency,
      pressure,
      target,
      changed,
    }
  }

  /** W9. Returns the machines that were really reserved. */
  private load(plan: BuildPlan, remaining: number): readonly ProviderRecord[] {
    const { settings } = this.fleet
    const { warm, eligibleCold } = plan.survey
    const wanted = rampedLoads(
      plan.target - warm,
      settings.WARM_POOL_MAX_LOADS_PER_TICK,
      settings.WARM_POOL_MAX_LOADS_PER_TICK_CEILING,
      settings.WARM_POOL_RAMP_GAP_FRACTION,
    )
    const loads = Math.min(wanted, eligibleCold, remaining)
    if (loads <= 0) return []
    const chosen = plan.survey.bestCold(loads, scoreOf)
    return chosen.filter((provider) => this.loads.command(provider, plan.build, 'warm_pool'))
  }
}

/** The warm pool's own, narrower "busy": a slot's state does not count (§1.2). */
function hasWork(provider: ProviderRecord): boolean {
  if (provider.capacity === undefined) return false
  for (const slot of provider.capacity.slots) if (slot.running > 0 || slot.waiting > 0) return true
  return false
}

function scoreOf(provider: ProviderRecord): number {
  const free_gb = Math.max(0, provider.totalMemory_gb - provider.gpuActive_gb)
  const heat = provider.thermalState === 'serious' ? SCORE.serious : provider.thermalState === 'fair' ? SCORE.fair : 0
  return (
    SCORE.free_gb * free_gb +
    SCORE.decodeTps * provider.staticDecodeTps -
    SCORE.pressure * provider.memoryPressure -
    SCORE.cpu * provider.cpuUsage -
    heat
  )
}

const thresholdsOf = (settings: CoordinatorSettings): PressureThresholds => ({
  counters: {
    capacity_reject: settings.WARM_POOL_CAPACITY_REJECT_THRESHOLD,
    ttft_miss: settings.WARM_POOL_TTFT_MISS_THRESHOLD,
    cold_dispatch: settings.WARM_POOL_COLD_DISPATCH_THRESHOLD,
    speculative_started: settings.WARM_POOL_SPECULATIVE_START_THRESHOLD,
    speculative_won: settings.WARM_POOL_SPECULATIVE_WIN_THRESHOLD,
  },
  queueAge: settings.WARM_POOL_QUEUE_AGE_THRESHOLD,
  saturation: settings.WARM_POOL_WARM_SATURATION_THRESHOLD,
})
