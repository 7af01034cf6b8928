/** Rates, first-token estimate and cost against the golden numbers of facts coordinator-routing §4.7, §15.3 and control §10.2. */
import { describe, expect, it } from 'vitest'
import {
  effectiveDecodeTps,
  projectedDecodeTps,
  staticPrefillTps,
  ttftPrefillTps,
} from '../../../sim/coordinator/view/rates/rates.ts'
import { ttftDeadline, ttftEstimate_ms } from '../../../sim/coordinator/decide/ttft.ts'
import { A, type ProviderSpec, World } from '../decide/world.ts'

const offerOf = (spec: ProviderSpec, world = new World()) => world.add(spec).offers.get(A)!

describe('rates (§4.5)', () => {
  it('S6 prefill: reported 500; 600 from decode 50; 1,000 at ratio 20; a ratio of 0 or less is ignored', () => {
    const world = new World()
    const withRatio = (PREFILL_DECODE_RATIO: number) => ({ ...world.fleet.settings, PREFILL_DECODE_RATIO })
    const plain = world.add({ decode: 50 })
    expect(staticPrefillTps(world.add({ decode: 50, prefill: 500 }), world.fleet.settings)).toBe(500)
    expect(staticPrefillTps(plain, world.fleet.settings)).toBe(600)
    expect(staticPrefillTps(plain, withRatio(20))).toBe(1_000)
    expect(staticPrefillTps(plain, withRatio(0))).toBe(600)
    expect(staticPrefillTps(plain, withRatio(-3))).toBe(600)
  })

  it('S7 an observed prefill rate wins, zero and what is beyond 5,000 count as unmeasured, 5,000 is the cap', () => {
    const { fleet } = new World()
    const rate = (observedPrefillTps: number, prefill = 600) =>
      ttftPrefillTps(offerOf({ prefill, slots: [{ observedPrefillTps }] }), fleet.settings)
    expect(rate(1_800)).toBe(1_800)
    expect(rate(0)).toBe(600)
    expect(rate(9_000)).toBe(600)
    expect(rate(5_000)).toBe(5_000)
    expect(ttftPrefillTps(offerOf({ decode: 500 }), fleet.settings)).toBe(5_000)
  })

  it('S8 prefill 600, decode 50, prompt 1,000: 1,686.67 ms; observed 1,800: 575.56 ms', () => {
    const { fleet } = new World()
    const spec = { prefill: 600, decode: 50 }
    expect(ttftEstimate_ms(offerOf(spec), 1_000, fleet.settings)).toBeCloseTo(1_686.67, 2)
    const observed = offerOf({ ...spec, slots: [{ observedPrefillTps: 1_800 }] })
    expect(ttftEstimate_ms(observed, 1_000, fleet.settings)).toBeCloseTo(575.56, 2)
  })

  it('S9 projected decode: 25 idle → 25/1.27, observed 20 at batch 2 → 20×1.54/1.81, none → 0', () => {
    expect(projectedDecodeTps(0, 25, 0, 0.27)).toBeCloseTo(25 / 1.27, 12)
    expect(projectedDecodeTps(20, 100, 2, 0.27)).toBeCloseTo((20 * 1.54) / 1.81, 12)
    expect(projectedDecodeTps(0, 0, 0, 0.27)).toBe(0)
  })

  it('decode falls back from the own observation to the fleet’s median to the static rate in a batch', () => {
    const world = new World()
    const lone = offerOf({ decode: 127, slots: [{ running: 1 }] }, world)
    expect(effectiveDecodeTps(lone, world.fleet.settings)).toBeCloseTo(100, 9)
    world.add({ slots: [{ observedDecodeTps: 40 }] })
    world.add({ slots: [{ observedDecodeTps: 60 }] })
    world.add({ chipFamily: 'M1', slots: [{ observedDecodeTps: 5 }] })
    expect(effectiveDecodeTps(lone, world.fleet.settings)).toBe(50)
    expect(effectiveDecodeTps(offerOf({ slots: [{ observedDecodeTps: 30 }] }, world), world.fleet.settings)).toBe(30)
  })

  it('an unregistered decode rate is √bandwidth', () => {
    expect(offerOf({ bandwidth_gbs: 400 }).provider.staticDecodeTps).toBe(20)
    expect(offerOf({ bandwidth_gbs: 0 }).provider.staticDecodeTps).toBe(1)
  })
})

const costOf = (decode: number) => {
  const world = new World()
  world.add({ decode, slots: [{ state: 'idle' }] })
  return world.select({ promptTokens: 100, maxTokens: 256 }).breakdown!
}

const extra = (LONG_PROMPT_TOKENS: number) => {
  const world = new World()
  const settings = { ...world.fleet.settings, LONG_PROMPT_TOKENS }
  world.fleet.settings = settings
  world.add({ prefill: 500, decode: 100, slots: [] })
  return world.select({ promptTokens: 1_000, maxTokens: 100 }).breakdown!.thisRequest_ms
}

