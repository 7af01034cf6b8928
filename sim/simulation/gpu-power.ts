/**
 * What a Mac's GPU draws, for sums over a run: decoding its builds, but never more than its chassis sustains, and at rest.
 * Coarser than the heat model, which follows phases and clocks: prefill draws more, a throttled clock less.
 */
import type { ThermalSpec } from '../catalog/index.ts'
import { IDLE_W } from '../mac/condition/heat.ts'
import type { MachinePower } from '../metrics/fleet/energy.ts'

export interface PoweredMachine {
  readonly thermal: ThermalSpec
  readonly advertises: readonly { readonly decodePower: { readonly value: number } }[]
}

export function gpuPower({ thermal, advertises }: PoweredMachine): MachinePower {
  const shares = advertises.map(({ decodePower }) => decodePower.value)
  const share = shares.length === 0 ? 1 : shares.reduce((sum, each) => sum + each, 0) / shares.length
  return { busy_w: Math.min(thermal.full_w.value * share, thermal.sustained_w.value), idle_w: IDLE_W }
}
