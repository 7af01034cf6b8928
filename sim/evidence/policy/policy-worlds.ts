/**
 * Worlds to try a policy in: small fleets of unlike Macs under short, uneven demand, in which Macs leave, crash, sleep and slow
 * down. A world follows from its number alone. They are made to be unfriendly, so what a policy is worth cannot be read off them.
 */
import { RandomStreams } from '../../kernel/random.ts'
import type { RandomStream } from '../../kernel/scheduler.ts'
import { type Parameter, type Parameters, type ParameterValue } from '../../plug/index.ts'

const BUILDS = ['gpt-oss-20b', 'gemma-4-26b-qat-4bit', 'gemma-4-26b-8bit']

const MACHINES = [
  { chip: 'M1 Max 32c', memory: '32GB' },
  { chip: 'M4 10c', memory: '24GB' },
  { chip: 'M4 Max 32c', memory: '36GB' },
  { chip: 'M4 Pro 20c', memory: '24GB' },
  { chip: 'M4 Max 40c', memory: '128GB' },
  { chip: 'M3 Ultra 80c', memory: '96GB' },
]

/** A Mac that can hold everything: without one, a scenario whose demand nobody could serve is refused, rightly. */
const WHOLE = {
  count: 1,
  machine: { chip: 'M4 Max 40c', memory: '128GB', os_memory: '4GiB' },
  advertises: BUILDS,
  resident: BUILDS.slice(0, 2),
}

const STANDINGS = [
  {},
  {},
  {},
  { trust: 'self_signed' },
  { private_text: false },
  { private_only: true, account: 'alice' },
  { answers_challenges: false },
  { legacy: true },
  { joins: '20s' },
]

const HABITS = [
  {},
  {},
  { churn: { session: '60s', away: '20s' } },
  { churn: { drops: '20s', sleeps: { every: '30s', for: '10s' }, slow: { every: '20s', for: '10s', speed: '10%' } } },
  { churn: { session: '60s', away: '5s', crashes: '30s', stalls: { every: '30s', for: '10s' } } },
]

const ARRIVALS = [{ poisson: '0.3/s' }, { poisson: '3/s' }, { poisson: '6/s' }, { gamma: { rate: '1/s', cv: 3 } }]

const MIXES = [
  { 'gpt-oss-20b': '100%' },
  { 'gpt-oss-20b': '50%', 'gemma-4-26b': '50%' },
  { 'gpt-oss-20b': '20%', 'gemma-4-26b': '40%', 'gemma-4-26b-8bit': '40%' },
]

const LENGTHS = [
  { prompt: { lognormal: { median: 400, sigma: 1 } }, output: { exponential: { mean: 80 } } },
  { prompt: 1, output: 1 },
  { prompt: { uniform: { min: 1, max: 6_000 } }, output: { constant: 400 } },
]

const TRAITS = [{}, { tools: '50%' }, { stream: '0%' }, { vision: '20%', tools: '20%' }]

const ACTIONS = [
  { set: { TTFT_HARD_REJECT: true } },
  { disconnect: { fraction: '50%' } },
  { disconnect: { fraction: '100%', for: '1s' } },
  { crash: { fraction: '50%' } },
  { sleep: { fraction: '50%', for: '40s' } },
  { slow: { fraction: '100%', speed: '1%', for: '20s' } },
  { silence: { fraction: '50%', for: '2m' } },
  { set_alias: { 'gemma-4-26b': { desired: 'gemma-4-26b-8bit', previous: 'gemma-4-26b-qat-4bit' } } },
  { delete_alias: 'gemma-4-26b' },
  { trust: { fraction: '50%', level: 'none' } },
]

const SWITCHES = ['QUEUE_BEFORE_SHED', 'COLD_DISPATCH', 'TTFT_HARD_REJECT', 'WARM_POOL_ENABLED']

/** One bound of a parameter, as often the other, or something between; its default where it has no bounds. */
function drawn(parameter: Parameter, draw: RandomStream): ParameterValue {
  const of = <T>(list: readonly T[]): T => list[draw.below(list.length)]!
  switch (parameter.kind) {
    case 'switch':
      return of([true, false])
    case 'choice':
      return of(parameter.of)
    case 'text':
      return parameter.default
    case 'whole':
    case 'number':
      return of([parameter.default, parameter.min ?? parameter.default, parameter.max ?? parameter.default])
  }
}

export interface PolicyWorld {
  /** A scenario. */
  readonly text: string
  /** Of the policy's parameters; those left out have their defaults. */
  readonly parameters: { readonly [name: string]: ParameterValue }
}

/** Even numbers have the policy's parameters at their defaults, odd ones at values drawn from within their bounds, ends first. */
export function policyWorld(number: number, declared: Parameters): PolicyWorld {
  const draw = new RandomStreams(number).stream('policy-worlds')
  const of = <T>(list: readonly T[]): T => list[draw.below(list.length)]!
  const some = <T>(most: number, make: () => T): readonly T[] => Array.from({ length: draw.below(most + 1) }, make)
  const fleet = some(4, () => {
    const first = draw.below(BUILDS.length)
    return {
      count: 1 + draw.below(3),
      machine: of(MACHINES),
      advertises: BUILDS.slice(first, first + 1 + draw.below(BUILDS.length)),
      max_model_slots: 1 + draw.below(3),
      ...of(STANDINGS),
      ...of(HABITS),
    }
  })
  const stream = (): object => ({
    arrivals: of(ARRIVALS),
    mix: of(MIXES),
    lengths: of(LENGTHS),
    max_tokens: of([1, 256, 1_024]),
    traits: of(TRAITS),
    ...of([{}, { account: 'alice' }, { account: 'bob' }]),
  })
  const demand = [stream(), ...some(1, stream)]
  const coordinator = Object.fromEntries(SWITCHES.map((name) => [name, draw.below(2) === 1]))
  const timeline = some(3, () => ({ at: `${draw.below(60)}s`, ...of(ACTIONS) }))
  const parameters =
    number % 2 === 0
      ? {}
      : Object.fromEntries(Object.entries(declared).map(([name, parameter]) => [name, drawn(parameter, draw)]))
  const scenario = {
    name: `world ${number}`,
    duration: '60s',
    models: BUILDS,
    aliases: { 'gemma-4-26b': { desired: 'gemma-4-26b-qat-4bit' } },
    fleet: [WHOLE, ...fleet],
    demand,
    coordinator,
    timeline,
    ...(Object.keys(parameters).length > 0 && { policy: parameters }),
  }
  return { text: JSON.stringify(scenario), parameters }
}
