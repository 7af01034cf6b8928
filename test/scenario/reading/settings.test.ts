/** `path=value`: what `--set` and an arm's `set` do. */
import { describe, expect, it } from 'vitest'
import { formatProblem } from '../../../sim/base/result.ts'
import { type LoadedScenario, withSettings } from '../../../sim/scenario/index.ts'
import { GOOD, loaded, problems } from '../world.ts'

const REPLAYED = GOOD.replace('{poisson: 6/s}', '{trace: t.csv}')

function set(from: LoadedScenario, ...settings: string[]): LoadedScenario['scenario'] {
  const result = withSettings(from, settings)
  if (!result.ok) throw new Error(result.error.map(formatProblem).join('\n'))
  return result.value.scenario
}

function refusal(from: LoadedScenario, ...settings: string[]): readonly string[] {
  const result = withSettings(from, settings)
  return result.ok ? [] : result.error.map(formatProblem)
}

it('changes one value and leaves the rest', async () => {
  const before = await loaded(REPLAYED)
  const after = set(before, 'demand[0].arrivals.load=2', 'coordinator.MODEL_POOLS_ENABLED=false')
  expect(after.demand[0]).toMatchObject({ arrivals: { trace: 't.csv', load: 2 } })
  expect(after.coordinator).toEqual({ ...before.scenario.coordinator, MODEL_POOLS_ENABLED: false })
  expect(before.scenario.coordinator.MODEL_POOLS_ENABLED).toBe(true)
})

it('takes units, quoted keys, lists and maps as the file does', async () => {
  const good = await loaded(GOOD)
  expect(set(good, 'upstream.failover_success=50%').upstream.failover_success).toBe(0.5)
  expect(set(good, 'aliases["gemma"].retired=[gpt-oss-20b]').aliases['gemma']?.retired).toEqual(['gpt-oss-20b'])
  expect(set(good, 'demand[0].arrivals={gamma: {rate: 2/s, cv: 3}}').demand[0]).toMatchObject({
    arrivals: { gamma: { rate: 2, cv: 3 } },
  })
})

it('sets max_model_slots on every entry of the fleet, and coordinator settings by their bare name', async () => {
  const scenario = set(await loaded(GOOD), 'max_model_slots=1', 'QUEUE_SIZE=3')
  expect(scenario.machines.map((mac) => mac.maxModelSlots)).toEqual([1, 1])
  expect(scenario.coordinator.QUEUE_MAX_DEPTH).toBe(3)
})

it('gives the digest of the file that says the same', async () => {
  const changed = withSettings(await loaded(GOOD), ['duration=20m'])
  const written = await loaded(GOOD.replace('duration: 10m', 'duration: 20m'))
  expect(changed.ok && changed.value.digest).toBe(written.digest)
})

it('refuses what the scenario would refuse, and names the setting', async () => {
  const good = await loaded(REPLAYED)
  expect(refusal(good, 'coordinator.QUEUE_SIZ=1')).toEqual([
    '--set coordinator.QUEUE_SIZ=1 coordinator.QUEUE_SIZ is not a known key; did you mean `QUEUE_SIZE`?',
  ])
  expect(refusal(good, 'demand[0].arrivals.load=-1')).toEqual([
    '--set demand[0].arrivals.load=-1 demand[0].arrivals.load must be from 0.001 to 1000, not `-1`',
  ])
  expect(refusal(good, 'demand[1].name=x')).toEqual([
    '--set demand[1].name=x demand[1].name leads nowhere: demand has 1 entry, counted from 0',
  ])
  expect(refusal(good, 'duration=30s')).toEqual([
    's.yaml:3:9 warmup must be shorter than `duration`, or nothing is left to measure',
  ])
})

it('refuses what is no setting', async () => {
  const good = await loaded(GOOD)
  const words = 'must be path=value, such as coordinator.QUEUE_MAX_DEPTH=20'
  expect(refusal(good, 'seed')).toEqual([`--set seed ${words}`])
  expect(refusal(good, '.seed=1')).toEqual([`--set .seed=1 ${words}`])
  expect(refusal(good, 'seed=')).toEqual(['--set seed= needs a value after the `=`'])
  const badEscape = String.raw`models["\x"]=1`
  expect(refusal(good, badEscape)).toEqual([`--set ${badEscape} ${words}`])
  expect(refusal(good, 'name=*x')).toEqual([
    '--set name=*x has a value that is wrong: `*x` has no anchor `&x` before it',
  ])
  expect(refusal(good, 'seed=[1')).toEqual(['--set seed=[1 has a value that is not valid YAML'])
})

