/** Properties over arbitrary good scenarios: writing one down and loading it again changes nothing. */
import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { z } from 'zod'
import { formatPath, parsePath, valueAt } from '../../sim/scenario/reading/path.ts'
import { parseSeedList } from '../../sim/scenario/format/seed.ts'
import { parseTtftLimit } from '../../sim/scenario/format/slo.ts'
import { scenarioJsonSchema, withSettings } from '../../sim/scenario/index.ts'
import { GOOD, loaded } from './world.ts'
import { casesOf } from '../tier.ts'

const seconds = fc.integer({ min: 1, max: 50 }).map((n) => `${n}s`)
const rate = fc.integer({ min: 1, max: 999 }).map((n) => `${n / 10}/s`)
const arrivals = fc.oneof(
  fc.record({ poisson: rate }),
  fc.record({ gamma: fc.record({ rate, cv: fc.constantFrom(0.5, 1, 2.5) }) }),
  fc.record({ trace: fc.constant('t.csv'), load: fc.constantFrom(0.5, 1, 2.25) }, { requiredKeys: ['trace'] }),
)
const length = fc.oneof(
  fc.integer({ min: 1, max: 1e5 }),
  fc.record({ lognormal: fc.record({ median: fc.integer({ min: 1, max: 999 }), sigma: fc.constantFrom(0, 0.9) }) }),
  fc.record({ uniform: fc.record({ min: fc.integer({ min: 1, max: 9 }), max: fc.integer({ min: 9, max: 99 }) }) }),
)
const stream = fc.record({
  arrivals,
  mix: fc.integer({ min: 0, max: 100 }).map((n) => ({ 'gpt-oss-20b': `${n}%`, gemma: `${100 - n}%` })),
  lengths: fc.record({ prompt: length, output: length }),
})
const scenario = fc.record(
  {
    name: fc.string({ minLength: 1 }),
    duration: fc.constant('10m'),
    warmup: fc.oneof(fc.constant('auto'), seconds),
    seed: fc.nat(),
    models: fc.constant(['gpt-oss-20b', 'gemma-4-26b-qat-4bit']),
    aliases: fc.constant({ gemma: { desired: 'gemma-4-26b-qat-4bit' } }),
    fleet: fc.array(
      fc.record({
        count: fc.integer({ min: 1, max: 5 }),
        machine: fc.constant({ chip: 'M4 Max 40c', memory: '64GB' }),
        advertises: fc.constant(['gpt-oss-20b', 'gemma-4-26b-qat-4bit']),
      }),
      { minLength: 1, maxLength: 3 },
    ),
    demand: fc.array(stream, { minLength: 1, maxLength: 3 }),
    coordinator: fc.record({ QUEUE_MAX_DEPTH: fc.nat(99), WARM_POOL_INTERVAL: seconds }, { requiredKeys: [] }),
    policies: fc.constant(['open', { policy: 'open', set: { max_model_slots: 1 }, as: 'one' }]),
  },
  { requiredKeys: ['name', 'duration', 'models', 'aliases', 'fleet', 'demand'] },
)

describe('a good scenario', () => {
  test.prop([scenario], { numRuns: casesOf(40) })(
    'is the same after writing it as YAML or JSON and loading it',
    async (raw) => {
      const first = await loaded(stringify(raw))
      const again = await loaded(stringify(first.origin.raw))
      const json = await loaded(JSON.stringify(first.origin.raw))
      const { publicNameOf: _, ...plain } = first.scenario
      expect(again.scenario).toMatchObject(plain)
      expect([again.digest, json.digest]).toEqual([first.digest, first.digest])
    },
  )

  test.prop([scenario], { numRuns: casesOf(20) })('is the same after setting a value to what it is', async (raw) => {
    const first = await loaded(stringify(raw))
    const text = `demand[0].arrivals=${JSON.stringify(raw.demand[0]?.arrivals)}`
    const again = withSettings(first, [`duration=${raw.duration}`, text])
    expect(again.ok && again.value.digest).toBe(first.digest)
  })
})

describe('a path', () => {
  const step = fc.oneof(fc.nat(50), fc.string())
  test.prop([fc.tuple(fc.string(), fc.array(step)).map(([first, rest]) => [first as string | number].concat(rest))])(
    'reads back as it was written',
    (path) => {
      expect(parsePath(formatPath(path))).toEqual(path)
    },
  )

  it('finds own values only', () => {
    expect(valueAt({ a: [1, { b: 2 }] }, ['a', 1, 'b'])).toBe(2)
    expect(valueAt({}, ['constructor'])).toBeUndefined()
  })
})

it('seed lists are ranges and single seeds, each seed once', () => {
  expect(parseSeedList('1-3,7')).toEqual([1, 2, 3, 7])
  for (const bad of ['', '1-', '3-1', '1,1', '1-3,2', 'x', '1-99999', '9007199254740992']) {
    expect(parseSeedList(bad), bad).toBeUndefined()
  }
})

it('a first-token limit is a base and more per token', () => {
  expect(parseTtftLimit('5s + 1ms/token')).toEqual({ base: 5_000_000, perToken: 1_000 })
  expect(parseTtftLimit('1m30s')).toEqual({ base: 90_000_000, perToken: 0 })
  for (const bad of ['5', '5s+', '5s + 1ms', '1ms/token', '5s - 1ms/token', '5s + 1ms/tokens']) {
    expect(parseTtftLimit(bad), bad).toBeUndefined()
  }
})

describe('the JSON Schema', () => {
  const schema = scenarioJsonSchema() as {
    properties: { [key: string]: { description?: string } }
    else: { required: string[] }
  }

  it('asks for exactly the keys without which a scenario does not load', async () => {
    expect(schema.else.required).toEqual(['name', 'duration', 'models', 'fleet', 'demand'])
    const { origin } = await loaded(GOOD)
    expect(Object.keys(schema.properties)).toEqual(expect.arrayContaining(Object.keys(origin.raw)))
  })

  it('describes every key', () => {
    for (const [key, value] of Object.entries(schema.properties)) expect(value.description, key).toBeTruthy()
  })

  it('accepts a good scenario as written and refuses an unknown key', async () => {
    const { if: _, else: otherwise, ...closed }: { [key: string]: unknown } = structuredClone(scenarioJsonSchema())
    const validator = z.fromJSONSchema({ ...closed, ...(otherwise as object) })
    const { raw } = (await loaded(GOOD)).origin
    expect(validator.safeParse(raw).error).toBeUndefined()
    expect(validator.safeParse({ ...raw, wormup: '1m' }).success).toBe(false)
    expect(validator.safeParse({ ...raw, duration: 60 }).success).toBe(false)
    const withSetting = (name: string) => validator.safeParse({ ...raw, coordinator: { [name]: '8' } }).success
    expect(['EIGENINFERENCE_QUEUE_MAX_DEPTH', 'QUEUE_SIZE'].map(withSetting)).toEqual([true, true])
    expect(['EIGENINFERENCE_QUEUE_MAX_DEPT', 'QUEUE_MAX_DEPTH'].map(withSetting)).toEqual([false, false])
  })
})
