/**
 * An upper bound on goodput, whatever the policy: the fluid relaxation. Had everybody known all requests beforehand, machines been divisible and
 * always cool, with every model loaded everywhere it is advertised, no messages, and every batch as full as the SLO allows, how many
 * requests of a run could have been served within it? A linear programme over machine-time (yalps: small and typed).
 * That no simulated run beats it is a property test.
 *
 * What a request costs a Mac at least: its prompt by the prefill law, and each token after the first the share of a decode step that is its own. A
 * request that is good has all its steps between its arrival and its latest allowed end, so its mean step cannot take longer than that time over its tokens;
 * the cheapest mixture of batch sizes with that mean is a point of the lower convex hull of (time of a step, cost per row).
 * Requests of like cost are taken together at the cost of the cheapest of them.
 */
import { greaterEq, lessEq, solve } from 'yalps'
import { must } from '../../base/assert.ts'
import { fail, ok, type Problem, type Result } from '../../base/result.ts'
import type { ChipSpec, ModelSpec } from '../../catalog/index.ts'
import { atPrefillSpeed } from '../../catalog/step-constants.ts'
import { programOf } from '../../mac/engine/engine-version.ts'
import { StepLaw } from '../../mac/engine/law/step-law.ts'
import { findPolicy } from '../../policy/index.ts'
import type { LoadedScenario, Scenario } from '../../scenario/index.ts'
import { simulate } from '../../simulation.ts'
import { DRAIN_LIMIT } from '../../simulation/world.ts'
import type { TraceRow } from '../../trace/row.ts'

/** Requests of one model, sorted by cost, are taken together in so many groups. */
const GROUPS = 40
const NANOS_PER_MICRO = 1_000
const NANOS_PER_SECOND = 1e9
/** Of the simplex. */
const PRECISION = 1e-9
const PREFILL_PIECE = 512

export interface ModelBound {
  readonly arrived: number
  /** Of this model's goodput, had it the fleet to itself; null: nobody asked for it. */
  readonly alone: number | null
  /** In one division of the fleet that serves most users; not a bound by itself. */
  readonly shared: number | null
}

export interface SeedBound {
  readonly seed: number
  /** Of the goodput of all users. */
  readonly overall: number | null
  readonly models: { readonly [model: string]: ModelBound }
  /** What runs of this seed reached: by policy, and the static placement of the relaxation under `reference`. */
  readonly reached: {
    readonly [policy: string]: {
      readonly overall: number | null
      readonly models: { readonly [model: string]: number | null }
    }
  }
}

export interface BoundResult {
  readonly format: 'fleetlab.bound/1'
  readonly scenario: { readonly name: string }
  readonly seeds: readonly SeedBound[]
  readonly meta: { readonly [key: string]: string | number }
}

export const REFERENCE = 'reference'

type Policy = NonNullable<ReturnType<typeof findPolicy>>

interface Asked {
  readonly model: string
  readonly prompt: number
  readonly output: number
}

/** What the relaxation does not know how to bound. */
export function boundProblems({ scenario, origin }: LoadedScenario): readonly Problem[] {
  const problems: Problem[] = []
  for (const [place, stream] of scenario.demand.entries()) {
    if (!('arrivals' in stream)) continue
    if ('users' in stream.arrivals || 'sessions' in stream.arrivals) {
      const message = `demand[${place}] waits for its answers before it asks again; a bound needs requests that no answer changes`
      problems.push({ message })
    }
  }
  if (scenario.warmup === 'auto') {
    problems.push({ message: 'warmup: auto differs from run to run; a bound needs a time, such as --set warmup=5m' })
  }
  if (scenario.machines.some(({ lies }) => lies !== undefined)) {
    problems.push({ message: 'Macs that lie may answer without working; nothing bounds them' })
  }
  const physics = origin.raw['physics']
  if (typeof physics === 'object' && physics !== null && 'error' in physics && physics.error !== 'none') {
    problems.push({ message: 'physics.error draws faster Macs than the law knows; a bound needs `none`' })
  }
  return problems
}

export async function boundOf(
  loaded: LoadedScenario,
  policies: readonly string[],
  seeds: readonly number[],
  onProgress: (share: number) => void,
): Promise<Result<BoundResult>> {
  const problems = [...boundProblems(loaded)]
  const unknown = policies.filter((name) => findPolicy(name) === undefined)
  for (const name of unknown)
    problems.push({ message: `--policies ${name}: only built-in policies stand beside a bound` })
  if (problems.length > 0) return fail(problems)
  const found: SeedBound[] = []
  const steps = seeds.length * (policies.length + 1)
  for (const seed of seeds) {
    const run = (policy: Policy, name: string, rows: (row: TraceRow) => void = () => {}) =>
      simulate({ scenario: loaded, policy, policyName: name, seed, subscribers: [rows] })
    const demand = new Demand(loaded.scenario.warmup)
    const reached: [string, SeedBound['reached'][string]][] = []
    let done = found.length * (policies.length + 1)
    for (const [place, name] of policies.entries()) {
      const { result } = await run(must(findPolicy(name), 'asked before'), name, place === 0 ? demand.row : undefined)
      reached.push([name, reachedBy(result)])
      onProgress((done += 1) / steps)
    }
    const fluid = new Fluid(loaded.scenario, demand.counted())
    const reference = referencePolicy(fluid.placement(), loaded.scenario)
    const { result } = await run(reference, REFERENCE)
    reached.push([REFERENCE, reachedBy(result)])
    onProgress((done += 1) / steps)
    found.push({ seed, ...fluid.bounds(), reached: Object.fromEntries(reached) })
  }
  return ok({ format: 'fleetlab.bound/1', scenario: { name: loaded.scenario.name }, seeds: found, meta: {} })
}

