/**
 * The heat of one Mac over a run: follows what its GPU does, tells when the clock changes and whose power is to blame,
 * and what the operating system says about it, which is another matter. Crossing a grid level of the speed is an event,
 * and so is what a hot Mac at rest says next; nothing else is, and a Mac that cannot throttle has none of this.
 *
 * Left out: the power of other processes and of the CPU, of which nothing usable is published.
 */
import { exp, ln } from '../../base/math.ts'
import { addMicros, type Micros, microsFromSeconds } from '../../base/time.ts'
import { type EventId, Priority, type Scheduler } from '../../kernel/scheduler.ts'
import type { ThermalState } from '../../protocol/index.ts'
import type { ThermalSpec } from '../../catalog/chassis.ts'
import type { HeatSettings } from '../config.ts'
import { NONE } from '../engine/engine.ts'
import {
  COOL,
  drawnWatts,
  type Heat,
  heatAfter,
  type HeatLaw,
  heatLaw,
  IDLE_W,
  levelOf,
  neverThrottles,
  nextCrossing,
  speedOf,
  sustainedWatts,
} from './heat.ts'
import type { Blame, GpuActivity, Worked } from '../engine/law/pace.ts'

/** State map of mac-provider 6 (level L there): how long it takes the operating system to say so. */
const FAIR_SHARE = 0.95
const FAIR_AFTER_S = 60
/** So far below a limit nothing that rounding does matters. */
const COOL_BY_FAR = 1 - 1e-9
const SERIOUS_BELOW = 85
const SERIOUS_AFTER_S = 180
const CRITICAL_BELOW = 60
/** A case that has not cooled after so long never does: its room is too hot for the power at rest. */
const REST_MAX_S = 86_400
/** A MacBook Pro says nominal whatever happens, with this probability. */
const SILENT_SHARE = 0.8

export interface ThermalsOptions {
  readonly scheduler: Scheduler
  readonly spec: ThermalSpec
  readonly settings: HeatSettings
  /** Uniform draw of this Mac: whether its operating system is one that keeps silent. */
  readonly silence: number
  readonly gpu: { worked(): Worked }
  /** Percent of the cool clock from the next step on, and whose power it was. */
  onSpeed(speed_pct: number, blame: readonly Blame[]): void
  /** At rest, the operating system says something else than before. */
  onReport(): void
}

export class Thermals {
  readonly #options: ThermalsOptions
  readonly #law: HeatLaw
  readonly #silent: boolean
  readonly #never: boolean
  /** Heat state by culprit, and their sum. */
  readonly #shares: number[] = []
  #heat: Heat = COOL
  /** It rests and was cool enough when it began to that nothing heat has left of the clock can matter to what is said. */
  #restsCool = false
  /** Base load, before anybody has worked. */
  #baseShare = IDLE_W
  readonly #worked: number[] = []
  #since: Micros
  #phase = IDLE_W
  #idle = true
  /** Of the latest work: watts when cool, and percent of the cool clock that the power mode allows it, however cool. */
  #work: number
  #free: number
  #level = 100
  #event: EventId | null = null
  /** When the heat state went above what counts as fair, and the clock below what counts as serious; Infinity: it is not. */
  #hotSince = Infinity
  #slowSince = Infinity
  readonly #onCrossing = () => this.#crossed()
  readonly #onCooled = () => this.#cooled()
  #next = 100

  constructor(options: ThermalsOptions) {
    this.#options = options
    this.#law = heatLaw(options.spec, options.settings)
    this.#silent = options.spec.reportsLate && options.silence < SILENT_SHARE
    this.#never = neverThrottles(this.#law)
    this.#since = options.scheduler.now
    this.#work = this.#law.full
    this.#free = levelOf(speedOf(this.#law, COOL, this.#work))
  }

  /** Percent of the cool clock. At rest there is nothing to slow down: 100. */
  get speed_pct(): number {
    return this.#level
  }

