/**
 * What routing learns from failures (facts: coordinator-routing §2, §11; coordinator-control §3.10): three memories
 * with different keys.
 *
 * - error cooldown, per (provider, build, shape): two 500/502/504 within 60 s keep that shape of request away for 5 min
 *   (H1). 503 never counts; a capacity-class text does not excuse. Strikes are kept after a trip, so one more within 60 s
 *   of the last begins the 5 min anew (§17).
 * - node breaker, per provider: 5 faults in a row, or more than 80 % faults among the last 20 outcomes when all of them
 *   lie within 120 s, open it for 60 s, doubled on every further trip up to 5 min (H2). When the time is over it is
 *   half-open: routing may try, one fault re-arms it with the doubled time, one success closes it and forgets the
 *   trips. Capacity-class errors are not faults.
 * - dispatch-load cooldown, per (provider, build): 2 min after a dispatch failed to load the build there, whatever the
 *   reason; a served request clears it (H4).
 *
 * The gates read only the end of each pause, which is written into the provider's record; strikes and outcomes stay
 * here. Everything is keyed by the connection: a Mac that reconnects is a new provider and starts clean (H3).
 */
import type { BuildId, ProviderId } from '../../base/ids.ts'
import { addMicros, type Micros } from '../../base/time.ts'
import type { CoordinatorSettings } from '../config.ts'
import type { Offer, ProviderRecord } from './provider-record.ts'
import { touch } from './touch.ts'

export type Shape = 'tools' | 'base'

/** H1: not 503, not 4xx. */
const ERROR_CODES: ReadonlySet<number> = new Set([500, 502, 504])
/** H2. */
const FAULT_CODES: ReadonlySet<number> = new Set([500, 502, 503, 504])

export type BreakerSettings = Pick<
  CoordinatorSettings,
  | 'DISPATCH_LOAD_COOLDOWN'
  | 'ERROR_COOLDOWN_STRIKES'
  | 'ERROR_COOLDOWN_WINDOW'
  | 'ERROR_COOLDOWN'
  | 'BREAKER_CONSECUTIVE'
  | 'BREAKER_FAULT_SHARE'
  | 'BREAKER_MIN_OUTCOMES'
  | 'BREAKER_WINDOW'
  | 'BREAKER_BASE'
  | 'BREAKER_CAP'
>

/** 60, 120, 240, 300, 300 s … for trips 0, 1, 2, 3, 4 … */
export function breakerBackoff(trips: number, base: Micros, cap: Micros): Micros {
  let backoff: number = base
  for (let trip = 0; trip < trips && backoff < cap; trip++) backoff *= 2
  return Math.min(cap, backoff) as Micros
}

export interface Failure {
  /** HTTP-like. */
  readonly code: number
  readonly capacityClass: boolean
  /** Arms the dispatch-load cooldown. */
  readonly loadCooldown: boolean
}

type BreakerState = 'closed' | 'open' | 'half_open'

interface ProviderMemory {
  /** Ring of the last outcomes, oldest first. */
  readonly outcomes: { readonly at: Micros; readonly fault: boolean }[]
  consecutive: number
  trips: number
  /** Open or half-open: a trip has not been answered by a success yet. */
  tripped: boolean
  /** Times of recent strikes per build and shape. */
  readonly strikes: Map<BuildId, { readonly [shape in Shape]: Micros[] }>
}

export class Breakers {
  private readonly memories = new Map<ProviderId, ProviderMemory>()

  /** `read`: as they are now; an operator may change them. */
  constructor(private readonly read: () => BreakerSettings) {}

  private get settings(): BreakerSettings {
    return this.read()
  }

  failed(offer: Offer, shape: Shape, failure: Failure, now: Micros): void {
    const memory = this.memory(offer.provider.id)
    if (ERROR_CODES.has(failure.code)) this.strike(memory, offer, shape, now)
    if (failure.loadCooldown) offer.loadCooldownUntil = addMicros(now, this.settings.DISPATCH_LOAD_COOLDOWN)
    if (FAULT_CODES.has(failure.code) && !failure.capacityClass) this.fault(memory, offer.provider, now)
    touch(offer.provider)
  }