describe('cost (§4.7 worked checks)', () => {
  it.each([
    [100, 83.33 + 2_560, 3_193.33],
    [80, 104.17 + 3_200, 3_854.17],
    [120, 69.44 + 2_133.33, 2_752.78],
    [40, 208.33 + 6_400, 7_158.33],
  ])('decode %d: this request %d, cost %d', (decode, thisRequest_ms, cost_ms) => {
    const breakdown = costOf(decode)
    expect(breakdown.health_ms).toBeCloseTo(550, 9)
    expect(breakdown.thisRequest_ms).toBeCloseTo(thisRequest_ms, 1)
    expect(breakdown.cost_ms).toBeCloseTo(cost_ms, 2)
  })

  it('100 and 80 tok/s are a near-tie, 120 and 40 are not', () => {
    const near = new World()
    near.add({ decode: 100 })
    near.add({ decode: 80 })
    expect(near.select().nearTies).toBe(2)
    const far = new World()
    far.add({ decode: 120 })
    far.add({ decode: 40 })
    expect(far.select().nearTies).toBe(1)
  })

  it('prefill 400, prompt 2,000, waiting 3, observed decode 100: first token after 20,010 ms', () => {
    const { fleet } = new World()
    const offer = offerOf({ prefill: 400, slots: [{ waiting: 3, observedDecodeTps: 100 }] })
    expect(ttftEstimate_ms(offer, 2_000, fleet.settings)).toBe(20_010)
  })

  it('the cost ranks on the static prefill rate, whatever was observed', () => {
    const world = new World()
    world.add({ prefill: 400, decode: 100, slots: [{ observedPrefillTps: 4_000 }] })
    const { breakdown } = world.select({ promptTokens: 2_000, maxTokens: 100 })
    expect(breakdown!.thisRequest_ms).toBe(5_000 + 1_000)
    expect(breakdown!.ttft_ms).toBe(500 + 10)
  })

  it('control §10.2 a warm machine with 8 running and 8 pending costs 30,000 ms, as much as a cold one', () => {
    const world = new World()
    const hot = world.add({ decode: 100, slots: [{ running: 8, maxConcurrency: 24, activeTokenBudgetMax: 1e6 }] })
    for (let index = 0; index < 8; index++) world.addPending(hot)
    const breakdown = world.select().breakdown!
    expect(breakdown.queue_ms + breakdown.pending_ms).toBe(30_000)
    const cold = new World()
    cold.add({ decode: 100, slots: [] })
    expect(cold.select().breakdown!.state_ms).toBe(30_000)
  })

  it('health charges pressure, CPU, heat and GPU memory', () => {
    const world = new World()
    const provider = world.add({
      capacity: { totalMemory_gb: 64, gpuMemoryActive_gb: 32 },
      heartbeat: { memoryPressure: 0.5, cpuUsage: 0.2, thermalState: 'serious' },
    })
    expect(provider.health_ms).toBe(2_000 + 300 + 8_000 + 2_500)
  })

  it('legacy backlog counts potential, waiting and unknown in-flight tokens once each', () => {
    const world = new World()
    const provider = world.add({
      slots: [{ waiting: 2, maxTokensPotential: 1_000, observedDecodeTps: 100, maxConcurrency: 8 }],
    })
    world.addPending(provider, { promptTokens: 500, maxTokens: 2_000 })
    // 1,000 + 2×256 reported, of 2,500 pending 988 beyond that.
    expect(world.select().breakdown!.backlog_ms).toBe(25_000)
  })

  it('the long-prompt extra is off by default and doubles prefill and state penalty when on', () => {
    expect(extra(0)).toBe(3_000)
    expect(extra(1_001)).toBe(3_000)
    expect(extra(1_000)).toBe(3_000 + 2_000 + 30_000)
  })
})

describe('deadline and cliff (control §10.2)', () => {
  it('2,000 prompt tokens: 7 s with base 5 s, 11 s with base 9 s', () => {
    const { fleet } = new World()
    expect(ttftDeadline(2_000, fleet.settings)).toBe(7_000_000)
    expect(ttftDeadline(2_000, { ...fleet.settings, TTFT_LIVE_DEADLINE_BASE_MS: 9_000 })).toBe(11_000_000)
  })

  it('solo 21 at ×12, idle, 2,384 tokens: 9.46 + 0.05 s; at ×4 28.4 s', () => {
    const { fleet } = new World()
    const offer = offerOf({ decode: 21 })
    expect(ttftEstimate_ms(offer, 2_384, fleet.settings)).toBeCloseTo(9_460 + 47.6, -1)
    expect(ttftEstimate_ms(offer, 2_384, { ...fleet.settings, PREFILL_DECODE_RATIO: 4 })).toBeCloseTo(28_428, -1)
  })

  it.each([
    [27, 4, 601],
    [27, 12, 2_379],
    [25, 4, 551],
    [21, 4, 454],
    [21, 12, 1_668],
  ])(
    'at %d tok/s and ratio %d the longest prompt within its deadline has about %d tokens',
    (decode, ratio, expected) => {
      const { fleet } = new World()
      const settings = { ...fleet.settings, PREFILL_DECODE_RATIO: ratio }
      const offer = offerOf({ decode })
      let longest = 0
      while (ttftEstimate_ms(offer, longest + 1, settings) * 1_000 <= ttftDeadline(longest + 1, settings)) longest += 1
      expect(Math.abs(longest - expected)).toBeLessThanOrEqual(1)
    },
  )
})
