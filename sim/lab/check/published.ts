/**
 * A simulated figure held against a published one. A known miss is no excuse for ever: it says what the simulation gives
 * instead, so that a check fails when that moves, and when the miss is gone and the mark has become wrong.
 */
import { unitOf } from '../../metrics/index.ts'
import type { Amount, ScenarioExpectation, Tolerance } from '../../scenario/index.ts'

/** A figure of the real system, and how far off the simulation may be. */
export interface Published {
  /** [least, most]; the same twice where it is one figure. */
  readonly range: readonly [number, number]
  readonly tolerance: Tolerance
  readonly source: string
  readonly misses?: KnownMiss
}

interface KnownMiss {
  /** What the simulation gives instead. */
  readonly simulated: number
  /** How far that may move. */
  readonly drift: number
  readonly why: string
}

export const amountOf = (amount: Amount): number => (typeof amount === 'number' ? amount : amount.percent / 100)

/** A ratio is a share. */
const isShare = (given: ScenarioExpectation): boolean =>
  given.kind === 'metric' && (given.over !== undefined || unitOf(given.metric) === 'share')

const DRIFT_OF_SHARES: Tolerance = { points: 2 }
const DRIFT_OF_OTHERS: Tolerance = { percent: 10 }

export const widthOf = (tolerance: Tolerance, value: number): number =>
  'points' in tolerance ? tolerance.points / 100 : (tolerance.percent / 100) * Math.abs(value)

/** Undefined: the bound is the author's own. */
export function publishedOf(given: ScenarioExpectation): Published | undefined {
  const { published, tolerance, source, misses } = given
  if (published === undefined || tolerance === undefined || source === undefined) return undefined
  const [least, most] = Array.isArray(published) ? published : [published, published]
  const shared = { range: [amountOf(least), amountOf(most)] as const, tolerance, source }
  if (misses === undefined) return shared
  const simulated = amountOf(misses.simulated)
  const drift = widthOf(misses.drift ?? (isShare(given) ? DRIFT_OF_SHARES : DRIFT_OF_OTHERS), simulated)
  return { ...shared, misses: { simulated, drift, why: misses.why } }
}

/** Without the noise that arithmetic leaves in the last bits: an edge is an edge. */
const clean = (value: number): number => Number(value.toPrecision(12))

export const boundOf = ({ range: [least, most], tolerance }: Published): { at_least: number; at_most: number } => ({
  at_least: clean(Math.max(0, least - widthOf(tolerance, least))),
  at_most: clean(most + widthOf(tolerance, most)),
})

/** What a mark of a known miss makes of a value; undefined where there is no mark. */
export function knownMiss(
  { misses }: Published,
  value: number,
  isMet: boolean,
): { readonly verdict: 'known_miss' | 'missed'; readonly note: string } | undefined {
  if (misses === undefined) return undefined
  if (isMet) return { verdict: 'missed', note: 'no longer a miss: take `misses` out' }
  if (Math.abs(value - misses.simulated) <= misses.drift + 1e-12)
    return { verdict: 'known_miss', note: `known miss: ${misses.why}` }
  return { verdict: 'missed', note: 'a known miss that has moved from what `misses` says' }
}
