/** What a chassis is to the heat model: how much power its GPU may draw, for how long, and how well the case gets rid of it. */
import type { ChipSpec, ChipTier } from './chip.ts'
import type { Sourced } from './model.ts'

/** Constants of the heat model of mac-provider section 6 for one chassis and chip. Watts are GPU power. */
export interface ThermalSpec {
  /** Drawn by prefill when cool. */
  readonly full_w: Sourced<number>
  /** Sustained for ever, at 25 C with the lid open. Equal to `full_w`: no throttling has been reported, and none happens. */
  readonly sustained_w: Sourced<number>
  /** Of the low-passed power, seconds. */
  readonly tau_s: Sourced<number>
  /** Throttling begins at `low` times the sustained power and is complete at `high` times it. */
  readonly low: Sourced<number>
  readonly high: Sourced<number>
  /**
   * A case that soaks: power low-passed once more, over `tau_s`, takes up to `drop_w` off the sustained power, all of it
   * once it has reached that. Absent: it does not.
   */
  readonly soak?: { readonly drop_w: Sourced<number>; readonly tau_s: Sourced<number> }
  /** Sustained power and time constant with the fans forced (High Power mode); absent: the chassis has no such mode. */
  readonly forced?: { readonly sustained_w: Sourced<number>; readonly tau_s: Sourced<number> }
  /** Sustained power with the lid closed, as a share of that with the lid open. Absent: no lid. */
  readonly lidClosed?: Sourced<number>
  /** No fan: the operating system reports its heat sooner. */
  readonly fanless: boolean
  /** The operating system mostly says nominal, whatever the clock does (mac-provider 6: MacBook Pro). */
  readonly reportsLate: boolean
}

export interface ChassisSpec {
  /** As scenarios write it: `MacBook Pro 16`. */
  readonly name: string
  /** By tier of chip; tiers it was never sold with are absent. */
  readonly thermal: { readonly [tier in ChipTier]?: ThermalSpec }
  /** Chips that behave otherwise than their tier, by generation. */
  readonly exceptions?: { readonly [generation: string]: { readonly [tier in ChipTier]?: ThermalSpec } }
}

/** What a chip gets in a chassis; undefined: never sold together. */
export function thermalSpec(
  chassis: ChassisSpec,
  { generation, tier, heatsLike }: Pick<ChipSpec, 'generation' | 'tier' | 'heatsLike'>,
): ThermalSpec | undefined {
  return chassis.exceptions?.[heatsLike?.value ?? generation]?.[tier] ?? chassis.thermal[tier]
}
