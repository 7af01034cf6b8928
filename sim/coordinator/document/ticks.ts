/**
 * The warm pool's part of a written state: its events played on the same fleet anew, before any request, and the plan of
 * each tick. The controller is the run's own; it plans and reserves as there, and nobody hears its commands.
 */
import type { BuildId } from '../../base/ids.ts'
import { addMicros, microsFromSeconds, type Micros } from '../../base/time.ts'
import { Assignments } from '../plan/assignments.ts'
import { decidedFleet, type DecideOptions, NOW } from './rebuilt-fleet.ts'
import type { DecideDocument, DecidePlan, DecideTick } from './format.ts'
import { recallWarmPool } from './memory.ts'
import type { Fleet } from '../decide/fleet.ts'
import { Loads } from '../plan/loads.ts'
import { Placement } from '../plan/placement.ts'
import type { TimerId } from '../ports.ts'
import { type TickedBuild, WarmPool } from '../plan/warm-pool.ts'
import { WarmPoolPressure } from '../view/warm-pool-pressure.ts'

/** Nobody waits. */
const EMPTY_ROOM = { depth: () => 0, drain: () => undefined, failAll: () => undefined }

export function ticksOf(document: DecideDocument, options: DecideOptions): readonly DecideTick[] {
  let now = NOW
  const clock = (): Micros => now
  const { fleet } = decidedFleet(document, options, clock)
  const { pressure, warmPool } = controllerOf(fleet, clock)
  if (document.warm_pool !== undefined) recallWarmPool(document.warm_pool, { pressure, warmPool }, now)
  const ticks: DecideTick[] = []
  for (const { at_s, kind, build, depth, age_s } of document.events) {
    now = addMicros(NOW, microsFromSeconds(at_s))
    if (kind === 'tick') ticks.push({ at_s, plans: warmPool.tick().map((ticked) => planOf(fleet, ticked)) })
    else if (kind === 'queue') pressure.queueIs(build as BuildId, depth, microsFromSeconds(age_s), now)
    else warmPool.record(build as BuildId, kind)
  }
  return ticks
}

function controllerOf(fleet: Fleet, now: () => Micros) {
  const ports = {
    now,
    after: () => 0 as TimerId,
    send: () => undefined,
    trace: { emit: () => undefined },
  }
  const pressure = new WarmPoolPressure(fleet.settings.WARM_POOL_INTERVAL)
  const loads = new Loads(fleet, ports, EMPTY_ROOM, pressure)
  const placement = new Placement(fleet, loads, new Assignments(fleet, ports, EMPTY_ROOM), ports)
  return { pressure, warmPool: new WarmPool(fleet, pressure, loads, placement, ports) }
}

const planOf = ({ registry }: Fleet, { survey, loads, ...plan }: TickedBuild): DecidePlan => ({
  build: plan.build,
  target: plan.target,
  warm: survey.warm,
  cold: survey.eligibleCold,
  running: survey.running,
  waiting: survey.waiting,
  quality_concurrency: plan.qualityConcurrency,
  demand: plan.load,
  service_s: plan.stay_s,
  spill_per_s: plan.spillRate,
  loads: loads.map((provider) => registry.providers.indexOf(provider)).toSorted((a, b) => a - b),
})
