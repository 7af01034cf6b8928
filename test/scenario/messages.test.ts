/** What a user reads when a scenario is wrong: exact text, with line and column. */
import { describe, expect, it } from 'vitest'
import { GOOD, problems } from './world.ts'

/** The good scenario with one thing changed. */
function changed(from: string, to: string): string {
  expect(GOOD).toContain(from)
  return GOOD.replace(from, to)
}

const NAME = 'name: small'
const LENGTHS = 'lengths: {prompt: 500, output: 100}'
const FLEET =
  '  - count: 2\n    machine: {chip: M4 Max 40c, memory: 64GB}\n    advertises: [gpt-oss-20b, gemma-4-26b-qat-4bit]'
const DURATION = 'must be a duration with a unit, such as 250ms, 90s, 10m or 1h'
const SEED = 'must be a whole number from 0 to 9007199254740991'

const CASES: readonly (readonly [claim: string, from: string, to: string, ...messages: string[]])[] = [
  ['a duration without a unit', 'duration: 10m', 'duration: 60', `s.yaml:2:11 duration ${DURATION}, not \`60\``],
  ['a missing key', 'duration: 10m\n', '', `s.yaml:1:1 duration is missing; it ${DURATION}`],
  [
    'a warm-up as long as the run',
    'warmup: 1m',
    'warmup: 10m',
    's.yaml:3:9 warmup must be shorter than `duration`, or nothing is left to measure',
  ],
  ['a misspelt key', 'warmup: 1m', 'wormup: 1m', 's.yaml:3:1 wormup is not a known key; did you mean `warmup`?'],
  ['a negative seed', NAME, `${NAME}\nseed: -1`, `s.yaml:2:7 seed ${SEED}`],
  [
    'a seed that doubles cannot hold',
    NAME,
    `${NAME}\nseed: 9007199254740993`,
    `s.yaml:2:7 seed ${SEED}, not \`9007199254740992\``,
  ],
  [
    'seeds that run backwards',
    NAME,
    `${NAME}\nseeds: 9-1`,
    's.yaml:2:8 seeds must be seeds such as 1-10 or 1,2,5, each once and at most 10000',
  ],
  [
    'a model outside the catalog, once',
    'models: [gpt-oss-20b',
    'models: [gpt-oss-20',
    's.yaml:4:10 models[0] `gpt-oss-20` is not in the catalog; did you mean `gpt-oss-20b`?',
  ],
  [
    'a model named twice',
    'models: [gpt-oss-20b',
    'models: [gpt-oss-20b, gpt-oss-20b',
    's.yaml:4:23 models[1] names a model a second time',
  ],
  [
    'a negative rate',
    '6/s',
    '-6/s',
    's.yaml:12:25 demand[0].arrivals.poisson must be a rate with a unit, such as 6/s or 90/m, not `-6/s`',
  ],
  ['a rate of zero', '6/s', '0/s', 's.yaml:12:25 demand[0].arrivals.poisson must be more than 0'],
  ['shares that do not add up', '80%', '70%', 's.yaml:13:10 demand[0].mix must sum to 100%, and sums to 90%'],
  [
    'a kind of arrivals nobody knows',
    'poisson: 6/s',
    'rate: 6/s',
    's.yaml:12:15 demand[0].arrivals needs `trace`, or `poisson`, or `gamma`, or `weibull`, or `mmpp`, or `onoff`, or `cox`, or `tenants`, or `users`, or `sessions`',
    's.yaml:12:16 demand[0].arrivals.rate is not a known key; known here: trace, load, stretch, start, resolution, poisson, shape, gamma, weibull, mmpp, onoff, cox and 3 more',
  ],
  [
    'a key of another kind of arrivals',
    'poisson: 6/s',
    'poisson: 6/s, stretch: true',
    's.yaml:12:30 demand[0].arrivals.stretch is not a known key; known here: poisson, load, shape',
  ],
  [
    'a trace that is not there',
    '{poisson: 6/s}',
    '{trace: u.csv}',
    's.yaml:12:23 demand[0].arrivals.trace cannot be read: u.csv',
  ],
  [
    'more Macs than any memory holds',
    'count: 2',
    'count: 100000000',
    's.yaml:8:12 fleet[0].count must be from 1 to 50000, not `100000000`',
  ],
  [
    'a duration beyond exact time',
    'duration: 10m',
    'duration: 999999999999999h',
    's.yaml:2:11 duration must be from 1us to 744h',
  ],
  [
    'a time in the settings beyond exact time',
    NAME,
    `${NAME}\nnetwork: {jitter: 99999999h}`,
    's.yaml:2:19 network.jitter must be from 0 to 10s',
  ],
  [
    'more memory than can be counted',
    'memory: 64GB',
    'memory: 999999999999999999999GB',
    's.yaml:9:41 fleet[0].machine.memory must be from 1GB to 2TB',
  ],
  [
    'more requests than any memory holds',
    '6/s',
    '99999999/s',
    's.yaml:12:25 demand[0].arrivals.poisson makes 59999999400 requests in all; a run has at most 20000000',
  ],
  [
    'a limit of tokens that no column holds',
    LENGTHS,
    `${LENGTHS}\n    max_tokens: 9007199254740991`,
    's.yaml:15:17 demand[0].max_tokens must be from 1 to 1000000000, not `9007199254740991`',
  ],
  [
    'a reading rate at which nothing ever ends',
    NAME,
    `${NAME}\nmac: {load: {rate_max: 0.000001GB/s}}`,
    's.yaml:2:24 mac.load.rate_max must be from 1MB/s to 1000TB/s',
  ],
  [
    'a power mode where there is none',
    'memory: 64GB',
    'memory: 64GB, power_mode: high',
    's.yaml:9:59 fleet[0].machine.power_mode `high` does not exist on a Mac Studio with M4 Max 40c',
  ],
  [
    'a lid where there is none',
    'memory: 64GB',
    'memory: 64GB, lid: closed',
    's.yaml:9:52 fleet[0].machine.lid does not exist on a Mac Studio, which this Mac is because it names no chassis',
  ],
  [
    'a change that changes nothing',
    NAME,
    `${NAME}\ntimeline: [{at: 1s, set: {}}]`,
    's.yaml:2:26 timeline[0].set names no setting',
  ],
  [
    'settings of what is nowhere',
    NAME,
    `${NAME}\ncoordinator: {DEDICATED_MODELS: [gema], MODEL_SOLO_TPS_SEED: {gpt-oss-20@M4 Max: 5}, ACCOUNTS: {bob: {}}}`,
    's.yaml:2:34 coordinator.DEDICATED_MODELS[0] `gema` is part of no build of `models`; known models: gpt-oss-20b, gemma-4-26b-qat-4bit',
    's.yaml:2:63 coordinator.MODEL_SOLO_TPS_SEED["gpt-oss-20@M4 Max"] `gpt-oss-20` is not among `models`; did you mean `gpt-oss-20b`?',
    's.yaml:2:97 coordinator.ACCOUNTS.bob no request of `demand` is of account `bob`; there are no known accounts',
  ],
  [
    'lengths from a trace without a trace',
    LENGTHS,
    'lengths: {from: trace}',
    's.yaml:14:21 demand[0].lengths.from needs arrivals from a trace, or a `file` of its own',
  ],
  [
    'half a distribution',
    LENGTHS,
    'lengths: {prompt: {lognormal: {median: 5}}, output: 0}',
    's.yaml:14:35 demand[0].lengths.prompt.lognormal.sigma is missing; it must be a number',
    's.yaml:14:57 demand[0].lengths.output must be from 1 to 10000000, not `0`',
  ],
  [
    'a quantile grid that falls',
    LENGTHS,
    'lengths: {prompt: {quantiles: [[0, 9], [0.5, 5], [1, 20]]}, output: 9}',
    's.yaml:14:44 demand[0].lengths.prompt.quantiles[1] must lie above the point before it',
  ],
  [
    'a chip written half, with the ones it may be',
    'M4 Max 40c',
    'M4 Max',
    's.yaml:9:21 fleet[0].machine.chip `M4 Max` is not in the catalog; did you mean `M4 Max 32c` or `M4 Max 40c`?',
  ],
  [
    'models that fit no Mac',
    'M4 Max 40c, memory: 64GB',
    'M4 10c, memory: 16GB',
    's.yaml:4:10 models[0] `gpt-oss-20b` fits no Mac of the fleet: it asks for 24GB and the largest has 16GB',
    's.yaml:4:23 models[1] `gemma-4-26b-qat-4bit` fits no Mac of the fleet: it asks for 36GB and the largest has 16GB',
  ],
  [
    'a model that the provider could never load, although the coordinator would try',
    'gemma-4-26b-qat-4bit]\naliases:\n  gemma: {desired: gemma-4-26b-qat-4bit}',
    'gemma-4-26b-qat-4bit, gemma-4-26b-8bit]\naliases:\n  gemma: {desired: gemma-4-26b-8bit}\nmac: {os_memory: {base_min: 30GiB, base_max: 30GiB}}',
    's.yaml:4:45 models[2] `gemma-4-26b-8bit` fits no Mac of the fleet: loading it takes 35.3GiB and the roomiest has 27.6GiB to give',
  ],
  [
    'memory without a unit',
    'memory: 64GB',
    'memory: 64',
    's.yaml:9:41 fleet[0].machine.memory must be a size with a unit, such as 64GB or 13.5GiB, not `64`',
  ],
  ['no Macs', FLEET, '  []', 's.yaml:8:3 fleet must hold at least one Mac'],
  ['none of a kind of Mac', 'count: 2', 'count: 0', 's.yaml:8:12 fleet[0].count must be from 1 to 50000, not `0`'],
  [
    'two Macs of one serial',
    FLEET,
    `${FLEET}\n${FLEET.replace('count: 2', 'id: mac-2')}`,
    's.yaml:11:9 fleet[1].id gives a second Mac the serial `mac-2`',
  ],
  [
    'a build on disk that the scenario does not hold',
    'advertises: [gpt-oss-20b, gemma-4-26b-qat-4bit]',
    'advertises: [gpt-oss-20b, gemma-4-26b-8bit]',
    's.yaml:10:31 fleet[0].advertises[1] `gemma-4-26b-8bit` is not among `models`; did you mean `gemma-4-26b-qat-4bit`?',
  ],
  [
    'an alias to nowhere',
    'desired: gemma-4-26b-qat-4bit',
    'desired: gemma-9',
    's.yaml:6:20 aliases.gemma.desired `gemma-9` is not among `models`; known models: gpt-oss-20b, gemma-4-26b-qat-4bit',
  ],
  [
    'an alias that results call something else',
    'aliases:\n  gemma:',
    'aliases:\n  ghosts: {desired: gpt-oss-20b}\n  gemma:',
    's.yaml:6:3 aliases.ghosts `ghosts` is what results call a delay that no model caused; give the model another name',
  ],
  [
    'a model that results call something else',
    'models: [gpt-oss-20b,',
    'models: [{build: none, like: gpt-oss-20b}, gpt-oss-20b,',
    's.yaml:4:18 models[0].build `none` is what results call a delay that no model caused; give the model another name',
  ],
  [
    'a later alias that results call something else',
    NAME,
    `${NAME}\ntimeline: [{at: 1m, set_alias: {process: {desired: gpt-oss-20b}}}]`,
    's.yaml:2:33 timeline[0].set_alias.process `process` is what results call a delay that no model caused; give the model another name',
  ],
  [
    'a model in the mix that is none',
    'gemma: 20%',
    'gema: 20%',
    's.yaml:13:29 demand[0].mix.gema `gema` is no alias and no model; did you mean `gemma`?',
  ],
  [
    'settings of the coordinator by a name that is none',
    NAME,
    `${NAME}\ncoordinator: {preset: production-2026-8}`,
    's.yaml:2:23 coordinator.preset must be one of `2026-06-20`, `2026-06-21`, `2026-08`, `pr-432-base`, `main-2026-06-21`, `production-2026-08`, not `production-2026-8`',
  ],
  [
    'a preset that is none',
    'demand:',
    'upstream: openruter\ndemand:',
    's.yaml:11:11 upstream must be the preset `openrouter` or a map, not `openruter`',
  ],
  [
    'an SLO in another grammar',
    'fleet:',
    'slo: {ttft: 5s + 1ms}\nfleet:',
    's.yaml:7:13 slo.ttft must be a limit such as `5s + 1ms/token` or `5s`, not `5s + 1ms`',
  ],
  [
    'two actions in one timeline entry',
    NAME,
    `${NAME}\ntimeline:\n  - {at: 5m, delete_alias: gemma, disconnect: {fraction: 10%}}`,
    's.yaml:3:5 timeline[0] needs exactly one of set_alias, delete_alias, disconnect, crash, sleep, slow, stall, broken, silence, attestation_outage, trust, register, update, set',
  ],
  [
    'a timeline that outlives the run, of unknown aliases and Macs',
    NAME,
    `${NAME}\ntimeline:\n  - {at: 11m, delete_alias: gema}\n  - {at: 1m, disconnect: {machines: [mac-9]}}`,
    's.yaml:3:10 timeline[0].at comes after the end of the run',
    's.yaml:3:29 timeline[0].delete_alias `gema` is no alias; did you mean `gemma`?',
    's.yaml:4:38 timeline[1].disconnect.machines[0] `mac-9` is no Mac of the fleet; did you mean `mac-1`?',
  ],
  [
    'a setting the coordinator does not have',
    NAME,
    `${NAME}\ntimeline: [{at: 1m, set: {QUEU_SIZE: 3}}]`,
    's.yaml:2:27 timeline[0].set.QUEU_SIZE is not a known key; did you mean `QUEUE_SIZE`?',
  ],
  [
    'an unknown policy',
    NAME,
    `${NAME}\npolicies: [opne]`,
    's.yaml:2:12 policies[0].policy `opne` is no policy; did you mean `open`?',
  ],
  [
    "an arm's settings that do not fit",
    NAME,
    `${NAME}\npolicies:\n  - {policy: open, as: none, set: {max_model_slots: 0}}`,
    's.yaml:3:35 policies[0].set fleet[0].max_model_slots must be from 1 to 1000, not `0`',
  ],
  [
    'expectations without a bound, and of arms that do not run',
    NAME,
    `${NAME}\npolicies: [open]\nexpect:\n  - {metric: a}\n  - {metric: a, at_most: 2s}`,
    's.yaml:4:5 expect[0] needs either a bound (at_most, at_least, equals) or `versus` with `improves_by`',
    's.yaml:5:26 expect[1].at_most must be a number, or a share such as 2%, not `2s`',
  ],
  [
    'expectations of arms that do not run',
    NAME,
    `${NAME}\npolicies: [open]\nexpect: [{row: relabel, policy: pools, at_least: 1}]`,
    's.yaml:3:33 expect[0].policy `pools` is no arm of `policies`; known arms: open',
  ],
  ['a key given twice', NAME, `${NAME}\n${NAME}`, 's.yaml:2:1 is not valid YAML: map keys must be unique'],
  [
    'text that is not YAML',
    NAME,
    'name: [small',
    's.yaml:2:1 is not valid YAML: flow sequence in block collection must be sufficiently indented and end with a ]',
  ],
]

