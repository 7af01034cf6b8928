/** Names that plain objects of JavaScript have by themselves, or lose: names like others, wherever a scenario has names. */
import { describe, expect, it } from 'vitest'
import { withSettings } from '../../sim/scenario/index.ts'
import { loaded, runOf } from '../simulation/world.ts'
import { problems } from './world.ts'

const NAMES = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', 'prototype', '__defineGetter__']

/** One name for everything that can have one. */
const everything = (name: string): string => `
name: '${name}'
duration: 30s
models: [{build: '${name}', like: gpt-oss-20b, weight_hash: right}, {build: other, like: gpt-oss-20b}]
fleet:
  - id: '${name}'
    machine: {chip: M4 Max 40c, memory: 64GB, os_memory: 6GB}
    advertises: ['${name}', other]
    resident: ['${name}']
    account: '${name}'
    weight_hashes: {'${name}': right}
aliases: {'${name}2': {desired: '${name}', previous: other}}
coordinator:
  WARM_POOL_MIN_WARM: {'${name}': 1}
  ACCOUNTS: {'${name}': {tokens_per_minute: 1000000}}
  MODEL_SOLO_TPS_SEED: {'${name}': 30}
demand:
  - name: '${name}'
    account: '${name}'
    arrivals: {poisson: 1/s}
    mix: {'${name}': 40%, '${name}2': 30%, other: 30%}
    lengths: {prompt: 50, output: 10}
timeline:
  - {at: 5s, set_alias: {'${name}3': {desired: '${name}'}}}
  - {at: 6s, set: {WARM_POOL_MIN_WARM: {'${name}': 2}}}
  - {at: 7s, silence: {machines: ['${name}'], for: 1s}}
policies:
  - {policy: open, as: '${name}', set: {'coordinator.WARM_POOL_MIN_WARM': {'${name}': 3}}}
`

describe.each(NAMES)('%s', (name) => {
  it('names a model, an alias, a Mac, an account, a stream and an arm, and comes out as a key of the result', async () => {
    const [own, other] = [await loaded(everything(name)), await loaded(everything('plain'))]
    const [{ result }, { result: expected }] = [await runOf(own, 'open'), await runOf(other, 'open')]
    // A stream's name is that of its draws.
    expect(result.requests.arrived).toBeGreaterThan(10)
    const read = JSON.parse(JSON.stringify(result)) as typeof result
    expect(Object.keys(read.models)).toEqual(Object.keys(expected.models).map((key) => key.replace('plain', name)))
    expect(Object.entries(read.models).map(([, model]) => typeof model.goodput)).toEqual(['number', 'number', 'number'])
    expect(Object.keys(read.fragmentation)).toEqual(Object.keys(read.models))
    expect(own.scenario.coordinator.WARM_POOL_MIN_WARM[name]).toBe(1)
    expect(own.scenario.weightHashes[name]).toBe('right')
    const arm = withSettings(own, own.scenario.policies[0]!.settings)
    expect(arm.ok && arm.value.scenario.coordinator.WARM_POOL_MIN_WARM[name]).toBe(3)
  })

  it('is missed where it is missing', async () => {
    const text = everything('plain').replace('mix: {', `mix: {'${name}': 0%, `)
    const found = (await problems(text)).join('\n')
    expect(found).toContain(`\`${name}\` is no alias and no model`)
  })

  it('is no key of the scenario itself', async () => {
    expect((await problems(`${everything('plain')}'${name}': 1\n`)).join('\n')).toContain(`${name} is not a known key`)
  })
})