  /** The GPU does something else from now on. Tells a new speed at once. */
  activity({ phase, power }: GpuActivity): void {
    if (this.#never) return
    this.#advance()
    this.#idle = phase === 'idle'
    if (this.#idle) {
      this.#phase = IDLE_W
      // At rest a case only cools. One level of room, so that rounding is no matter.
      const slowest = levelOf(speedOf(this.#law, this.#heat, this.#work)) - 1
      this.#restsCool =
        this.#leftBy(slowest) >= SERIOUS_BELOW && this.#heat.theta >= IDLE_W && this.#heat.soak >= IDLE_W
      this.#setLevel(100)
      this.#planRest()
    } else {
      this.#phase = this.#work = Math.max(IDLE_W, power * this.#law.full)
      this.#free = levelOf(speedOf(this.#law, COOL, this.#phase))
      this.#workAt(levelOf(speedOf(this.#law, this.#heat, this.#phase)))
    }
  }

  /** What the operating system says. Changes nothing. */
  state(): ThermalState {
    if (this.#never || this.#silent) return 'nominal'
    return this.#stateAfter((this.#options.scheduler.now - this.#since) / 1e6)
  }

  /** At rest a case only cools: one that is cool and not called warm stays so until somebody works. */
  get saysTheSame(): boolean {
    if (this.#never || this.#silent) return true
    if (!this.#idle || !this.#restsCool) return false
    return this.#hotSinceAfter((this.#options.scheduler.now - this.#since) / 1e6) === Infinity
  }

  /** `elapsed` seconds into the present stretch. A pause does not cool a case: it counts as the work that it interrupts. */
  #stateAfter(elapsed: number): ThermalState {
    const { spec, settings } = this.#options
    const left = this.#idle && this.#restsCool ? 100 : this.#leftBy(this.#levelAfter(elapsed))
    if (left < CRITICAL_BELOW) return 'critical'
    const at = this.#since + elapsed * 1e6
    const warns = spec.fanless || settings.lid === 'closed'
    if (warns && left < SERIOUS_BELOW && at - this.#slowSince >= SERIOUS_AFTER_S * 1e6) return 'serious'
    return at - this.#hotSinceAfter(elapsed) >= FAIR_AFTER_S * 1e6 ? 'fair' : 'nominal'
  }

  /** At rest: that of the latest work if it began now. */
  #levelAfter(elapsed: number): number {
    if (!this.#idle) return this.#level
    return levelOf(speedOf(this.#law, heatAfter(this.#law, this.#heat, IDLE_W, elapsed), this.#work))
  }

  /** What heat leaves of the clock, percent: a power mode slows down as well, and is no heat. */
  #leftBy(level: number): number {
    return (level * 100) / this.#free
  }

  #crossed(): void {
    this.#event = null
    this.#advance()
    this.#workAt(this.#next)
  }

  #workAt(level: number): void {
    if (this.#leftBy(level) >= SERIOUS_BELOW) this.#slowSince = Infinity
    else this.#slowSince = Math.min(this.#slowSince, this.#options.scheduler.now)
    this.#setLevel(level)
    this.#plan()
  }

  #setLevel(level: number): void {
    if (level === this.#level) return
    this.#level = level
    this.#options.onSpeed(level, level === 100 ? [] : this.#blame())
  }

  #plan(): void {
    this.#forget()
    const next = nextCrossing(this.#law, this.#heat, this.#phase, this.#level)
    if (next === undefined) return
    this.#next = next.level
    this.#in(next.seconds, this.#onCrossing)
  }

  /** At rest a case only cools, and what is said of it changes by itself: looked for in growing steps, then halved. */
  #planRest(): void {
    this.#forget()
    const said = this.state()
    if (said === 'nominal') return
    let before = 0
    let after = 1
    while (this.#stateAfter(after) === said) {
      if (after > REST_MAX_S) return
      before = after
      after *= 2
    }
    while (after - before > 1e-3) {
      const middle = (before + after) / 2
      if (this.#stateAfter(middle) === said) before = middle
      else after = middle
    }
    this.#in(after, this.#onCooled)
  }

  #cooled(): void {
    this.#event = null
    this.#advance()
    this.#options.onReport()
    this.#planRest()
  }

  #forget(): void {
    if (this.#event !== null) this.#options.scheduler.cancel(this.#event)
    this.#event = null
  }

  /** Never early, so that things are as foreseen when the event comes; at least a microsecond on. */
  #in(seconds: number, run: () => void): void {
    const { scheduler } = this.#options
    const wait = Math.max(1, Math.ceil(seconds * 1e6)) as Micros
    this.#event = scheduler.schedule(addMicros(scheduler.now, wait), Priority.work, run)
  }

  /** Brings heat and its shares to now. */
  #advance(): void {
    const { scheduler } = this.#options
    const elapsed = (scheduler.now - this.#since) / 1e6
    if (elapsed > 0) {
      this.#hotSince = this.#hotSinceAfter(elapsed)
      const drawn = this.#drawn
      this.#split(drawn, exp(-elapsed / this.#law.tau))
      this.#heat = heatAfter(this.#law, this.#heat, drawn, elapsed)
      this.#since = scheduler.now
    }
  }

  get #drawn(): number {
    return this.#idle ? IDLE_W : drawnWatts(this.#phase, this.#level)
  }

  /** Power goes to those who used the GPU meanwhile, by time; what nobody used is base load. */
  #split(drawn: number, kept: number): void {
    const { nanos } = this.#options.gpu.worked()
    let all = 0
    for (let place = 0; place < nanos.length; place++) all += nanos[place]! - (this.#worked[place] ?? 0)
    this.#baseShare = this.#baseShare * kept + (all > 0 ? 0 : drawn * (1 - kept))
    for (let place = 0; place < nanos.length; place++) {
      const mine = nanos[place]! - (this.#worked[place] ?? 0)
      const power = all > 0 ? (drawn * mine) / all : 0
      this.#shares[place] = (this.#shares[place] ?? 0) * kept + power * (1 - kept)
      this.#worked[place] = nanos[place]!
    }
  }

  /** By extra time per time at the cool clock: what the power mode takes is nobody's, heat is split as its state is. */
  #blame(): readonly Blame[] {
    const { culprits } = this.#options.gpu.worked()
    const byMode = 100 / this.#free - 1
    const byHeat = Math.max(0, 100 / this.#level - 100 / this.#free)
    const all = this.#shares.reduce((sum, share) => sum + share, this.#baseShare)
    const blame: Blame[] = []
    for (const [place, share] of this.#shares.entries()) {
      const weight = (byHeat * share) / all
      if (weight > 0) blame.push({ culprit: culprits[place]!, weight })
    }
    const nobody = byMode + (byHeat * this.#baseShare) / all
    if (nobody > 0) blame.push({ culprit: NONE, weight: nobody })
    return blame
  }

  /** Since when it has been hot, `elapsed` seconds into the present stretch. */
  #hotSinceAfter(elapsed: number): number {
    const law = this.#law
    const { theta } = this.#heat
    const drawn = this.#drawn
    // Hotter and more soaked than both its ends this stretch never is; mostly that is cool by far.
    const most = { theta: Math.max(theta, drawn), soak: Math.max(this.#heat.soak, drawn) }
    if (most.theta < COOL_BY_FAR * FAIR_SHARE * sustainedWatts(law, most)) return Infinity
    const after = heatAfter(law, this.#heat, drawn, elapsed)
    const limit = FAIR_SHARE * sustainedWatts(law, after)
    if (after.theta <= limit) return Infinity
    if (theta > limit) return Math.min(this.#hotSince, this.#since)
    return microsFromSeconds(this.#since / 1e6 + law.tau * ln((drawn - theta) / (drawn - limit)))
  }
}