it('refuses a trace that was not loaded with the scenario', async () => {
  expect(refusal(await loaded(REPLAYED), 'demand[0].arrivals.trace=u.csv')).toEqual([
    '--set demand[0].arrivals.trace=u.csv demand[0].arrivals.trace must be a trace that the scenario file names itself',
  ])
})

describe('a setting of the coordinator as an operator pastes it', () => {
  const PASTED = `${GOOD}coordinator:
  EIGENINFERENCE_QUEUE_MAX_DEPTH: "8"
  EIGENINFERENCE_QUEUE_MAX_WAIT: 6s
  EIGENINFERENCE_COLD_DISPATCH: off
  EIGENINFERENCE_SERVABILITY_GATE: 1
  EIGENINFERENCE_DEDICATED_MODELS: none
  EIGENINFERENCE_PROMPT_CALIBRATION: gpt-oss:1.3,gemma:1.1
  EIGENINFERENCE_MODEL_SOLO_TPS_SEED: gpt-oss-20b=30,gpt-oss-20b@M4|Max=70
  EIGENINFERENCE_WARM_POOL_MIN_WARM: gpt-oss-20b=1
  WARM_POOL_INTERVAL: 1m30s
  EIGENINFERENCE_WARM_POOL_HEADROOM: "false"
`

  it('is read with the prefix, and in the form of an environment file', async () => {
    const { coordinator } = (await loaded(PASTED)).scenario
    expect(coordinator).toMatchObject({
      QUEUE_MAX_DEPTH: 8,
      QUEUE_MAX_WAIT: 6_000_000,
      COLD_DISPATCH: false,
      SERVABILITY_GATE: true,
      DEDICATED_MODELS: [],
      PROMPT_CALIBRATION: { 'gpt-oss': 1.3, gemma: 1.1 },
      MODEL_SOLO_TPS_SEED: { 'gpt-oss-20b': 30, 'gpt-oss-20b@M4 Max': 70 },
      WARM_POOL_MIN_WARM: { 'gpt-oss-20b': 1 },
      WARM_POOL_INTERVAL: 90_000_000,
    })
  })

  it('makes the same scenario as the setting under its own name', async () => {
    const pasted = await loaded(`${GOOD}coordinator: {EIGENINFERENCE_QUEUE_MAX_DEPTH: "8", preset: main-2026-06-21}\n`)
    const own = await loaded(`${GOOD}coordinator: {QUEUE_MAX_DEPTH: 8, preset: 2026-06-21}\n`)
    const former = await loaded(`${GOOD}coordinator: {QUEUE_SIZE: 8, preset: 2026-06-21}\n`)
    expect(pasted.digest).toBe(own.digest)
    expect(former.digest).toBe(own.digest)
  })

  it('has the prefix once', async () => {
    expect(await problems(`${GOOD}coordinator: {EIGENINFERENCE_EIGENINFERENCE_MIN_DECODE_TPS: 1}\n`)).toEqual([
      expect.stringContaining('coordinator.EIGENINFERENCE_EIGENINFERENCE_MIN_DECODE_TPS is not a known key'),
    ])
  })

  it('works in --set, with or without `coordinator.`, over any spelling in the file, and during the run', async () => {
    const from = await loaded(`${GOOD}coordinator: {QUEUE_SIZE: 5}\ntimeline: [{at: 1m, set: {QUEUE_SIZE: 6}}]\n`)
    for (const text of ['EIGENINFERENCE_QUEUE_MAX_DEPTH=3', 'coordinator.QUEUE_MAX_DEPTH="3"', 'QUEUE_SIZE=3'])
      expect(set(from, text).coordinator.QUEUE_MAX_DEPTH).toBe(3)
    expect(set(from, 'coordinator={EIGENINFERENCE_QUEUE_SIZE: 3}').coordinator.QUEUE_MAX_DEPTH).toBe(3)
    expect(set(from, 'timeline[0].set.EIGENINFERENCE_QUEUE_MAX_DEPTH=7').timeline[0]?.action).toEqual({
      kind: 'set',
      settings: { QUEUE_MAX_DEPTH: 7 },
    })
    expect(set(from, 'EIGENINFERENCE_COLD_DISPATCH=no', 'decision.servers=2').coordinator).toMatchObject({
      COLD_DISPATCH: false,
      decision: { servers: 2 },
    })
  })

  it('wins over another spelling in the file that is extended', async () => {
    const base = GOOD.replace('name: small', 'name: base\ncoordinator: {QUEUE_SIZE: 5, COLD_DISPATCH: false}')
    const over = await loaded('extends: base.yaml\ncoordinator: {EIGENINFERENCE_QUEUE_MAX_DEPTH: 7}\n', {
      'base.yaml': base,
    })
    expect(over.scenario.coordinator).toMatchObject({ QUEUE_MAX_DEPTH: 7, COLD_DISPATCH: false })
  })

  it('is refused when one place says it twice by two spellings', async () => {
    expect(await problems(`${GOOD}coordinator:\n  QUEUE_SIZE: 5\n  EIGENINFERENCE_QUEUE_MAX_DEPTH: 5\n`)).toEqual([
      's.yaml:17:3 coordinator.EIGENINFERENCE_QUEUE_MAX_DEPTH is the same setting as `QUEUE_SIZE`; keep one of them',
    ])
    expect(await problems(`${GOOD}timeline: [{at: 1m, set: {QUEUE_SIZE: 5, QUEUE_MAX_DEPTH: 6}}]\n`)).toEqual([
      's.yaml:15:42 timeline[0].set.QUEUE_MAX_DEPTH is the same setting as `QUEUE_SIZE`; keep one of them',
    ])
    expect(refusal(await loaded(GOOD), 'QUEUE_SIZE=5', 'coordinator.QUEUE_MAX_DEPTH=5')).toEqual([
      '--set coordinator.QUEUE_MAX_DEPTH=5 is the same setting as `QUEUE_SIZE=5` under another name; keep one of them',
    ])
    const arm = '{policy: open, set: {QUEUE_SIZE: 5, EIGENINFERENCE_QUEUE_MAX_DEPTH: 6}}'
    expect(await problems(`${GOOD}policies: [${arm}]\n`)).toEqual([
      's.yaml:15:32 policies[0].set is the same setting as `QUEUE_SIZE=5` under another name; keep one of them',
    ])
  })

  it('is refused at its place in the file when its value is none, or one that the real parser would drop', async () => {
    expect(
      await problems(
        `${GOOD}coordinator:\n  EIGENINFERENCE_QUEUE_MAX_DEPTH: -1\n  EIGENINFERENCE_SERVABILITY_GATE: off\n  EIGENINFERENCE_WARM_POOL_MIN_WARM: gpt-oss-20b\n`,
      ),
    ).toEqual([
      's.yaml:16:35 coordinator.QUEUE_MAX_DEPTH must be from 0 to 1000000000, not `-1`',
      's.yaml:17:36 coordinator.SERVABILITY_GATE must be true or false, not `off`',
      's.yaml:18:38 coordinator.WARM_POOL_MIN_WARM must be a map, not `gpt-oss-20b`',
    ])
  })

  it('is refused with a suggestion when it is none, and with the reason when the lab does not model it', async () => {
    const good = await loaded(GOOD)
    expect(refusal(good, 'EIGENINFERENCE_QUEUE_MAX_DEPT=5')).toEqual([
      '--set EIGENINFERENCE_QUEUE_MAX_DEPT=5 coordinator.QUEUE_MAX_DEPT is not a known key; did you mean `QUEUE_MAX_DEPTH`?',
    ])
    expect(refusal(good, 'coordinator.WARM_POOL_HEADROM=true')).toEqual([
      '--set coordinator.WARM_POOL_HEADROM=true coordinator.WARM_POOL_HEADROM is not a known key; did you mean `WARM_POOL_HEADROOM`?',
    ])
    const noVariable =
      'coordinator.EIGENINFERENCE_BREAKER_BASE is no variable of the real coordinator; the lab calls the setting `BREAKER_BASE`'
    expect(refusal(good, 'EIGENINFERENCE_BREAKER_BASE=1m')).toEqual([
      `--set EIGENINFERENCE_BREAKER_BASE=1m ${noVariable}`,
    ])
    expect(await problems(`${GOOD}coordinator: {EIGENINFERENCE_BREAKER_BASE: 1m}\n`)).toEqual([
      `s.yaml:15:15 ${noVariable}`,
    ])
    const headroom =
      'is a setting of the real coordinator that the lab does not model (spare warm machines by how fast demand grows); leave it out, or say `false`, which is what the lab does'
    expect(await problems(`${GOOD}coordinator: {EIGENINFERENCE_WARM_POOL_HEADROOM: true}\n`)).toEqual([
      `s.yaml:15:15 coordinator.EIGENINFERENCE_WARM_POOL_HEADROOM ${headroom}`,
    ])
    expect(refusal(good, 'WARM_POOL_HEADROOM=on')).toEqual([
      `--set WARM_POOL_HEADROOM=on coordinator.WARM_POOL_HEADROOM ${headroom}`,
    ])
    expect(refusal(good, 'WARM_POOL_HEADROOM=off')).toEqual([])
  })

  it('keeps the chip class of a seed, however it is given, and refuses half a class', async () => {
    const good = await loaded(GOOD)
    const seed = (text: string) => set(good, text).coordinator.MODEL_SOLO_TPS_SEED
    expect(seed('coordinator.MODEL_SOLO_TPS_SEED={"gpt-oss-20b@M4|Max": 70}')).toEqual({ 'gpt-oss-20b@M4 Max': 70 })
    expect(seed('coordinator.MODEL_SOLO_TPS_SEED["gpt-oss-20b@M4|Max"]=70')).toEqual({ 'gpt-oss-20b@M4 Max': 70 })
    expect(refusal(good, 'MODEL_SOLO_TPS_SEED=gpt-oss-20b@M4=70')).toEqual([
      '--set MODEL_SOLO_TPS_SEED=gpt-oss-20b@M4=70 coordinator.MODEL_SOLO_TPS_SEED["gpt-oss-20b@M4"] must end in a chip family and a tier, as in `build@M4 Max`',
    ])
  })
})

