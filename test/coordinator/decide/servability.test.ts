/** Requests no machine could ever serve (coordinator-control §3.8), off by default. */
import { describe, expect, it } from 'vitest'
import { unservable } from '../../../sim/coordinator/decide/servability.ts'
import { A, build, type ProviderSpec, type RequestSpec, request, World, type WorldSpec } from './world.ts'

const OSS = build('gpt-oss-20b')
const GIB = 2 ** 30

const verdict = (macs: readonly ProviderSpec[], spec: RequestSpec, settings: WorldSpec['settings'] = {}) => {
  const catalog = [
    { build: A, size_gb: 10 },
    { build: OSS, size_gb: 10 },
    { build: build('unsized'), contextLimit: 0 },
  ]
  const world = new World({ catalog, settings })
  for (const mac of macs) world.add(mac)
  return unservable(world.fleet, request(spec))
}
const holds = (tokens: number): ProviderSpec => ({ slots: [{ activeTokenBudgetMax: tokens }] })
const cold: ProviderSpec = { slots: [] }

describe('context_exceeded', () => {
  it('is more than the context of 131,072 tokens, prompt and limit together', () => {
    expect(verdict([], { promptTokens: 131_000, maxTokens: 72 })).toBeUndefined()
    expect(verdict([], { promptTokens: 131_000, maxTokens: 73 })).toBe('context_exceeded')
  })
  it('counts prompts of gpt-oss 1.3 times, and those of others by PROMPT_CALIBRATION', () => {
    const spec = { promptTokens: 100_000, maxTokens: 1_072 }
    expect(verdict([], { ...spec, build: OSS })).toBeUndefined()
    expect(verdict([], { ...spec, build: OSS, maxTokens: 1_073 })).toBe('context_exceeded')
    expect(verdict([], { ...spec, maxTokens: 1_073 })).toBeUndefined()
    expect(verdict([], { ...spec, maxTokens: 1_073 }, { PROMPT_CALIBRATION: { model: 1.3 } })).toBe('context_exceeded')
  })
  it('is not where the context is unknown', () => {
    expect(verdict([], { build: build('unsized'), promptTokens: 9_000_000 })).toBeUndefined()
  })
})

describe('prompt_too_long', () => {
  const spec = { promptTokens: 4_000, maxTokens: 1_000 }
  it('is more than the largest budget of all eligible machines', () => {
    expect(verdict([holds(4_999), holds(5_000)], spec)).toBeUndefined()
    expect(verdict([holds(4_999), holds(4_000)], spec)).toBe('prompt_too_long')
  })
  it('counts the prompt as it was estimated, uncalibrated', () => {
    expect(verdict([holds(5_000)], spec, { PROMPT_CALIBRATION: { model: 1.3 } })).toBeUndefined()
  })
  it('is not while one budget is unknown, or nobody is eligible', () => {
    expect(verdict([holds(4_999), { slots: [{}] }], spec)).toBeUndefined()
    expect(verdict([], spec)).toBeUndefined()
  })
  it('asks eligible machines only: one that is private, or not on the list, lends no budget', () => {
    expect(verdict([holds(4_999), { ...holds(9_999), privateOnly: true }], spec)).toBe('prompt_too_long')
    expect(verdict([holds(4_999), holds(9_999)], { ...spec, serials: ['serial-0'] })).toBe('prompt_too_long')
  })
  it('takes what memory leaves on a cold machine: 0.90 of it less padded weights and 3 GiB, at 400,000 bytes per token', () => {
    const most = Math.floor(((0.9 * 64 - (10 * 1.2e9) / GIB - 3) * GIB) / 400_000)
    expect(most).toBe(116_565)
    expect(verdict([cold], { promptTokens: most - 1, maxTokens: 1 })).toBeUndefined()
    expect(verdict([cold], { promptTokens: most, maxTokens: 1 })).toBe('prompt_too_long')
  })
  it('takes the bytes per token that the provider reports, where it does', () => {
    const unloaded: ProviderSpec = { slots: [{ state: 'idle_shutdown', kvBytesPerToken: 800_000 }] }
    const most = Math.floor(((0.9 * 64 - (10 * 1.2e9) / GIB - 3) * GIB) / 800_000)
    expect(verdict([unloaded], { promptTokens: most - 1, maxTokens: 1 })).toBeUndefined()
    expect(verdict([unloaded], { promptTokens: most, maxTokens: 1 })).toBe('prompt_too_long')
  })
})
