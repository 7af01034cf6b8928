/**
 * The allocator of PR 435, a pure function: how many machines each build should have, and which machines move there this
 * tick (facts: coordinator-control §1.2). Floors first, then need, both by priority and name; machines only move from idle
 * surplus or from nobody; nobody is ever unassigned, and a build without a deficit takes nothing.
 */
import type { BuildId, Demand, Micros, Movable, Plan, PlanQuestion, ProviderId } from '../plug/index.ts'

/** How the caller counts its machines. */
export interface PoolMember {
  /** '' = of no pool. */
  readonly model: BuildId | ''
  /** A machine of no use to its pool is counted nowhere, and may be taken at once. */
  readonly counts: boolean
  /** -Infinity: free to move. */
  readonly since: Micros | number
}

type Claim = Pick<Demand, 'build' | 'need' | 'floor' | 'priority'>

interface Ledger {
  readonly current: Map<BuildId, number>
  readonly desired: Map<BuildId, number>
  readonly surplus: Map<BuildId, number>
}

const byPriority = (a: Claim, b: Claim): number => b.priority - a.priority || (a.build < b.build ? -1 : 1)
const add = (map: Map<BuildId, number>, build: BuildId, change: number): void =>
  void map.set(build, (map.get(build) ?? 0) + change)

export function allocate(
  question: Pick<PlanQuestion, 'machines' | 'budget' | 'minDwell'> & { readonly demands: readonly Claim[] },
  now: Micros,
  holdingOf: (machine: Movable) => PoolMember,
): Plan {
  const { machines, minDwell } = question
  const order = [...question.demands].sort(byPriority)
  const holdings = new Map(machines.map((machine) => [machine, holdingOf(machine)]))
  const current = new Map<BuildId, number>()
  for (const { model, counts } of holdings.values()) if (model !== '' && counts) add(current, model, 1)
  if (machines.length === 0 || question.budget <= 0)
    return planOf({ current, desired: new Map(), surplus: new Map() }, [])

  const ledger: Ledger = { current, desired: wanted(order, machines.length), surplus: new Map() }
  for (const [build, count] of current) {
    ledger.surplus.set(build, Math.max(0, count - (ledger.desired.get(build) ?? 0)))
  }
  const pools = planOf(ledger, []).pools
  const moves: { provider: ProviderId; build: BuildId }[] = []
  const used = new Set<Movable>()
  const isFree = (machine: Movable): boolean => {
    const { model, counts, since } = holdings.get(machine)!
    if (model === '' || !counts) return true
    return (ledger.surplus.get(model) ?? 0) > 0 && now - since >= minDwell
  }
  for (const { build } of order) {
    while (moves.length < question.budget && (ledger.desired.get(build) ?? 0) > (current.get(build) ?? 0)) {
      const fit = machines.filter(
        (machine) =>
          !used.has(machine) &&
          machine.idle &&
          machine.capable.has(build) &&
          (holdings.get(machine)!.model !== build || !holdings.get(machine)!.counts) &&
          isFree(machine),
      )
      const best = fit.sort(
        (a, b) =>
          Number(holdings.get(a)!.model !== '') - Number(holdings.get(b)!.model !== '') ||
          b.capable.get(build)! - a.capable.get(build)! ||
          a.provider.id - b.provider.id,
      )[0]
      if (best === undefined) break
      used.add(best)
      const { model, counts } = holdings.get(best)!
      if (model !== '' && counts) {
        add(current, model, -1)
        add(ledger.surplus, model, -1)
      }
      add(current, build, 1)
      moves.push({ provider: best.provider.id, build })
    }
  }
  return { pools, moves, holds: true }
}

/** Floors first, then need; nobody gets more than there is. */
function wanted(order: readonly Claim[], fleet: number): Map<BuildId, number> {
  const desired = new Map<BuildId, number>()
  let remaining = fleet
  for (const { build, floor } of order) {
    const share = Math.min(floor, remaining)
    desired.set(build, share)
    remaining -= share
  }
  for (const { build, need, floor } of order) {
    const more = Math.min(Math.max(0, Math.max(need, floor) - desired.get(build)!), remaining)
    add(desired, build, more)
    remaining -= more
  }
  return desired
}

function planOf({ current, desired }: Ledger, moves: Plan['moves']): Plan {
  const builds = [...new Set([...current.keys(), ...desired.keys()])].sort()
  const pools = builds.map((build) => ({ build, current: current.get(build) ?? 0, desired: desired.get(build) ?? 0 }))
  return { pools, moves, holds: true }
}