const arms = (...entries: string[]): string => `${GOOD}policies:\n${entries.map((entry) => `  - ${entry}\n`).join('')}`

describe('the regime of an arm', () => {
  it('is a preset of its own with what differs from it, under the settings of the scenario', async () => {
    const from = await loaded(
      `${arms(
        'open',
        '{policy: open, as: hard, coordinator: {preset: 2026-06-17-hard-x4, EIGENINFERENCE_MIN_DECODE_TPS: 12}}',
        '{policy: open, as: soft, coordinator: {preset: 2026-06-17-soft}, set: {max_model_slots: 1}}',
      )}coordinator: {preset: 2026-06-21, QUEUE_MAX_DEPTH: 7}\n`,
    )
    const [plain, hard, soft] = from.scenario.policies.map((arm) => set(from, ...arm.settings))
    expect(plain!.coordinator).toMatchObject({ preset: '2026-06-21', TTFT_HARD_REJECT: false, QUEUE_MAX_DEPTH: 7 })
    expect(hard!.coordinator).toMatchObject({
      preset: '2026-06-17-hard-x4',
      TTFT_HARD_REJECT: true,
      PREFILL_DECODE_RATIO: 4,
      MIN_DECODE_TPS: 12,
      DEDICATED_MODELS: [],
      QUEUE_MAX_DEPTH: 7,
    })
    expect(soft!.coordinator).toMatchObject({ TTFT_HARD_REJECT: false, WARM_POOL_OBSERVE_ONLY: true })
    expect(soft!.machines.map((mac) => mac.maxModelSlots)).toEqual([1, 1])
  })

  it('is refused where it stands: a preset that is none, a setting that is none, one said twice', async () => {
    expect(await problems(arms('{policy: open, coordinator: {preset: 2026-06-17}}'))).toEqual([
      expect.stringMatching(/^s\.yaml:16:33 policies\[0\]\.coordinator coordinator\.preset must be /),
    ])
    expect(await problems(arms('{policy: open, set: {max_model_slots: 1}, coordinator: {QUEU_SIZE: 3}}'))).toEqual([
      's.yaml:16:60 policies[0].coordinator coordinator.QUEU_SIZE is not a known key; did you mean `QUEUE_SIZE`?',
    ])
    expect(await problems(arms('{policy: open, set: {QUEUE_SIZE: 1}, coordinator: {QUEUE_MAX_DEPTH: 3}}'))).toEqual([
      's.yaml:16:25 policies[0].set is the same setting as `coordinator.QUEUE_MAX_DEPTH=3` under another name; keep one of them',
    ])
  })
})
