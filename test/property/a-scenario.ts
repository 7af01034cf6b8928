/** Any scenario at all: random fleets, models, demand, settings and faults. */
import * as fc from 'fast-check'
import { stringify } from 'yaml'

const BUILDS = ['gpt-oss-20b', 'gemma-4-26b-qat-4bit', 'gemma-4-26b-8bit']
export const NAMES = ['gpt-oss-20b', 'gemma-4-26b']

/** Ways in which a Mac is not quite a good provider. */
const standing = fc.constantFrom(
  {},
  { trust: 'self_signed' },
  { runtime_verified: false },
  { private_text: false },
  { private_only: true, account: 'alice' },
  { answers_challenges: false },
  { template_broken: ['gpt-oss-20b'] },
  { registered: { decode_tps: 90, prefill_tps: 1_000 } },
  { legacy: true },
  { standing: { broken: true, reconnects: '5s' } },
  { standing: { slow: '10%', after_update: { attestation_lost: '50%', for: '10s' } } },
  { weight_hashes: { 'gemma-4-26b-8bit': 'other' } },
  { joins: '20s' },
  { joins: '40s', legacy: true },
)

const hardware = fc.record(
  {
    count: fc.integer({ min: 1, max: 3 }),
    machine: fc.constantFrom(
      { chip: 'M1 Max 32c', memory: '32GB' },
      { chip: 'M4 10c', memory: '24GB' },
      { chip: 'M4 Max 32c', memory: '36GB' },
      { chip: 'M4 Pro 20c', memory: '24GB' },
      { chip: 'M4 Max 40c', memory: '128GB' },
      { chip: 'M3 Ultra 80c', memory: '96GB' },
    ),
    advertises: fc.subarray(BUILDS, { minLength: 1 }),
    max_model_slots: fc.integer({ min: 1, max: 3 }),
    churn: fc.constantFrom(
      { session: '60s', away: '20s' },
      { session: '10m', away: '5s' },
      { drops: '20s', sleeps: { every: '30s', for: '10s' }, slow: { every: '20s', for: '10s', speed: '10%' } },
      { session: { median: '20s', sigma: 1 }, away: '10s', at_start: 'by_chance' },
      { session: '60s', away: '5s', crashes: '60s', updates: '40s', stalls: { every: '30s', for: '10s' } },
    ),
  },
  { requiredKeys: ['count', 'machine', 'advertises'] },
)

/** `disk`: what it does not offer is on its disk all the same. */
const fleetEntry = fc
  .tuple(hardware, standing, fc.boolean())
  .map(([entry, is, disk]) =>
    Object.assign({}, entry, is, disk ? { disk: BUILDS.filter((build) => !entry.advertises.includes(build)) } : {}),
  )

const startEntry = fc.constantFrom(
  { groups: [{ share: '50%', advertises: ['gpt-oss-20b'], resident: ['gpt-oss-20b'] }] },
  { of: { has: ['gemma-4-26b-qat-4bit'] }, groups: [{ share: '100%', resident: ['gemma-4-26b-qat-4bit'] }] },
  {
    groups: [
      { share: '30%', standing: { broken: true } },
      { share: '30%', churn: { updates: '20s' } },
    ],
  },
  { groups: [{ share: '40%', max_model_slots: 1, page_cache: ['gpt-oss-20b'] }] },
)

const lengths = fc.constantFrom(
  { prompt: { lognormal: { median: 400, sigma: 1 } }, output: { exponential: { mean: 80 } } },
  { prompt: 1, output: 1 },
  { prompt: { uniform: { min: 1, max: 6000 } }, output: { constant: 400 } },
)

const stream = fc.record(
  {
    arrivals: fc.constantFrom({ poisson: '0.3/s' }, { poisson: '3/s' }, { gamma: { rate: '1/s', cv: 3 } }),
    mix: fc.constantFrom({ 'gpt-oss-20b': '100%' }, { 'gpt-oss-20b': '50%', 'gemma-4-26b': '50%' }),
    lengths,
    max_tokens: fc.constantFrom(1, 256, { times_output: 2 }),
    traits: fc.constantFrom({ tools: '50%' }, { stream: '0%' }, { vision: '20%', tools: '20%' }),
    patience: fc.constantFrom({ enabled: false }, { base: '500ms', per_token: '0' }),
    estimate_error: fc.constantFrom(0, 0.5),
  },
  { requiredKeys: ['arrivals', 'mix', 'lengths'] },
)

