/**
 * Any number, duration, rate, size and share that a scenario may hold, at its most extreme: it is refused with the range,
 * or the run ends. The places are those of the JSON Schema, so a setting that is new tomorrow is tried tomorrow.
 */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatProblem } from '../../sim/base/result.ts'
import { findPolicy, policyNames } from '../../sim/policy/index.ts'
import { scenarioJsonSchema } from '../../sim/scenario/format/json-schema.ts'
import { type LoadedScenario, loadScenario } from '../../sim/scenario/index.ts'
import { simulate } from '../../sim/simulation.ts'
import { files, TRACE } from '../scenario/world.ts'
import { casesOf, isSlowTier } from '../tier.ts'

interface Schema {
  readonly type?: string
  readonly pattern?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly properties?: { readonly [key: string]: Schema }
  readonly additionalProperties?: Schema | boolean
  readonly items?: Schema | boolean
  readonly prefixItems?: readonly Schema[]
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
}

type Place = readonly (string | number)[]

interface Leaf {
  readonly place: Place
  readonly values: readonly unknown[]
}

const NUMBERS = [0, -1, 1e-300, 0.5, 1, 30, 1e6, 1e9, 2 ** 53, 1.7e308]
/** By what the pattern of a quantity takes. */
const QUANTITIES: readonly (readonly [example: string, values: readonly string[]])[] = [
  ['1ms', ['0', '1us', '100ms', '1s', '60s', '1h', '8784h', '9999999999999999h']],
  ['1GB', ['0', '1B', '1MB', '64GB', '2TB', '99999999999TB']],
  ['1/s', ['0', '0.000000000001/h', '0.00001/h', '1/s', '100/s', '99999999999999999999/s']],
  ['1GB/s', ['0MB/s', '0.001MB/s', '1MB/s', '1000TB/s', '99999999999999999999TB/s']],
  ['1%', ['0%', '0.000000001%', '1%', '30%', '100%', '101%']],
  ['1s + 1ms/token', ['1us', '1us + 1us/token', '24h + 1s/token', '99999999999h', '1s + 99999999999h/token']],
]

function extremesOf(schema: Schema): readonly unknown[] {
  if ('const' in schema) return []
  if (schema.type === 'number' || schema.type === 'integer') return NUMBERS
  if (schema.type !== 'string' || schema.pattern === undefined) return []
  const pattern = new RegExp(schema.pattern)
  return QUANTITIES.flatMap(([example, values]) => (pattern.test(example) ? values : []))
}

/** Every place of the schema that takes a quantity. */
function leavesOf(schema: Schema, place: Place = []): readonly Leaf[] {
  const values = extremesOf(schema)
  const inner = [
    ...(schema.anyOf ?? schema.oneOf ?? []).flatMap((option) => leavesOf(option, place)),
    ...Object.entries(schema.properties ?? {}).flatMap(([key, value]) => leavesOf(value, [...place, key])),
    ...(typeof schema.additionalProperties === 'object'
      ? leavesOf(schema.additionalProperties, [...place, 'gpt-oss-20b'])
      : []),
    ...(typeof schema.items !== 'object' ? [] : leavesOf(schema.items, [...place, 0])),
  ]
  return values.length > 0 ? [{ place, values }, ...inner] : inner
}

const whole = {
  name: 'extreme',
  duration: '5s',
  models: [{ build: 'gpt-oss-20b', like: 'gpt-oss-20b' }, 'gemma-4-26b-qat-4bit'],
  fleet: [
    {
      count: 2,
      machine: { chip: 'M4 Max 40c', memory: '128GB' },
      advertises: ['gpt-oss-20b', 'gemma-4-26b-qat-4bit'],
      resident: ['gpt-oss-20b'],
    },
    { id: 'a', machine: { chip: 'M1 Max 32c', memory: '32GB', os_memory: '4GB' }, advertises: ['gpt-oss-20b'] },
  ],
  demand: [
    {
      arrivals: { poisson: '1/s' },
      mix: { 'gpt-oss-20b': '70%', 'gemma-4-26b-qat-4bit': '30%' },
      lengths: { prompt: { lognormal: { median: 300, sigma: 1 } }, output: { exponential: { mean: 30 } } },
    },
  ],
}

/** Alternatives of one place together. */
function merged(all: readonly Leaf[]): readonly Leaf[] {
  const known = new Map<string, Leaf>()
  for (const { place, values } of all) {
    const key = place.join('.')
    known.set(key, { place, values: [...new Set([...(known.get(key)?.values ?? []), ...values])] })
  }
  return [...known.values()]
}

