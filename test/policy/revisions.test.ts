/** What the commits of PR 432 differ in, by the findings that told them apart (facts: coordinator-routing §0, §13). */
import { describe, expect, it } from 'vitest'
import type { Policy } from '../../sim/plug/index.ts'
import { dedicatedFamily } from '../../sim/policy/dedicated-family.ts'
import { pools1a5822c } from '../../sim/policy/pools-1a5822c.ts'
import { pools25fdd11 } from '../../sim/policy/pools-25fdd11.ts'
import { poolsAfe8135 } from '../../sim/policy/pools-afe8135.ts'
import { poolsC636354 } from '../../sim/policy/pools-c636354.ts'
import { poolsD678140 } from '../../sim/policy/pools-d678140.ts'
import { anAlias, aPolicyWorld, aProvider, aSlot } from './world.ts'

const COMMITS = [poolsC636354, pools1a5822c, poolsD678140, pools25fdd11, poolsAfe8135] as const

/** For each commit, in order, what it answers. */
const answers = (ask: (policy: Policy) => boolean) => COMMITS.map(ask)

describe('findings told the commits of PR 432 apart', () => {
  it('F1: two builds of one alias seed a pool from the second commit on', () => {
    const aliases = [anAlias('al', 'd', 'v')]
    const selects = (policy: Policy) =>
      aPolicyWorld(policy, { aliases }).ask('select', aProvider(1, ['v', 'd']), 'd').allowed
    expect(answers(selects)).toEqual([false, true, true, true, true])
  })

  it('F2: a build that two aliases share serves both from the second commit on', () => {
    const aliases = [anAlias('alA', 's'), anAlias('alB', 'o', 's')]
    const selects = (policy: Policy) => {
      const provider = aProvider(1, ['o', 's'], { slots: [aSlot('o', 'idle')] })
      return aPolicyWorld(policy, { aliases }).ask('select', provider, 's').allowed
    }
    expect(answers(selects)).toEqual([false, true, true, true, true])
  })

  it('F3: a pinned alias resolves from the second commit on, so that its refusal is a 429', () => {
    const aliases = [anAlias('al', 'd')]
    const resolves = (policy: Policy) => {
      const provider = aProvider(1, ['a', 'd'], { slots: [aSlot('a', 'idle')] })
      return aPolicyWorld(policy, { aliases }).ask('resolve_alias', provider, 'd').allowed
    }
    expect(answers(resolves)).toEqual([false, true, true, true, true])
  })

  it('F4, F5: warm-pool candidates and capability probes mind pools from the second commit on', () => {
    for (const surface of ['warm_pool_candidate', 'capability_probe'] as const) {
      const asked = (policy: Policy) => {
        const provider = aProvider(1, ['a', 'b'], { slots: [aSlot('a', 'idle')] })
        return aPolicyWorld(policy).ask(surface, provider, 'b').allowed
      }
      expect(answers(asked)).toEqual([true, false, false, false, false])
    }
  })

  it('F4: the first commit refuses the load command of the candidate it let pass', () => {
    const provider = aProvider(1, ['a', 'b'], { slots: [aSlot('a', 'idle')] })
    expect(aPolicyWorld(poolsC636354).ask('load_model_send', provider, 'b').allowed).toBe(false)
  })

  it('F6: a machine with unrelated models and nothing loaded is usable from the fourth commit on', () => {
    const answered = COMMITS.map((policy) =>
      ['a', 'b'].some((model) => aPolicyWorld(policy).ask('select', aProvider(1, ['b', 'a']), model).allowed),
    )
    expect(answered).toEqual([false, false, false, true, true])
  })

  it('F7: the kill switch stops the filter of desired-models entries from the fourth commit on', () => {
    const aliases = [anAlias('al', 'd', 'v')]
    const kept = (policy: Policy) => {
      const provider = aProvider(1, ['a', 'v'], { slots: [aSlot('a', 'idle')] })
      const world = aPolicyWorld(policy, { aliases, poolsEnabled: false })
      world.ask('heartbeat', provider, '')
      return world.ask('desired_models', provider, 'd').allowed
    }
    expect(answers(kept)).toEqual([false, false, false, true, true])
  })

  it('F9: a shared build keeps the desired-models entries of all its aliases from the fourth commit on', () => {
    const aliases = [anAlias('alA', 's'), anAlias('alB', 'o', 's')]
    const kept = (policy: Policy) => {
      const world = aPolicyWorld(policy, { aliases })
      const provider = aProvider(1, ['s'])
      world.ask('heartbeat', provider, '')
      expect([policy.name, world.ask('desired_models', provider, 's').allowed]).toEqual([policy.name, true])
      return world.ask('desired_models', provider, 'o').allowed
    }
    expect(answers(kept)).toEqual([false, false, false, true, true])
  })

  it('F10: the fourth commit puts every idle machine into the same pool; the last one moves them on demand', () => {
    for (const [policy, served] of [
      [pools25fdd11, false],
      [poolsAfe8135, true],
    ] as const)
      expect(aPolicyWorld(policy).ask('select', aProvider(1, ['a', 'b']), 'b').allowed).toBe(served)
  })

  it('C5 came with the fourth commit', () => {
    expect(COMMITS.map(({ refusesColdBesideBusy }) => refusesColdBesideBusy)).toEqual([false, false, false, true, true])
  })

  it('every commit keeps one model per machine unless the owner says otherwise', () => {
    for (const policy of COMMITS) expect([policy.name, policy.maxModelSlotsDefault]).toEqual([policy.name, 1])
  })

  it('the third commit routes as the second', () => {
    expect({ ...poolsD678140, name: '', about: '', test: 0 }).toEqual({ ...pools1a5822c, name: '', about: '', test: 0 })
  })
})

describe('the dedicated family', () => {
  it('keeps gemma to machines that advertise nothing else, and leaves every other model anywhere', () => {
    const world = aPolicyWorld(dedicatedFamily)
    const mixed = aProvider(1, ['gpt-oss-20b', 'gemma-4-26b-8bit'])
    const gemma = aProvider(2, ['gemma-4-26b-qat-4bit', 'gemma-4-26b-8bit'])
    expect(world.ask('select', mixed, 'gemma-4-26b-8bit').allowed).toBe(false)
    expect(world.ask('select', gemma, 'gemma-4-26b-8bit').allowed).toBe(true)
    expect(world.ask('select', mixed, 'gpt-oss-20b').allowed).toBe(true)
    expect(world.ask('select', mixed, 'gemma-4-26b-8bit', true).allowed).toBe(true)
    expect(world.ask('warm_count', mixed, 'gemma-4-26b-8bit').allowed).toBe(false)
  })

  it('labels nothing and sheds nothing for a pool', () => {
    const world = aPolicyWorld(dedicatedFamily)
    const mixed = aProvider(1, ['gpt-oss-20b', 'gemma-4-26b-8bit'])
    expect(world.ask('shed', mixed, 'gemma-4-26b-8bit').allowed).toBe(true)
    expect(world.label(mixed)).toBe('')
  })
})