  served(offer: Offer, shape: Shape, now: Micros): void {
    const memory = this.memory(offer.provider.id)
    this.remember(memory, false, now)
    memory.consecutive = 0
    memory.trips = 0
    memory.tripped = false
    // The end of a pause is never moved before now: what lies in the past is over either way.
    offer.provider.breakerOpenUntil = earlier(offer.provider.breakerOpenUntil, now)
    offer.errorCooldownUntil[shape] = earlier(offer.errorCooldownUntil[shape], now)
    offer.loadCooldownUntil = earlier(offer.loadCooldownUntil, now)
    touch(offer.provider)
    const strikes = memory.strikes.get(offer.build)
    if (strikes !== undefined) strikes[shape].length = 0
  }

  forget(provider: ProviderId): void {
    this.memories.delete(provider)
  }

  stateOf(provider: ProviderRecord, now: Micros): BreakerState {
    if (this.memories.get(provider.id)?.tripped !== true) return 'closed'
    return now < provider.breakerOpenUntil ? 'open' : 'half_open'
  }

  private strike(memory: ProviderMemory, offer: Offer, shape: Shape, now: Micros): void {
    let strikes = memory.strikes.get(offer.build)
    if (strikes === undefined) {
      strikes = { base: [], tools: [] }
      memory.strikes.set(offer.build, strikes)
    }
    const recent = strikes[shape]
    while (recent.length > 0 && now - recent[0]! > this.settings.ERROR_COOLDOWN_WINDOW) recent.shift()
    recent.push(now)
    const { ERROR_COOLDOWN_STRIKES, ERROR_COOLDOWN } = this.settings
    if (recent.length < ERROR_COOLDOWN_STRIKES) return
    offer.errorCooldownUntil[shape] = addMicros(now, ERROR_COOLDOWN)
    // No more than the last ones can matter.
    if (recent.length > ERROR_COOLDOWN_STRIKES) recent.shift()
  }

  private fault(memory: ProviderMemory, provider: ProviderRecord, now: Micros): void {
    const before = this.stateOf(provider, now)
    memory.consecutive += 1
    this.remember(memory, true, now)
    // Faults of requests that were already on their way when it opened change nothing.
    if (before === 'open') return
    const trips =
      before === 'half_open' ||
      memory.consecutive >= this.settings.BREAKER_CONSECUTIVE ||
      this.mostlyFaults(memory, now)
    if (!trips) return
    const backoff = breakerBackoff(memory.trips, this.settings.BREAKER_BASE, this.settings.BREAKER_CAP)
    provider.breakerOpenUntil = addMicros(now, backoff)
    memory.trips += 1
    memory.tripped = true
  }

  private remember(memory: ProviderMemory, fault: boolean, now: Micros): void {
    memory.outcomes.push({ at: now, fault })
    if (memory.outcomes.length > this.settings.BREAKER_MIN_OUTCOMES) memory.outcomes.shift()
  }

  private mostlyFaults(memory: ProviderMemory, now: Micros): boolean {
    let outcomes = 0
    let faults = 0
    for (const outcome of memory.outcomes) {
      if (now - outcome.at > this.settings.BREAKER_WINDOW) continue
      outcomes += 1
      if (outcome.fault) faults += 1
    }
    return outcomes >= this.settings.BREAKER_MIN_OUTCOMES && faults > this.settings.BREAKER_FAULT_SHARE * outcomes
  }

  private memory(provider: ProviderId): ProviderMemory {
    let memory = this.memories.get(provider)
    if (memory === undefined) {
      memory = { outcomes: [], consecutive: 0, trips: 0, tripped: false, strikes: new Map() }
      this.memories.set(provider, memory)
    }
    return memory
  }
}

const earlier = (a: Micros, b: Micros): Micros => (a < b ? a : b)