type Data = { readonly [key: string]: unknown }

/** Of what a Mac has to say: in the fleet, and of those drawn at the start. */
const besideOf = (mac: string): readonly (readonly [start: string, at: string, data: unknown])[] => [
  ...['sleeps', 'stalls', 'silences', 'breakdowns', 'slow'].map(
    (what) => [`${mac}.churn.${what}`, `${mac}.churn.${what}`, { every: '5s', for: '2s' }] as const,
  ),
  [`${mac}.churn.slow`, `${mac}.churn.slow.speed`, '50%'],
  [`${mac}.churn.session`, `${mac}.churn.away`, '1s'],
  [`${mac}.churn.away`, `${mac}.churn.session`, '1s'],
  ...['session', 'away'].map(
    (what) => [`${mac}.churn.${what}.`, `${mac}.churn.${what}`, { median: '1s', sigma: 1 }] as const,
  ),
  [`${mac}.standing.after_update`, `${mac}.standing.after_update.attestation_lost`, '50%'],
]

/** What must stand beside a value for it to be a scenario: by the beginning of its place, later ones over earlier ones. */
const BESIDE: readonly (readonly [start: string, at: string, data: unknown])[] = [
  ['coordinator.ACCOUNTS', 'demand.0.account', 'gpt-oss-20b'],
  ['timeline.0.set.ACCOUNTS', 'demand.0.account', 'gpt-oss-20b'],
  ['aliases', 'aliases.gpt-oss-20b', { desired: 'gpt-oss-20b' }],
  [
    'models.0.reading.experts',
    'models.0.reading.experts',
    { shared: '1GB', per_expert: '100MB', count: 32, per_token: 4 },
  ],
  ['fleet.0.machine.other_process', 'fleet.0.machine.other_process', { kind: 'compute' }],
  ['chips', 'chips.gpt-oss-20b', { like: 'M4 Max 40c' }],
  ['chips', 'fleet.0.machine.chip', 'gpt-oss-20b'],
  ['chips.gpt-oss-20b.memory', 'fleet.0.machine.memory', '64GB'],
  ['upstream.offers.gpt-oss-20b', 'upstream.offers.gpt-oss-20b', { others: [{ price: 1 }] }],
  [
    'upstream.first_content.models.gpt-oss-20b',
    'upstream.first_content.models.gpt-oss-20b',
    { base: '5s', per_token: '1ms' },
  ],
  ['start', 'start', [{ groups: [{ count: 1, version: 'new' }] }]],
  ['start.0.groups.0.share', 'start.0.groups.0', { version: 'new' }],
  ...['fleet.0', 'start.0.groups.0'].flatMap((mac) => besideOf(mac)),
  ['fleet.0.lies', 'fleet.0.lies', { heartbeats: [{ idle: true }], registers: {} }],
  ['fleet.0.lies.heartbeats.0.slots', 'fleet.0.lies.heartbeats.0.slots', [{ model: 'gpt-oss-20b' }]],
  ['demand.0.mix', 'demand.0.mix', {}],
  ['demand.0.arrivals', 'demand.0.arrivals', {}],
  ['demand.0.arrivals.gamma', 'demand.0.arrivals.gamma', { rate: '1/s', cv: 2 }],
  ['demand.0.arrivals.load', 'demand.0.arrivals.trace', 't.csv'],
  ['demand.0.arrivals.resolution', 'demand.0.arrivals.trace', 't.csv'],
  ...Object.entries({
    weibull: { rate: '1/s', shape: 1 },
    mmpp: Array.from({ length: 2 }, () => ({ rate: '1/s', mean: '1s' })),
    onoff: { rate: '1/s', on: '1s', off: '1s' },
    tenants: { rate: '1/s', count: 3 },
    users: { count: 2, think: '1s' },
    sessions: { rate: '1/s' },
  }).map(([kind, data]) => [`demand.0.arrivals.${kind}`, `demand.0.arrivals.${kind}`, data] as const),
  ['demand.0.arrivals.sessions.agents', 'demand.0.arrivals.sessions', {}],
  ['demand.0.arrivals.shape', 'demand.0.arrivals.poisson', '1/s'],
  ...Object.entries({
    ramp: { from: '1s', to: '2s', by: 2 },
    step: { at: '1s', by: 2 },
    spike: { at: '1s', for: '1ms', by: 2 },
    day: Array.from({ length: 24 }, () => 1),
    week: Array.from({ length: 7 }, () => Array.from({ length: 24 }, () => 1)),
  }).map(([kind, data]) => [`demand.0.arrivals.shape.0.${kind}`, `demand.0.arrivals.shape.0.${kind}`, data] as const),
  ['demand.0.arrivals.users.think.', 'demand.0.arrivals.users.think', {}],
  ...Object.entries({
    lognormal: { median: '1s', sigma: 1 },
    gamma: { mean: '1s', cv: 1 },
    weibull: { mean: '1s', shape: 1 },
    uniform: { min: '1ms', max: '2h' },
    pareto: { min: '1s', alpha: 1.5, max: '744h' },
  }).map(
    ([kind, data]) => [`demand.0.arrivals.users.think.${kind}`, `demand.0.arrivals.users.think.${kind}`, data] as const,
  ),
  ['demand.0.max_tokens.none', 'demand.0.max_tokens', { sent: 9 }],
  ['demand.0.max_tokens.sent', 'demand.0.max_tokens', { none: '50%' }],
  ['demand.0.cache_keys.', 'demand.0.cache_keys', { keys: 9 }],
  ['demand.0.estimate_ratio.lognormal', 'demand.0.estimate_ratio.lognormal', { median: 1, sigma: 1 }],
  ['demand.0.estimate_ratio.uniform', 'demand.0.estimate_ratio.uniform', { min: 0.01, max: 100 }],
  ['demand.0.lengths.prompt.', 'demand.0.lengths.prompt', {}],
  ['demand.0.lengths.output.', 'demand.0.lengths.output', {}],
  ...['prompt', 'output'].flatMap((which) =>
    Object.entries({
      lognormal: { median: 100, sigma: 1 },
      gamma: { mean: 100, cv: 1 },
      uniform: { min: 1, max: 9 },
      pareto: { min: 0.01, alpha: 1.5, max: 9 },
    }).map(([kind, data]) => [`demand.0.lengths.${which}.${kind}`, `demand.0.lengths.${which}.${kind}`, data] as const),
  ),
  ['demand.0.requests', 'demand.0', { requests: [{ at: '1s', model: 'gpt-oss-20b', prompt: 10, output: 10 }] }],
  ['timeline.0', 'timeline', [{ at: '1s' }]],
  ['timeline.0.at', 'timeline', [{ crash: { fraction: '50%' } }]],
  ...['disconnect', 'crash', 'update', 'trust', 'register'].map(
    (what) => [`timeline.0.${what}`, `timeline.0.${what}`, { fraction: '50%' }] as const,
  ),
  ...['sleep', 'stall', 'broken', 'silence', 'attestation_outage', 'slow'].map(
    (what) => [`timeline.0.${what}`, `timeline.0.${what}`, { fraction: '50%', for: '2s' }] as const,
  ),
  ['timeline.0.slow', 'timeline.0.slow.speed', '50%'],
  ['timeline.0.trust', 'timeline.0.trust.level', 'none'],
  ['expect', 'expect', [{ metric: 'requests.served', at_least: 0 }]],
]

