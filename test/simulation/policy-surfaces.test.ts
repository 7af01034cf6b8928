/** Policies with surfaces in whole runs: the coordinator's own answers change nothing, wild ones break no invariant, and every run of a seed is the same. */
import { beforeAll, describe, expect, it } from 'vitest'
import type { RequestId } from '../../sim/base/ids.ts'
import { BadInputError } from '../../sim/base/result.ts'
import type { Micros } from '../../sim/base/time.ts'
import { readMetric } from '../../sim/metrics/index.ts'
import { choice, definePolicy, type Policy, whole } from '../../sim/plug/index.ts'
import type { LoadedScenario } from '../../sim/scenario/index.ts'
import { simulate, type SimulateOptions, type Simulated } from '../../sim/simulation.ts'
import type { TraceRow } from '../../sim/trace/row.ts'
import { accountedFor, loadedFrom, SMALL } from './world.ts'

/** Four Macs at their limit, with faults: somebody waits, fails and is tried again. */
const BUSY = {
  ...SMALL,
  duration: '60s',
  demand: [{ ...SMALL.demand[0]!, arrivals: { poisson: '4/s' } }],
  timeline: [
    { at: '20s', sleep: { machines: ['mac-1'], for: '20s' } },
    { at: '35s', crash: { machines: ['mac-2'] } },
  ],
}

const run = (scenario: LoadedScenario, policy: Policy, options: Partial<SimulateOptions> = {}): Promise<Simulated> =>
  simulate({ scenario, policy, policyName: 'arm', seed: 1, ...options })

const OPEN = definePolicy({ name: 'open' })

/** Everything is asked, and answered as the coordinator would have. */
const ECHO = definePolicy({
  name: 'echo',
  admit: () => 'admit',
  filter: () => true,
  score: (_request, machine) => machine.cost.cost_ms,
  pick: (_request, candidates) => candidates.find((candidate) => candidate.choice),
  reserve: () => {},
  unreserve: () => {},
  retry: () => 'again',
  order: (queue) => queue,
  onOutcome: () => {},
  evict: () => false,
})

/** Does something else than the coordinator wherever it may, by chance. */
const WILD = definePolicy({
  name: 'wild',
  state: () => ({ held: 0 }),
  counters: ['refused', 'outcomes'],
  gauges: ['held'],
  admit(_request, view) {
    const draw = view.random('admit').uniform()
    if (draw > 0.1) return draw > 0.2 ? 'admit' : 'queue'
    view.count('refused')
    return { status: draw > 0.05 ? 429 : 503, retryAfter_s: 5 }
  },
  filter: (_request, _machine, view) => view.random('filter').uniform() > 0.2,
  score: (_request, machine, view) => machine.cost.cost_ms * view.random('score').uniform(),
  pick: (_request, candidates, draw) => candidates[draw.below(candidates.length)],
  reserve: (_request, _machine, view) => view.gauge('held', ++view.state.held),
  unreserve: (_request, _machine, view) => view.gauge('held', --view.state.held),
  retry: (_request, { machine }, view) => (view.random('retry').uniform() < 0.5 ? 'give_up' : { notOn: [machine.id] }),
  order: (queue, view) => queue.toReversed().filter(() => view.random('order').uniform() > 0.1),
  onOutcome: (_request, _machine, _outcome, view) => view.count('outcomes'),
  evict: (_machine, _build, view) => view.random('evict').uniform() < 0.05,
})

let busy: LoadedScenario
beforeAll(async () => {
  busy = await loadedFrom(BUSY)
})

async function firstAttempts(policy: Policy): Promise<readonly unknown[]> {
  const asked: unknown[] = []
  await run(busy, policy, {
    subscribers: [(row) => void (row.kind === 'user_request' && asked.push(row))],
  })
  return asked
}

describe('a policy that answers as the coordinator would have', () => {
  it('gives the very run of open, under overload and with faults', async () => {
    const kinds = new Map<string, number>()
    const tell = (row: TraceRow): void => {
      const kind = row.kind === 'attempt_ended' ? `attempt ${row.outcome}` : row.kind
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
    }
    const overload = await loadedFrom({ ...BUSY, demand: [{ ...SMALL.demand[0]!, arrivals: { poisson: '10/s' } }] })
    const open = await run(overload, OPEN, { subscribers: [tell] })
    const echo = await run(overload, ECHO)
    expect(echo.result.digest).toBe(open.result.digest)
    // All that there is to differ about came up.
    for (const kind of ['queued', 'attempt disconnected', 'priced', 'user_ended']) {
      expect([kind, kinds.get(kind) ?? 0]).not.toEqual([kind, 0])
    }
    expect(Object.values(open.result.requests.rejected).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0)
  })
})

