/**
 * The relaxation itself: machines are divisible, requests of like cost are taken together at the cost of the cheapest of them, and
 * a linear programme over machine-time (yalps: small and typed) says how many could be served.
 */
import { greaterEq, lessEq, solve } from 'yalps'
import type { ChipSpec, ModelSpec } from '../../catalog/index.ts'
import type { Scenario } from '../../scenario/index.ts'
import { DRAIN_LIMIT } from '../../simulation/world.ts'
import type { Asked } from './demand.ts'
import { RequestCost } from './request-cost.ts'

/** Requests of one model, sorted by cost, are taken together in so many groups. */
const GROUPS = 40
const NANOS_PER_MICRO = 1_000
const NANOS_PER_SECOND = 1e9
/** Of the simplex. */
const PRECISION = 1e-9

export interface ModelBound {
  readonly arrived: number
  /** Of this model's goodput, had it the fleet to itself; null: nobody asked for it. */
  readonly alone: number | null
  /** In one division of the fleet that serves most users; not a bound by itself. */
  readonly shared: number | null
}

export interface FluidBounds {
  /** Of the goodput of all users. */
  readonly overall: number | null
  readonly models: { readonly [model: string]: ModelBound }
}

/** Macs that are alike in chip and in what they may serve. */
interface Kind {
  readonly chip: ChipSpec
  readonly machines: readonly number[]
  readonly builds: readonly ModelSpec[]
}

interface Group {
  readonly key: string
  readonly model: string
  readonly count: number
  /** Nanoseconds of one request by kind; undefined: none of them can be good there. */
  readonly costs: readonly (number | undefined)[]
}

export class Fluid {
  private readonly kinds: readonly Kind[]
  private readonly groups: readonly Group[]
  private readonly arrived = new Map<string, number>()
  /** Of one machine: from warm-up to the latest end of a request that came last. */
  private readonly nanos: number
  private readonly costs = new Map<string, RequestCost>()
  private readonly shared: Solution

  constructor(
    private readonly scenario: Scenario,
    asked: readonly Asked[],
  ) {
    this.kinds = kindsOf(scenario)
    for (const { model } of asked) this.arrived.set(model, (this.arrived.get(model) ?? 0) + 1)
    const from = typeof scenario.warmup === 'number' ? scenario.warmup : 0
    const longest = asked.reduce((most, request) => Math.max(most, this.allowedNanos(request)), 0)
    this.nanos = (scenario.duration - from + Math.min(DRAIN_LIMIT, longest / NANOS_PER_MICRO)) * NANOS_PER_MICRO
    this.groups = [...this.arrived.keys()].flatMap((model) =>
      this.groupsOf(
        model,
        asked.filter((request) => request.model === model),
      ),
    )
    this.shared = this.most(this.groups)
  }

  bounds(): FluidBounds {
    const total = [...this.arrived.values()].reduce((sum, count) => sum + count, 0)
    const names = [...new Set([...this.scenario.publicModels, ...this.arrived.keys()])]
    const models = names.map((model): [string, ModelBound] => {
      const arrived = this.arrived.get(model) ?? 0
      if (arrived === 0) return [model, { arrived, alone: null, shared: null }]
      const alone = this.most(this.groups.filter((group) => group.model === model)).bound
      const shared = this.shared.by
        .filter(({ group }) => group.model === model)
        .reduce((sum, { served }) => sum + served, 0)
      return [model, { arrived, alone: share(alone, arrived), shared: share(shared, arrived) }]
    })
    return { overall: total === 0 ? null : share(this.shared.bound, total), models: Object.fromEntries(models) }
  }

  /** Machines of each kind by the models they spend their time on, whole machines by largest remainder. */
  placement(): ReadonlyMap<number, string> {
    const placed = new Map<number, string>()
    for (const [place, { machines }] of this.kinds.entries()) {
      const time = new Map<string, number>()
      for (const { group, kind, served } of this.shared.by) {
        if (kind !== place) continue
        time.set(group.model, (time.get(group.model) ?? 0) + served * group.costs[kind]!)
      }
      const used = [...time.values()].reduce((sum, nanos) => sum + nanos, 0)
      if (used === 0) continue
      const wanted = [...time].map(([model, nanos]) => ({ model, exact: (nanos / used) * machines.length }))
      const whole = wanted.map(({ model, exact }) => ({ model, count: Math.floor(exact), rest: exact % 1 }))
      let left = machines.length - whole.reduce((sum, { count }) => sum + count, 0)
      for (const entry of whole.toSorted((a, b) => b.rest - a.rest)) {
        if (left <= 0) break
        entry.count += 1
        left -= 1
      }
      let next = 0
      for (const { model, count } of whole) for (let i = 0; i < count; i += 1) placed.set(machines[next++]!, model)
    }
    return placed
  }

  /** From arrival to the last moment at which it could end and be good. */
  private allowedNanos({ prompt, output }: Asked): number {
    const { ttftBase, ttftPerToken, decodeTps } = this.scenario.slo
    const decode = decodeTps === 0 ? Infinity : (output / decodeTps) * NANOS_PER_SECOND
    return (ttftBase + ttftPerToken * prompt) * NANOS_PER_MICRO + decode
  }