const placeOf = (text: string): Place => text.split('.').map((step) => (/^\d+$/.test(step) ? Number(step) : step))

function put(data: unknown, [step, ...rest]: Place, value: unknown): unknown {
  if (step === undefined) return value
  if (typeof step === 'number') {
    const list = Array.isArray(data) ? (data as readonly unknown[]) : []
    return list.length <= step ? [...list, put(undefined, rest, value)] : list.with(step, put(list[step], rest, value))
  }
  const map = typeof data === 'object' && data !== null && !Array.isArray(data) ? (data as Data) : {}
  return { ...map, [step]: put(map[step], rest, value) }
}

function withValue(data: unknown, place: Place, value: unknown): unknown {
  const text = place.join('.')
  const beside = BESIDE.filter(([start]) => `${text}.`.startsWith(start.endsWith('.') ? start : `${start}.`))
  return put(
    beside.reduce((so, [, at, more]) => put(so, placeOf(at), more), data),
    place,
    value,
  )
}

/** A million events; the plain scenario has 500. */
const YIELDS_MAX = 50

const loadedFrom = (data: unknown) => loadScenario('s.yaml', files({ 's.yaml': JSON.stringify(data), 't.csv': TRACE }))

async function run(scenario: LoadedScenario, policy: string): Promise<void> {
  let yields = 0
  await simulate({
    scenario,
    policy: findPolicy(policy)!,
    policyName: policy,
    seed: 1,
    verify: true,
    pause: async () => {
      yields += 1
      if (yields > YIELDS_MAX) throw new Error('more than a million events')
    },
  })
}

