/**
 * `pools-draining`: the follow-up that PR 432 names. As `pools`, and a machine at work can be moved as well.
 * At every tick of the warm pool, pools whose work needs more machines than they have take one from the pool with most to spare.
 * The machine leaves its pool at once, finishes what it works on, unloads, loads, and joins the other one when it is ready.
 * Demand is Little's law over requests at work, waiting, queued and refused; a pool keeps one machine more than it needs.
 * A machine that was moved stays for WARM_POOL_PLACEMENT_MIN_DWELL; one move per pool and tick.
 */
import {
  type BuildId,
  definePolicy,
  type Demand,
  type Movable,
  type Plan,
  type PlanQuestion,
  type PolicyContext,
  samePool,
} from '../plug/index.ts'
import { MENDED, testPools } from './pools.ts'

/** Machines a pool keeps beyond what its work needs. */
const SPARE = 1

interface Pool {
  /** The build that a machine moved here would load: the one with most work, in practice the alias's desired one. */
  readonly build: BuildId
  needed: number
  load: number
  readonly members: Movable[]
}

const machinesFor = ({ load, qualityConcurrency, floor }: Demand): number =>
  Math.max(floor, Math.ceil(load / Math.max(1, qualityConcurrency)))

/** Builds of one alias are one pool. */
function poolsOf(question: PlanQuestion, context: PolicyContext): Pool[] {
  const pools: Pool[] = []
  const busiestFirst = [...question.demands].sort((a, b) => b.load - a.load || (a.build < b.build ? -1 : 1))
  for (const demand of busiestFirst) {
    const known = pools.find((pool) => samePool(pool.build, demand.build, context))
    if (known === undefined) {
      pools.push({ build: demand.build, needed: machinesFor(demand), load: demand.load, members: [] })
    } else {
      known.needed += machinesFor(demand)
      known.load += demand.load
    }
  }
  for (const machine of question.machines) {
    const label = context.assigned(machine.provider.id)
    pools.find((pool) => samePool(pool.build, label, context))?.members.push(machine)
  }
  return pools
}

/** Moved lately, or on its way: it stays. */
function mayLeave({ provider }: Movable, question: PlanQuestion, context: PolicyContext): boolean {
  const assignment = context.assignment(provider.id)
  if (provider.observedAt === undefined || provider.pendingLoad !== '') return false
  return assignment === undefined || context.now - assignment.assignedAt >= question.minDwell
}

function donorFor(
  pool: Pool,
  pools: readonly Pool[],
  question: PlanQuestion,
  context: PolicyContext,
): Movable | undefined {
  const spare = (other: Pool): number => other.members.length - other.needed - SPARE
  const richest = pools
    .filter((other) => other !== pool && spare(other) > 0)
    .sort((a, b) => spare(b) - spare(a) || (a.build < b.build ? -1 : 1))
  for (const { members } of richest) {
    const fit = members.filter((machine) => machine.capable.has(pool.build) && mayLeave(machine, question, context))
    // Whoever has least to finish; the faster one among equals.
    const [best] = fit.sort(
      (a, b) =>
        a.provider.pendingCount - b.provider.pendingCount ||
        b.capable.get(pool.build)! - a.capable.get(pool.build)! ||
        a.provider.id - b.provider.id,
    )
    if (best !== undefined) return best
  }
  return undefined
}

function plan(question: PlanQuestion, context: PolicyContext): Plan {
  const pools = poolsOf(question, context)
  const shown = pools.map(({ build, members, needed }) => ({ build, current: members.length, desired: needed }))
  const moves: { provider: Movable['provider']['id']; build: BuildId }[] = []
  for (const pool of [...pools].sort((a, b) => b.needed - b.members.length - (a.needed - a.members.length))) {
    if (moves.length >= question.budget) break
    // A machine that is empty anyway comes without a drain: the warm pool loads it.
    const coldAround = question.machines.some(
      ({ provider, idle, capable }) =>
        idle && capable.has(pool.build) && (provider.slots ?? []).every((slot) => slot.state === 'idle_shutdown'),
    )
    if (pool.needed <= pool.members.length || coldAround) continue
    const donor = donorFor(pool, pools, question, context)
    if (donor === undefined) continue
    moves.push({ provider: donor.provider.id, build: pool.build })
    for (const other of pools) {
      const place = other.members.indexOf(donor)
      if (place !== -1) other.members.splice(place, 1)
    }
    pool.members.push(donor)
  }
  return { pools: shown, moves, holds: false }
}

export const poolsDraining = definePolicy({
  ...MENDED,
  name: 'pools-draining',
  about: 'pools, and a machine at work can be drained from a pool with spare into one in need',
  test(question, context) {
    const { provider, surface } = question
    const verdict = testPools(question, context)
    if (!context.poolsEnabled || question.ownerBypass || !verdict.allowed || surface === 'assign') return verdict
    const assignment = context.assignment(provider.id)
    // Loading, it is a cold machine of its pool; draining, it still works for the other one.
    if (assignment?.state !== 'draining' || surface === 'heartbeat' || surface === 'metrics_tick') return verdict
    if (surface === 'desired_models' || surface === 'resolve_alias' || surface === 'mark_warm') return verdict
    return { allowed: false, why: `draining for ${assignment.model}` }
  },
  plan: (question, context) =>
    context.poolsEnabled ? plan(question, context) : { pools: [], moves: [], holds: false },
})