  private groupsOf(model: string, asked: readonly Asked[]): readonly Group[] {
    const costs = asked.map((request) => this.kinds.map((kind) => this.cost(kind, request)))
    const order = costs
      .map((of, index) => ({ of, key: Math.min(...of.map((cost) => cost ?? Infinity)), index }))
      .toSorted((a, b) => a.key - b.key || a.index - b.index)
    const size = Math.max(1, Math.ceil(order.length / GROUPS))
    return Array.from({ length: Math.ceil(order.length / size) }, (_, place): Group => {
      const members = order.slice(place * size, (place + 1) * size)
      return {
        key: `${model} ${place}`,
        model,
        count: members.length,
        costs: this.kinds.map((_kind, k) => {
          const known = members.map(({ of }) => of[k]).filter((cost) => cost !== undefined)
          return known.length === 0 ? undefined : Math.min(...known)
        }),
      }
    })
  }

  private cost(kind: Kind, asked: Asked): number | undefined {
    const { scenario } = this
    const known = kind.builds.flatMap((build) => {
      if (!mayAnswer(scenario, build, asked.model)) return []
      const key = `${kind.chip.name} ${build.build}`
      const costs = this.costs.get(key) ?? new RequestCost(kind.chip, build, scenario)
      this.costs.set(key, costs)
      const cost = costs.of(asked, this.allowedNanos(asked))
      return cost === undefined ? [] : [cost]
    })
    return known.length === 0 ? undefined : Math.min(...known)
  }

  /** Most requests that the fleet could serve of these. */
  private most(groups: readonly Group[]): Solution {
    const constraints = [
      ...groups.map(({ key, count }) => [`count ${key}`, lessEq(count)] as const),
      // In parts of the time of all its machines, so that numbers are near 1.
      ...this.kinds.map((_, k) => [`time ${k}`, lessEq(1)] as const),
    ]
    const parts = groups.flatMap((group) =>
      group.costs.flatMap((cost, kind) => (cost === undefined ? [] : [{ group, kind, cost }])),
    )
    const variables = parts.map(({ group, kind, cost }, place) => {
      const part = cost / (this.nanos * this.kinds[kind]!.machines.length)
      return [
        place,
        [
          ['served', 1],
          [`count ${group.key}`, 1],
          [`time ${kind}`, part],
        ] as const,
      ] as const
    })
    const solution = solve(
      { direction: 'maximize', objective: 'served', constraints, variables },
      { precision: PRECISION },
    )
    return {
      bound: this.priced(groups),
      by: solution.variables.map(([place, served]) => Object.assign({ served }, parts[place]!)),
    }
  }

  /**
   * The same from the other side: prices of machine-time such that the time of all machines, and what requests are worth beyond the time they
   * cost, come to least (the dual). Any prices give a bound, so it holds however the arithmetic of the solver rounds.
   */
  private priced(groups: readonly Group[]): number {
    const part = (cost: number, kind: number): number => cost / (this.nanos * this.kinds[kind]!.machines.length)
    const places = groups.flatMap((group) =>
      group.costs.flatMap((cost, kind) =>
        cost === undefined ? [] : [{ key: group.key, kind, part: part(cost, kind) }],
      ),
    )
    const constraints = places.map((_, place) => [String(place), greaterEq(1)] as const)
    const variables = [
      ...this.kinds.map((_, k) => {
        const own = places.flatMap(({ kind, part: size }, place) =>
          kind === k ? [[String(place), size] as const] : [],
        )
        return [`price ${k}`, [['total', 1] as const, ...own]] as const
      }),
      ...groups.map(({ key, count }) => {
        const own = places.flatMap((of, place) => (of.key === key ? [[String(place), 1] as const] : []))
        return [`worth ${key}`, [['total', count] as const, ...own]] as const
      }),
    ]
    const { variables: found } = solve(
      { direction: 'minimize', objective: 'total', constraints, variables },
      { precision: PRECISION },
    )
    const known = new Map(found)
    const prices = this.kinds.map((_, k) => Math.max(0, known.get(`price ${k}`) ?? 0))
    const worth = ({ count, costs }: Group): number =>
      count * Math.max(0, ...costs.map((cost, k) => (cost === undefined ? 0 : 1 - part(cost, k) * prices[k]!)))
    return prices.reduce((sum, price) => sum + price, 0) + groups.reduce((sum, group) => sum + worth(group), 0)
  }
}

interface Solution {
  /** Of the number served. */
  readonly bound: number
  readonly by: readonly { readonly group: Group; readonly kind: number; readonly served: number }[]
}

const share = (served: number, arrived: number): number => Math.min(1, served / arrived)

/** Whether a request for the name may ever be answered by the build: itself, or by an alias of now or later. */
function mayAnswer({ aliases, timeline }: Scenario, { build }: ModelSpec, name: string): boolean {
  if (build === name) return true
  const sets = [aliases, ...timeline.flatMap(({ action }) => (action.kind === 'set_alias' ? [action.aliases] : []))]
  return sets.some((set) => {
    const alias = Object.hasOwn(set, name) ? set[name] : undefined
    return (
      alias !== undefined &&
      (alias.desired === build || alias.previous === build || alias.retired.some((former) => former === build))
    )
  })
}

function kindsOf({ machines }: Scenario): readonly Kind[] {
  const kinds = new Map<string, { chip: ChipSpec; machines: number[]; builds: readonly ModelSpec[] }>()
  for (const { index, chip, advertises, disk } of machines) {
    const builds = [...advertises, ...disk]
    const key = [chip.name, ...builds.map(({ build }) => build)].join('|')
    const kind = kinds.get(key) ?? { chip, machines: [], builds }
    kind.machines.push(index)
    kinds.set(key, kind)
  }
  return [...kinds.values()]
}
