/** H6, H12 and H14: findings that need a stream of requests and real Macs (facts: coordinator-routing §15.6). */
import { describe, expect, it } from 'vitest'
import type { TraceRow } from '../../../sim/trace/row.ts'
import { loadedFrom, runOf } from '../../simulation/world.ts'

const MODELS = ['gpt-oss-20b', 'gemma-4-26b-qat-4bit']
const [A, B] = MODELS as [string, string]

const fleet = (count: number) => [
  {
    count,
    machine: { chip: 'M4 Max 40c', memory: '64GB', os_memory: '6GB' },
    advertises: MODELS,
    max_model_slots: 1,
  },
]

const scenario = (more: object) => loadedFrom({ name: 'stream', duration: '5m', warmup: '0s', models: MODELS, ...more })

async function rowsOf<K extends TraceRow['kind']>(
  document: object,
  policy: string,
  kind: K,
): Promise<Extract<TraceRow, { kind: K }>[]> {
  const rows: TraceRow[] = []
  await runOf(await scenario(document), policy, { rows: (row) => void rows.push(row) })
  return rows.filter((row): row is Extract<TraceRow, { kind: K }> => row.kind === kind)
}

const evenMix = {
  fleet: fleet(4),
  demand: [
    {
      arrivals: { poisson: '30/m' },
      mix: { [A]: '50%', [B]: '50%' },
      lengths: { prompt: 300, output: 60 },
      max_tokens: 256,
      patience: { enabled: false },
    },
  ],
}

describe('streams under pools', () => {
  it('H6 (F10): four idle machines with both models: each model gets one, and nothing is exhausted', async () => {
    // Until the first loads are done, both models are served cold; afterwards a pool without machines gets one at the next tick.
    const { result } = await runOf(await scenario({ ...evenMix, warmup: '30s' }), 'pools')
    expect(result.requests.rejected).toEqual({})
    expect(result.requests.served).toBe(result.requests.arrived)
    for (const pool of MODELS) expect(result.pools[pool]!.assigned_providers).toBeGreaterThanOrEqual(1)
  })

  it('H6: the fourth commit keeps all four for the first pool', async () => {
    const { result } = await runOf(await scenario(evenMix), 'pools-25fdd11')
    expect(result.models[A]!.requests.served).toBe(0)
    expect(result.models[A]!.rate_429).toBe(1)
  })

  it('H12 (F7): with the switch off from the start, and at run time, requests are routed as without pools', async () => {
    const routed = async (policy: string, more: object) => {
      const rows = await rowsOf({ ...evenMix, fleet: fleet(4), ...more }, policy, 'dispatched')
      return rows.map(({ at, request, provider }) => `${at} ${request} ${provider}`)
    }
    const open = await routed('open', {})
    expect(open.length).toBeGreaterThan(100)
    // Two slots each would change who may load beside work: the refusal beside a busy slot is not part of the switch.
    const off = { coordinator: { MODEL_POOLS_ENABLED: false } }
    const roomy = { fleet: [{ ...fleet(4)[0]!, max_model_slots: 3 }] }
    expect(await routed('pools', { ...off, ...roomy })).toEqual(await routed('open', roomy))

    const flipped = { timeline: [{ at: '150s', set: { MODEL_POOLS_ENABLED: false } }] }
    const refusals = await rowsOf(
      { ...evenMix, ...flipped, demand: [{ ...evenMix.demand[0]!, mix: { [A]: '90%', [B]: '10%' } }], fleet: fleet(1) },
      'pools',
      'ended',
    )
    const exhausted = refusals.filter((row) => row.reason === 'pool_exhausted').map((row) => row.at / 1e6)
    expect(exhausted.length).toBeGreaterThan(0)
    expect(Math.max(...exhausted)).toBeLessThan(150)
  })

  it('H14 (X1): alternating models on six idle machines: at most one label change per load', async () => {
    const requests = Array.from({ length: 30 }, (_, i) => ({
      at: `${6 + 2 * i}s`,
      model: MODELS[i % 2]!,
      prompt: 300,
      max_tokens: 64,
      output: 20,
    }))
    const document = { fleet: fleet(6), demand: [{ requests, patience: { enabled: false } }] }
    const changes = async (policy: string) => (await rowsOf(document, policy, 'relabel')).length
    const loads = (await rowsOf(document, 'pools', 'load_started')).length
    expect(await changes('pools')).toBeLessThanOrEqual(loads)
    expect(await changes('pools-afe8135')).toBeGreaterThan(3 * loads)
  })
})