describe('a bad scenario', () => {
  it.each(CASES)('is refused for %s', async (_, from, to, ...messages) => {
    expect(await problems(changed(from, to))).toEqual(messages)
  })

  it('is refused with all that is wrong, in the order of the file', async () => {
    const text = changed('duration: 10m', 'duration: 60').replace('count: 2', 'count: -1').replace('80%', '70%')
    const places = (await problems(text)).map((message) => message.split(' ')[1])
    expect(places).toEqual(['duration', 'fleet[0].count', 'demand[0].mix'])
  })

  it('shows mistakes of meaning beside mistakes of form in other parts', async () => {
    const text = changed('warmup: 1m', 'warmup: soon').replace('M4 Max 40c', 'M4 Mxa 40c')
    expect(await problems(text)).toEqual([
      's.yaml:3:9 warmup must be a duration such as 10m, or `auto`, not `soon`',
      's.yaml:9:21 fleet[0].machine.chip `M4 Mxa 40c` is not in the catalog; did you mean `M4 Max 40c`?',
    ])
  })

  it('is refused when it is empty, or no map', async () => {
    const message = 's.yaml:1:1 must be a map with keys such as name, duration, fleet, demand'
    expect([await problems(''), await problems('- a')]).toEqual([[message], [message]])
  })

  it('is refused for a broken row of its trace, with that file and line', async () => {
    const text = changed('{poisson: 6/s}', '{trace: bad.csv}')
    const csv = 'arrival_s,prompt_tokens,output_tokens\n0.0,10,10\n1.5,ten,10\n1.0,10,10\n2.0,10\n3.0,10,0\n'
    expect(await problems(text, { 'bad.csv': csv })).toEqual([
      'bad.csv:3:5 prompt_tokens must be a whole number from 1 to 10000000, not `ten`',
      'bad.csv:4:1 arrival_s must not go back, and 1.0 comes before the row above',
      'bad.csv:5:1 must have 3 columns, and has 2',
      'bad.csv:6:8 output_tokens must be a whole number from 1 to 10000000, not `0`',
    ])
  })
})
