/** `path=value`: what `--set` and an arm's `set` do. */
import { expect, it } from 'vitest'
import { formatProblem } from '../../sim/base/result.ts'
import { type LoadedScenario, withSettings } from '../../sim/scenario/index.ts'
import { GOOD, loaded } from './world.ts'

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
  expect(scenario.coordinator.QUEUE_SIZE).toBe(3)
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
  const words = 'must be path=value, such as coordinator.QUEUE_SIZE=20'
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