const action = fc.constantFrom(
  { set: { MODEL_POOLS_ENABLED: false } },
  { set: { TTFT_HARD_REJECT: true } },
  { disconnect: { fraction: '50%' } },
  { disconnect: { fraction: '100%', for: '1ms' } },
  { crash: { fraction: '50%' } },
  { sleep: { fraction: '50%', for: '40s' } },
  { stall: { fraction: '50%', for: '2m' } },
  { slow: { fraction: '100%', speed: '1%', for: '20s' } },
  { silence: { fraction: '50%', for: '5m' } },
  { update: { fraction: '100%' } },
  { set_alias: { 'gemma-4-26b': { desired: 'gemma-4-26b-8bit', previous: 'gemma-4-26b-qat-4bit' } } },
  { set_alias: { 'gemma-4-26b': { desired: 'gemma-4-26b-qat-4bit', previous: 'gemma-4-26b-8bit' } } },
  { set_alias: { other: { desired: 'gpt-oss-20b', previous: 'gemma-4-26b-qat-4bit' } } },
  { delete_alias: 'gemma-4-26b' },
  { attestation_outage: { fraction: '50%', for: '30s' } },
  { trust: { fraction: '50%', level: 'none' } },
  { trust: { fraction: '50%', level: 'untrusted' } },
  { trust: { fraction: '100%', level: 'hardware' } },
  { register: { fraction: '50%' } },
  { register: { fraction: '100%', first_heartbeat_after: '20s' } },
)

const settings = fc.record(
  {
    QUEUE_BEFORE_SHED: fc.boolean(),
    COLD_DISPATCH: fc.boolean(),
    TTFT_HARD_REJECT: fc.boolean(),
    WARM_POOL_ENABLED: fc.boolean(),
    MODEL_POOLS_ENABLED: fc.boolean(),
    CHALLENGE_INTERVAL: fc.constantFrom('5s', '5m'),
    CHALLENGE_FRESH: fc.constantFrom('7s', '16m'),
    CHALLENGE_TIMEOUT: fc.constantFrom('1s', '30s'),
  },
  { requiredKeys: [] },
)

/** Downloads that end within the run, and some that do not end well. */
const FAST = { download: { rate: '2000MB/s' } }
const FLAKY = { download: { rate: '8000MB/s', failure_share: '50%', retry_after: ['1s', '2s'] } }

export const randomScenario = fc.record(
  {
    // A Mac that can hold everything: otherwise the file is refused, rightly.
    fleet: fc.array(fleetEntry, { maxLength: 3 }),
    demand: fc.array(stream, { minLength: 1, maxLength: 2 }),
    start: fc.array(startEntry, { minLength: 1, maxLength: 2 }),
    coordinator: settings,
    network: fc.constantFrom({ one_way: '1ms' }, { jitter: '300ms' }),
    mac: fc.constantFrom(
      {},
      FAST,
      FLAKY,
      { max_rows: 2, max_live: 3 },
      { idle_timeout: '60s' },
      { first_output_timeout: '2s' },
    ),
    models: fc.constantFrom(BUILDS, [
      ...BUILDS.slice(0, 2),
      { build: 'gemma-4-26b-8bit', like: 'gemma-4-26b-8bit', weight_hash: 'right' },
    ]),
    timeline: fc.array(
      fc.tuple(fc.integer({ min: 0, max: 59 }), action).map(([at, change]) => Object.assign({ at: `${at}s` }, change)),
      { maxLength: 3 },
    ),
  },
  { requiredKeys: ['fleet', 'demand'] },
)

const whole = {
  count: 1,
  machine: { chip: 'M4 Max 40c', memory: '128GB', os_memory: '4GiB' },
  advertises: BUILDS,
}

export const textOf = (random: { readonly fleet: readonly object[] }): string =>
  stringify({
    name: 'random',
    duration: '60s',
    models: BUILDS,
    aliases: { 'gemma-4-26b': { desired: 'gemma-4-26b-qat-4bit' } },
    ...random,
    fleet: [whole, ...random.fleet],
  })