function reachedBy({ models }: Awaited<ReturnType<typeof simulate>>['result']): SeedBound['reached'][string] {
  const entries = Object.entries(models)
  const arrived = entries.reduce((sum, [, { requests }]) => sum + requests.arrived, 0)
  const good = entries.reduce((sum, [, { requests, goodput }]) => sum + requests.arrived * (goodput ?? 0), 0)
  return {
    overall: arrived === 0 ? null : good / arrived,
    models: Object.fromEntries(entries.map(([name, { goodput }]) => [name, goodput])),
  }
}

/** The requests that a run counts: those that arrived after warm-up. */
class Demand {
  private readonly users = new Map<number, Asked>()
  private readonly asked: Asked[] = []

  constructor(private readonly warmup: number | 'auto') {}

  readonly row = (row: TraceRow): void => {
    if (row.kind === 'user_request') {
      const { model, promptTokens: prompt, outputTokens, maxTokens } = row
      this.users.set(row.user, {
        model,
        prompt,
        output: maxTokens > 0 ? Math.min(outputTokens, maxTokens) : outputTokens,
      })
    } else if (row.kind === 'arrived' && (this.warmup === 'auto' || row.at >= this.warmup)) {
      const request = this.users.get(row.user)
      if (request !== undefined) this.asked.push(request)
    }
  }

  counted(): readonly Asked[] {
    return this.asked
  }
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

class Fluid {
  private readonly kinds: readonly Kind[]
  private readonly groups: readonly Group[]
  private readonly arrived = new Map<string, number>()
  /** Of one machine: from warm-up to the latest end of a request that came last. */
  private readonly nanos: number
  private readonly costs = new Map<string, Costs>()
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

  bounds(): Pick<SeedBound, 'overall' | 'models'> {
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
      const costs = this.costs.get(key) ?? new Costs(kind.chip, build, scenario)
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

/** What requests for one build cost one chip at least. */
class Costs {
  private readonly law: StepLaw
  /** Corners of the lower hull, steps ever longer and rows ever cheaper. */
  private readonly hull: readonly (readonly [stepNanos: number, rowNanos: number])[]
  private readonly contextNanos: number
  private readonly hasPrefixes: boolean

  constructor(
    chip: ChipSpec,
    private readonly build: ModelSpec,
    { engine, mac }: Scenario,
  ) {
    this.law = new StepLaw(atPrefillSpeed(mac.prefill_speed)(chip, build, engine))
    const { law } = this
    const rows = Array.from({ length: programOf(engine, mac).rowsMax }, (_, i) => i + 1)
    this.hull = lowerHull(rows.map((count) => [law.decodeNanos(count, 0), law.decodeNanos(count, 0) / count] as const))
    this.contextNanos = Math.min(...[1, 2].map((count) => law.decodeNanos(count, 1) - law.decodeNanos(count, 0)))
    this.hasPrefixes = mac.prefix_cache.hit_rate > 0
  }

  /** undefined: it cannot be good here. */
  of({ prompt, output }: Asked, allowedNanos: number): number | undefined {
    // The coordinator gives those without a limit the build's own, and a context ends: the least of all that may be asked.
    const tokens = Math.max(1, Math.min(output, this.build.maxOutput.value, this.build.contextLimit.value - prompt))
    const steps = tokens - 1
    // Each piece is rounded to a nanosecond by itself.
    const prefill = this.hasPrefixes ? 0 : this.law.spanNanos(0, prompt) - Math.ceil(prompt / PREFILL_PIECE) - 1
    if (prefill > allowedNanos) return undefined
    if (steps === 0) return Math.max(0, prefill)
    const row = this.rowNanos(allowedNanos / steps)
    return row === undefined ? undefined : Math.max(0, prefill) + steps * (row + this.contextNanos * prompt)
  }

  /** Least cost of a row in steps that take so long in the mean. */
  private rowNanos(meanStepNanos: number): number | undefined {
    const { hull } = this
    if (meanStepNanos < hull[0]![0]) return undefined
    for (let i = 1; i < hull.length; i += 1) {
      const [[shorter, dearer], [longer, cheaper]] = [hull[i - 1]!, hull[i]!]
      if (meanStepNanos < longer) return dearer + ((cheaper - dearer) * (meanStepNanos - shorter)) / (longer - shorter)
    }
    return hull.at(-1)![1]
  }
}

type Point = readonly [x: number, y: number]

/** Of points with rising x, as far as it falls (Andrew's chain). */
function lowerHull(points: readonly Point[]): readonly Point[] {
  const hull: Point[] = []
  for (const point of points) {
    // What is no cheaper than a shorter step helps nobody.
    if (hull.length > 0 && point[1] >= hull.at(-1)![1]) continue
    while (hull.length >= 2 && isAbove(hull.at(-2)!, hull.at(-1)!, point)) hull.pop()
    hull.push(point)
  }
  return hull
}

const isAbove = ([ax, ay]: Point, [bx, by]: Point, [cx, cy]: Point): boolean =>
  (bx - ax) * (cy - ay) - (by - ay) * (cx - ax) <= 0

/** Every Mac serves the model it was given, and no other; the coordinator does the rest. */
function referencePolicy(placed: ReadonlyMap<number, string>, scenario: Scenario): Policy {
  const open = must(findPolicy('open'), 'the policy is built in')
  const modelOf = new Map(scenario.machines.map(({ index, serial }) => [serial, placed.get(index)]))
  return {
    ...open,
    name: REFERENCE,
    about: 'static placement of the fluid relaxation, which knew the demand',
    test({ provider, model }) {
      const own = modelOf.get(provider.serial)
      const allowed = own === undefined || own === model || scenario.publicNameOf(model) === own
      return { allowed, why: own === undefined ? 'free' : `placed for ${own}` }
    },
  }
}