describe('a policy that does something else wherever it may', () => {
  let wild: Simulated
  const rows: TraceRow[] = []
  beforeAll(async () => {
    wild = await run(busy, WILD, { verify: true, subscribers: [(row) => void rows.push(row)] })
  })

  it('breaks no invariant, and every request ends', () => {
    expect(accountedFor(wild.result.requests)).toBe(wild.result.requests.arrived)
    expect(wild.result.requests.served).toBeGreaterThan(10)
  })

  it('gives the same run again, explained, with states written down, and judged or not', async () => {
    const again = await run(busy, WILD, {
      explain: { request: 40 as RequestId },
      statesAt: [20_000_000 as Micros, 50_000_000 as Micros],
    })
    expect(again.result.digest).toBe(wild.result.digest)
    expect(again.explanation!.length).toBeGreaterThan(0)
  })

  it('faces the same first attempts as open', async () => {
    expect(await firstAttempts(WILD)).toEqual(await firstAttempts(OPEN))
  })

  it('counts what the trace holds, and its gauges are means over time', () => {
    const { result } = wild
    const ended = rows.filter((row) => row.kind === 'attempt_ended').length
    expect(readMetric(result, 'policy_metrics.outcomes.value')).toBe(ended)
    const counted = rows.filter((row) => row.kind === 'ended' && row.reason === 'policy_refused').length
    expect(readMetric(result, 'policy_metrics.refused.value')).toBe(counted)
    expect(result.requests.rejected['policy_refused']).toBe(counted)
    const changes = rows
      .filter((row) => row.kind === 'policy_gauge')
      .map(({ at, value }) => ({ at: at as number, value }))
    const end = busy.scenario.duration as number
    const held = changes.reduce((sum, { at, value }, i) => {
      const until = Math.min(changes[i + 1]?.at ?? end, end)
      return sum + value * Math.max(0, until - at)
    }, 0)
    expect(readMetric(result, 'policy_metrics.held.value')).toBeCloseTo(held / (end - changes[0]!.at), 6)
    expect(held).toBeGreaterThan(0)
    const { interval_s, ...series } = result.series
    expect(interval_s).toBeGreaterThan(0)
    const outcomes = series['policy.outcomes'] as readonly number[]
    expect(outcomes.reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(ended)
    expect(series['policy.held']).toHaveLength(outcomes.length)
  })

  it('marks its report: no real program can be told to give a model up', () => {
    const told = rows.filter((row) => row.kind === 'unload_command').length
    expect(told).toBeGreaterThan(0)
    expect(rows.some((row) => row.kind === 'unloaded' && row.why === 'commanded')).toBe(true)
    expect(wild.result.warned.find(({ code }) => code === 'what_if')?.text).toMatch(
      /^a what-if: the policy told Macs to give a model up \(evict, (?:once|\d+ times)\)/,
    )
  })
})

describe('parameters', () => {
  const policy = definePolicy({
    name: 'p',
    parameters: {
      keep: whole(2, 'Macs kept free', { min: 0, max: 4 }),
      which: choice(['low', 'high'], 'whose'),
    },
    filter: (_request, machine, { parameters }) =>
      parameters.which === 'low' ? machine.id >= parameters.keep : machine.id < 4 - parameters.keep,
  })
  const served = async (given: object): Promise<{ readonly macs: ReadonlySet<number>; readonly done: Simulated }> => {
    const macs = new Set<number>()
    const scenario = await loadedFrom({ ...SMALL, duration: '1m', policy: given })
    const done = await run(scenario, policy, {
      subscribers: [(row) => void (row.kind === 'dispatched' && macs.add(row.provider))],
    })
    return { macs, done }
  }

  it('are as the scenario sets them, else the defaults, and stand in the result', async () => {
    const standard = await served({})
    expect([...standard.macs].sort((a, b) => a - b)).toEqual([2, 3])
    expect(standard.done.result.policy).toEqual({ name: 'arm', parameters: { keep: 2, which: 'low' } })
    const set = await served({ keep: 1, which: 'high' })
    expect([...set.macs].sort((a, b) => a - b)).toEqual([0, 1, 2])
    expect(set.done.result.policy.parameters).toEqual({ keep: 1, which: 'high' })
    expect(set.done.result.digest).not.toBe(standard.done.result.digest)
  })

  it('are refused outside their bounds', async () => {
    await expect(served({ keep: 5 })).rejects.toThrow(BadInputError)
    await expect(served({ keep: 1.5 })).rejects.toThrow(
      'policy.keep is 1.5; it must be a whole number from 0 to 4 (Macs kept free)',
    )
    await expect(served({ which: 'none' })).rejects.toThrow('one of low, high')
  })

  it('stand in no result of a policy that has none', async () => {
    const { result } = await run(await loadedFrom({ ...SMALL, duration: '30s' }), OPEN)
    expect(result.policy).toEqual({ name: 'arm' })
    expect(result).not.toHaveProperty('policy_metrics')
  })
})
