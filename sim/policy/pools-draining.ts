/**
 * `pools-draining`: the follow-up that PR 432 names. As `pools`, and a machine need not be idle for a minute to be moved.
 * At every tick of the warm pool, a pool with nearly all its machines at work takes one from the pool with fewest at work, if
 * half of those are idle; the one with least to finish goes.
 * It leaves its pool at once, finishes what it works on, unloads, loads, and joins the other pool when it is ready.
 * A machine that was moved stays for WARM_POOL_PLACEMENT_MIN_DWELL; one move per pool and tick.
 */
import {
  type BuildId,
  definePolicy,
  type Movable,
  type Plan,
  type PlanQuestion,
  type PolicyContext,
  routingBy,
  samePool,
} from '../plug/index.ts'
import { MENDED, testPools } from './pools.ts'

/**
 * Shares of a pool's machines that are at work. Little's law over the decode floor would be finer, but it does not see
 * prefill, which is most of the work of long prompts: by it a pool of GPT-OSS could spare machines it needs.
 */
const IN_NEED = 0.9
const WITH_SPARE = 0.5

interface Pool {
  /** The build that a machine moved here would load: the one with most work, in practice the alias's desired one. */
  readonly build: BuildId
  load: number
  readonly members: Movable[]
}

/** Builds of one alias are one pool. */
function poolsOf(question: PlanQuestion, context: PolicyContext): Pool[] {
  const pools: Pool[] = []
  const busiestFirst = [...question.demands].sort((a, b) => b.load - a.load || (a.build < b.build ? -1 : 1))
  for (const { build, load } of busiestFirst) {
    const known = pools.find((pool) => samePool(pool.build, build, context))
    if (known === undefined) pools.push({ build, load, members: [] })
    else known.load += load
  }
  for (const machine of question.machines) {
    const label = context.assigned(machine.provider.id)
    pools.find((pool) => samePool(pool.build, label, context))?.members.push(machine)
  }
  return pools
}

/** Without machines, a pool that is asked for is all at work, and one that is not needs none. */
function shareAtWork({ members, load }: Pool): number {
  if (members.length === 0) return load > 0 ? 1 : 0
  return members.filter((machine) => !machine.idle).length / members.length
}

/** Not moved lately, and not on its way. */
function mayLeave({ provider }: Movable, question: PlanQuestion, context: PolicyContext): boolean {
  const assignment = context.assignment(provider.id)
  if (provider.observedAt === undefined || provider.pendingLoad !== '') return false
  return assignment === undefined || context.now - assignment.assignedAt >= question.minDwell
}

/** Whoever has least to finish; the faster one among equals. A pool keeps its last machine. */
function donorFor(
  { build }: Pool,
  withSpare: readonly Pool[],
  stays: (machine: Movable) => boolean,
): Movable | undefined {
  for (const { members } of withSpare) {
    if (members.length < 2) continue
    const [best] = members
      .filter((machine) => machine.capable.has(build) && !stays(machine))
      .sort(
        (a, b) =>
          a.provider.pendingCount - b.provider.pendingCount ||
          b.capable.get(build)! - a.capable.get(build)! ||
          a.provider.id - b.provider.id,
      )
    if (best !== undefined) return best
  }
  return undefined
}

/** A machine that is empty comes without a drain: the warm pool loads it. One on its way is help already. */
const helpIsNear = ({ build }: Pool, question: PlanQuestion, context: PolicyContext): boolean =>
  question.machines.some(({ provider, idle, capable }) => {
    if (provider.pendingLoad !== '') return samePool(provider.pendingLoad, build, context)
    return idle && capable.has(build) && (provider.slots ?? []).every((slot) => slot.state === 'idle_shutdown')
  })

function plan(question: PlanQuestion, context: PolicyContext): Plan {
  const pools = poolsOf(question, context)
  const current = new Map(pools.map((pool) => [pool, pool.members.length]))
  const moved = new Set<Movable>()
  const moves: { provider: Movable['provider']['id']; build: BuildId }[] = []
  // As the tick found them: a move of this tick must not make the next pool look short.
  const inNeed = pools.filter((pool) => shareAtWork(pool) >= IN_NEED && !helpIsNear(pool, question, context))
  const withSpare = pools
    .filter((pool) => shareAtWork(pool) <= WITH_SPARE)
    .sort((a, b) => shareAtWork(a) - shareAtWork(b) || (a.build < b.build ? -1 : 1))
  for (const pool of inNeed) {
    if (moves.length >= question.budget) break
    const donor = donorFor(pool, withSpare, (machine) => moved.has(machine) || !mayLeave(machine, question, context))
    if (donor === undefined) continue
    moves.push({ provider: donor.provider.id, build: pool.build })
    moved.add(donor)
    for (const { members } of pools) {
      const place = members.indexOf(donor)
      if (place !== -1) members.splice(place, 1)
    }
    pool.members.push(donor)
  }
  const shown = pools.map((pool) => ({
    build: pool.build,
    current: current.get(pool)!,
    desired: pool.members.length,
  }))
  return { pools: shown, moves, holds: false }
}

export const poolsDraining = definePolicy({
  ...MENDED,
  name: 'pools-draining',
  about: 'pools, and a pool with all machines at work drains one out of a pool that is half idle',
  test: routingBy('provider', (question, context) => {
    const { provider, surface } = question
    const verdict = testPools(question, context)
    if (!context.poolsEnabled || question.ownerBypass || !verdict.allowed || surface === 'assign') return verdict
    const assignment = context.assignment(provider.id)
    // Loading, it is a cold machine of its pool; draining, it still works for the other one.
    if (assignment?.state !== 'draining' || surface === 'heartbeat' || surface === 'metrics_tick') return verdict
    if (surface === 'desired_models' || surface === 'resolve_alias' || surface === 'mark_warm') return verdict
    return { allowed: false, why: `draining for ${assignment.model}` }
  }),
  plan: (question, context) =>
    context.poolsEnabled ? plan(question, context) : { pools: [], moves: [], holds: false },
})
