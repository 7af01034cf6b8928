/** What the metrics of one run need to know of its scenario. */
import type { BuildId, ModelName } from '../base/ids.ts'
import type { Micros } from '../base/time.ts'
import type { MachinePower } from './fleet/energy.ts'
import type { StandingRule } from './fleet/standing-time.ts'
import type { CollapseSettings } from './figures/collapse.ts'

/** The coordinator's settings that are as a preset has them, and not as they are by default. */
export interface PresetInForce {
  readonly name: string
  readonly settings: readonly string[]
}

/** What counts as served well: `ttft: 5s + 1ms/token, decode_tps: 15` by default. */
export interface Slo {
  readonly ttftBase: Micros
  readonly ttftPerToken: Micros
  readonly decodeTps: number
}

export interface MetricsSettings {
  /** Requests arriving before it, and time before it, are left out of every figure. */
  readonly warmup: Micros
  /** End of arrivals; time shares end here, requests are followed to their end. */
  readonly duration: Micros
  readonly slo: Slo
  /** Names clients may ask for, in the order in which the result lists them. */
  readonly models: readonly ModelName[]
  /** In the order of the idleCapable bits: the build, and the public name it serves. */
  readonly builds: readonly { readonly build: BuildId; readonly model: ModelName }[]
  /** Macs in the fleet, those that never connect included. */
  readonly machines: number
  /** Of those Macs, in their order; absent: they are known by number. */
  readonly serials?: readonly string[]
  /** Their GPUs' power, in their order; absent: unknown. */
  readonly power?: readonly MachinePower[]
  /** Over what uptime is judged; absent: as the router publishes it. */
  readonly standing?: StandingRule
  readonly preset?: PresetInForce
  /** Of the time series; absent: a hundred and twentieth of the duration, rounded up to a usual interval. */
  readonly seriesInterval?: Micros
  /** Absent: as by default. */
  readonly collapse?: CollapseSettings
}