async function ends(scenario: LoadedScenario, policy: string, what: string): Promise<void> {
  try {
    await run(scenario, policy)
  } catch (error) {
    const file = JSON.stringify(scenario.scenario)
    throw new Error(`${what} under ${policy}: ${(error as Error).message}\n${file}`, { cause: error })
  }
}

const RANGE = /\bmust |is of no Mac|are of |at most|is longer|comes after|needs|fits no Mac|adds|gives/

type Taken = readonly [name: string, scenario: LoadedScenario]

/** The values that are taken; the others are problems unless they were refused with what would be right. */
async function takenOf(values: readonly unknown[], place: Place, problems: string[]): Promise<readonly Taken[]> {
  const load = async (value: unknown): Promise<Taken | undefined> => {
    const name = `${place.join('.')} = ${String(value)}`
    const loaded = await loadedFrom(withValue(whole, place, value))
    if (loaded.ok) return [name, loaded.value]
    const messages = loaded.error.map(formatProblem)
    if (messages.some((message) => !RANGE.test(message))) problems.push(`${name}: ${messages.join('; ')}`)
    return undefined
  }
  const firstOf = async (some: readonly unknown[]): Promise<{ at: number; taken: Taken | undefined }> => {
    for (const [at, value] of some.entries()) {
      const taken = await load(value)
      if (taken !== undefined) return { at, taken }
    }
    return { at: some.length, taken: undefined }
  }
  // The short form goes inwards from both ends as far as values are refused, and leaves out what lies between those taken.
  const first = await firstOf(values)
  const rest = values.slice(first.at + 1)
  const others = isSlowTier ? await Promise.all(rest.map(load)) : [(await firstOf(rest.toReversed())).taken]
  return [first.taken, ...others].filter((taken) => taken !== undefined)
}

/** What is wrong with a quantity: a refusal that names no range, a run that breaks, or that nothing is taken at all. */
async function problemsOf({ place, values }: Leaf): Promise<readonly string[]> {
  const problems: string[] = []
  const taken = await takenOf(values, place, problems)
  if (taken.length === 0) problems.push(`${place.join('.')}: no value at all was taken; what is missing beside it?`)
  for (const [name, scenario] of taken) {
    await ends(scenario, 'open', name).catch((error: Error) => problems.push(error.message))
  }
  return problems
}

/** Distributions are the same wherever they stand: lengths are tried as `lengths.prompt`, times as `users.think`. */
const TRIED_ELSEWHERE =
  /^demand\.0\.(?:lengths\.output|lengths\.\w+\.mixture|max_tokens\.(?!none|sent$|times_output)|arrivals\.(?:onoff\.(?:on|off)|sessions\.(?:think|tool_time|appended))\.)/
/** Keys are token counts and not names. */
const KEYED_BY_TOKENS = /\.choices\./

/** `expect` judges a run and does not make one; seeds are drawn in every other test. */
const leaves = merged(leavesOf(scenarioJsonSchema() as Schema)).filter(
  ({ place }) =>
    !/^(?:expect|seeds?|duration|policies)$/.test(String(place[0])) &&
    !TRIED_ELSEWHERE.test(place.join('.')) &&
    !KEYED_BY_TOKENS.test(place.join('.')),
)

const sections = [...new Set(leaves.map(({ place }) => String(place[0])))]

describe.each(sections)('every quantity of %s', (section) => {
  it('is refused with what would be right, or the run ends', async () => {
    const problems: string[] = []
    for (const leaf of leaves) {
      // The coordinator's own settings are tried above, one by one.
      if (leaf.place[0] !== section || leaf.place.join('.').startsWith('timeline.0.set.')) continue
      problems.push(...(await problemsOf(leaf)))
    }
    expect(problems).toEqual([])
  })
})

describe('several extremes at once', () => {
  it('are refused, or the run ends', async () => {
    const extreme = fc
      .constantFrom(...leaves)
      .chain(({ place, values }) => fc.record({ place: fc.constant(place), value: fc.constantFrom(...values) }))
    const check = fc.asyncProperty(
      fc.array(extreme, { minLength: 2, maxLength: 4 }),
      fc.constantFrom(...policyNames),
      async (extremes, policy) => {
        const data = extremes.reduce<unknown>((so, { place, value }) => withValue(so, place, value), whole)
        const loaded = await loadedFrom(data)
        const what = extremes.map(({ place, value }) => `${place.join('.')} = ${String(value)}`).join(', ')
        if (loaded.ok) await ends(loaded.value, policy, what)
      },
    )
    await fc.assert(check, { numRuns: casesOf(80, 6_000), seed: 20_260_621 })
  })
})
