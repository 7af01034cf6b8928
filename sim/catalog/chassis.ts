/** What a chassis is to the heat model: how much power its GPU may draw, for how long, and how well the case gets rid of it. */
import type { ChipTier } from './chip.ts'
import type { Sourced } from './model.ts'

/** Constants of the heat model of mac-provider section 6 for one (chassis, tier). Watts are GPU power. */
export interface ThermalSpec {
  /** Drawn by prefill when cool. */
  readonly full_w: Sourced<number>
  /** Sustained for ever, at 25 C with the lid open. Equal to `full_w`: never throttles. */
  readonly sustained_w: Sourced<number>
  /** Of the low-passed power, seconds. */
  readonly tau_s: Sourced<number>
  /** Throttling begins at `low` times the sustained power and is complete at `high` times it. */
  readonly low: Sourced<number>
  readonly high: Sourced<number>
  /** A case that soaks: sustained power falls by up to `drop_w` as a second low-pass of `tau_s` fills; absent: it does not. */
  readonly soak?: { readonly drop_w: Sourced<number>; readonly tau_s: Sourced<number> }
  /** No fan: the operating system reports its heat sooner. */
  readonly fanless: boolean
}

export interface ChassisSpec {
  /** As scenarios write it: `MacBook Pro 16`. */
  readonly name: string
  /** By tier of chip; tiers it was never sold with are absent. */
  readonly thermal: { readonly [tier in ChipTier]?: ThermalSpec }
  readonly hasLid: boolean
}
