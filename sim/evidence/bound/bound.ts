/**
 * An upper bound on goodput, whatever the policy: the fluid relaxation. Had everybody known all requests beforehand, machines been divisible and
 * always cool, with every model loaded everywhere it is advertised, no messages, and every batch as full as the SLO allows, how many
 * requests of a run could have been served within it? That no simulated run beats it is a property test.
 */
import { must } from '../../base/assert.ts'
import { fail, ok, type Problem, type Result } from '../../base/result.ts'
import { findPolicy } from '../../policy/index.ts'
import type { LoadedScenario, Scenario } from '../../scenario/index.ts'
import { simulate } from '../../simulation.ts'
import type { TraceRow } from '../../trace/row.ts'
import { CountedDemand } from './demand.ts'
import { Fluid, type FluidBounds } from './fluid.ts'

export interface SeedBound extends FluidBounds {
  readonly seed: number
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
    const demand = new CountedDemand(loaded.scenario.warmup)
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
