/**
 * How many warm machines a build should have, and how many loads to send now: the arithmetic of the warm-pool
 * controller, pure (facts: coordinator-routing §10 W5–W9, coordinator-control §2.3–2.4).
 *
 * Little's law: L requests are in the system (running, waiting, queued, and those that spill over per second times the
 * time each would stay), a machine carries `quality concurrency` of them at the decode floor, hence L / qc machines
 * plus a buffer. Nothing here unloads: without pressure the target is simply what is warm.
 */

/** Source: coordinator-routing §10 W5. */
const SERVICE_MIN_s = 0.5
const SERVICE_MAX_s = 120

/** W5: seconds a typical request occupies a machine. */
export function serviceTime_s(
  prefill_tps: number,
  decode_tps: number,
  promptTokens: number,
  completionTokens: number,
): number {
  const seconds = stage_s(promptTokens, prefill_tps) + stage_s(completionTokens, decode_tps)
  return Math.min(SERVICE_MAX_s, Math.max(SERVICE_MIN_s, seconds))
}

/** A rate nobody knows makes the stage as long as the clamp allows. */
function stage_s(tokens: number, rate_tps: number): number {
  if (tokens <= 0) return 0
  return rate_tps > 0 ? tokens / rate_tps : SERVICE_MAX_s
}

export interface TargetQuestion {
  readonly pressure: boolean
  readonly warm: number
  readonly eligibleCold: number
  /** L of Little's law. */
  readonly load: number
  readonly qualityConcurrency: number
  readonly burstBuffer: number
}

/** W7. */
export function reactiveTarget(question: TargetQuestion): number {
  const { warm, eligibleCold } = question
  if (!question.pressure) return warm
  const needed = Math.ceil(question.load / question.qualityConcurrency) + question.burstBuffer
  return Math.min(warm + eligibleCold, Math.max(needed, warm + 1))
}

/**
 * W8: a lower target than the remembered one is held for the dwell time; the operator's floor raises; both stay
 * reachable.
 */
export function settledTarget(
  target: number,
  held: number | undefined,
  floor: number,
  warm: number,
  eligibleCold: number,
): number {
  const reachable = warm + eligibleCold
  const dwelt = held !== undefined && held > target ? Math.min(held, reachable) : target
  return Math.max(dwelt, Math.min(floor, reachable))
}

/** W9: loads of one tick for one build, before the limits it shares with the others. */
export function rampedLoads(gap: number, base: number, ceiling: number, gapFraction: number): number {
  if (gap <= 0) return 0
  return Math.min(gap, Math.max(base, Math.ceil(gap * gapFraction)), ceiling)
}
