/** Users, the upstream router, and what they see of us. */
import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import type { Answer } from '../../sim/protocol/index.ts'
import { aTrace, firstToken, rejected, runDemand, type Script, SECOND, served } from './world.ts'
import { casesOf } from '../tier.ts'

const one = { requests: [{ at: '3s', model: 'm', prompt: 800, output: 100 }] }
const poisson = {
  arrivals: { poisson: '20/s' },
  mix: { a: '70%', b: '30%' },
  lengths: { prompt: { exponential: { mean: 500 } }, output: { exponential: { mean: 100 } } },
  traits: { tools: '20%', vision: '5%', stream: '90%' },
}

const asking = (at: string, model: string) => ({ at, model, prompt: 1, output: 1 })

const arrivals = (more: object) => runDemand({ streams: [{ ...poisson, ...more }], seconds: 60 }).of('user_request')

describe('the hours of a stream', () => {
  it('cut its arrivals and change nothing about those within', () => {
    const whole = arrivals({})
    const within = whole.filter(({ at }) => at >= 20 * SECOND && at < 40 * SECOND)
    expect(within.length).toBeGreaterThan(100)
    const cut = arrivals({ from: '20s', until: '40s' })
    expect(cut.map(({ at }) => at)).toEqual(within.map(({ at }) => at))
    expect(cut.map(({ promptTokens, outputTokens }) => [promptTokens, outputTokens])).toEqual(
      within.map(({ promptTokens, outputTokens }) => [promptTokens, outputTokens]),
    )
  })

  it('may begin after everything', () => {
    expect(arrivals({ from: '59.999999s', until: '60s' }).length).toBeLessThan(2)
  })
})

describe('a spelled-out request', () => {
  it('arrives when and as it says', () => {
    const request = { at: '3s', model: 'm', prompt: 800, output: 100, max_tokens: 256, serial: 'mac-a', tools: true }
    const { rows, truths } = runDemand({ streams: [{ requests: [request] }] })
    expect(rows).toEqual([
      {
        kind: 'user_request',
        at: 3 * SECOND,
        user: 0,
        model: 'm',
        promptTokens: 800,
        maxTokens: 256,
        outputTokens: 100,
        stream: true,
        tools: true,
        vision: false,
        serial: 'mac-a',
        patience: 10_800_000,
      },
      { kind: 'arrived', at: 3 * SECOND, request: 0, user: 0, model: 'm', estimatedPromptTokens: 800, maxTokens: 256 },
      expect.objectContaining({ kind: 'ended', outcome: 'served', status: 200, completionTokens: 1, attempt: 0 }),
      { kind: 'user_ended', at: 3 * SECOND, user: 0, outcome: 'served' },
    ])
    expect(truths).toEqual([{ promptTokens: 800, outputTokens: 100, images: 0 }])
  })

  it('leaves max_tokens to the coordinator when it names none', () => {
    let seen: unknown = 'nothing sent'
    runDemand({
      streams: [one],
      script: (message, answer) => {
        seen = message.request.maxTokens
        answer(0, served(message.request.id))
      },
    })
    expect(seen).toBeUndefined()
  })

  it('comes in order of time, ties in the order of the file and of the streams', () => {
    const { of } = runDemand({
      streams: [
        { requests: [asking('2s', 'a'), asking('1s', 'b'), asking('1s', 'c')] },
        { requests: [asking('1s', 'd')] },
      ],
    })
    expect(of('user_request').map((row) => row.model)).toEqual(['b', 'c', 'd', 'a'])
  })
})

type Id = Parameters<typeof served>[0]

const ending = (script: (id: number) => Answer, upstream?: unknown) => {
  const { of } = runDemand({
    streams: [one],
    upstream,
    script: (message, answer) => answer(SECOND, script(message.request.id)),
  })
  return { ended: of('ended')[0], user: of('user_ended')[0]?.outcome }
}

const failure = (id: number): Answer => ({
  kind: 'failed',
  request: id as Id,
  status: 502,
  reason: 'provider_disconnected',
  midStream: true,
})

describe('an answer', () => {
  it('429 sends the user elsewhere', () => {
    const { ended, user } = ending((id) => rejected(id as Id))
    expect(ended).toMatchObject({
      outcome: 'rejected',
      status: 429,
      reason: 'machine_busy',
      retryAfter_s: 2,
      attempt: -1,
    })
    expect(user).toBe('failed_over')
  })

  it('429 reaches the user when nobody else would serve, or nobody is asked', () => {
    expect(ending((id) => rejected(id as Id), { failover_success: '0%' }).user).toBe('failed')
    expect(ending((id) => rejected(id as Id), { retry_elsewhere_on_429: false }).user).toBe('failed')
  })

  it('503 and 413 reach the user', () => {
    expect(ending((id) => rejected(id as Id, 503)).user).toBe('failed')
    expect(ending((id) => rejected(id as Id, 413)).user).toBe('failed')
  })

  it('that breaks after the first token reaches the user', () => {
    const { ended, user } = ending(failure)
    expect(ended).toMatchObject({ outcome: 'failed', status: 502, reason: 'provider_disconnected', midStream: true })
    expect(user).toBe('failed')
  })
})

const servedLate: Script = (message, answer) => answer(100 * SECOND, served(message.request.id))

describe('patience', () => {
  it('ends 10 s and 1 ms per prompt token after sending; the client leaves and hears nothing more', () => {
    const { of, cancelled } = runDemand({
      streams: [one],
      script: (message, answer) => {
        answer(11 * SECOND, firstToken(message.request.id))
        answer(12 * SECOND, served(message.request.id))
      },
    })
    expect(cancelled).toEqual([0])
    expect(of('first_token')).toEqual([])
    expect(of('ended')).toEqual([
      expect.objectContaining({ at: 13_800_000, outcome: 'cancelled', reason: '', attempt: -1 }),
    ])
    expect(of('user_ended')).toEqual([{ kind: 'user_ended', at: 13_800_000, user: 0, outcome: 'gave_up' }])
  })

  it('is satisfied by a first token at the very last moment', () => {
    const { of, cancelled } = runDemand({
      streams: [one],
      script: (message, answer) => {
        answer(10.8 * SECOND, firstToken(message.request.id, 2))
        answer(300 * SECOND, served(message.request.id))
      },
    })
    expect(cancelled).toEqual([])
    expect(of('first_token')).toEqual([{ kind: 'first_token', at: 13_800_000, request: 0, attempt: 2 }])
    expect(of('user_ended')[0]?.outcome).toBe('served')
  })

  it('has no end when it is turned off, for all or for one stream', () => {
    const forAll = runDemand({ streams: [one], upstream: { patience: { enabled: false } }, script: servedLate })
    const forOne = runDemand({ streams: [one, { ...one, patience: { enabled: false } }], script: servedLate })
    expect(forAll.of('user_ended').map((row) => row.outcome)).toEqual(['served'])
    expect(forAll.of('user_request')[0]?.patience).toBe(0)
    expect(forOne.of('user_ended').map((row) => row.outcome)).toEqual(['gave_up', 'served'])
  })
})

const attributes = (run: ReturnType<typeof runDemand>) => run.of('user_request')

describe('a stream of requests', () => {
  it('ends with the duration', () => {
    const run = runDemand({ streams: [poisson], seconds: 10 })
    expect(Math.max(...attributes(run).map((row) => row.at))).toBeLessThan(10 * SECOND)
    expect([run.demand.openUsers, run.demand.finished]).toEqual([0, attributes(run).length])
  })

  it('has the stated mix and traits', () => {
    const rows = attributes(runDemand({ streams: [poisson], seconds: 500 }))
    const share = (holds: (row: (typeof rows)[number]) => boolean) => rows.filter(holds).length / rows.length
    // 10,000 requests: standard errors of at most 0.5 %.
    expect(Math.abs(share((row) => row.model === 'a') - 0.7)).toBeLessThan(0.02)
    expect(Math.abs(share((row) => row.tools) - 0.2)).toBeLessThan(0.02)
    expect(Math.abs(share((row) => row.vision) - 0.05)).toBeLessThan(0.01)
    expect(Math.abs(share((row) => row.stream) - 0.9)).toBeLessThan(0.02)
  })

  it('asks the same whatever we answer', () => {
    const refused = runDemand({
      streams: [poisson],
      script: (message, answer) => answer(0, rejected(message.request.id)),
    })
    expect(attributes(refused)).toEqual(attributes(runDemand({ streams: [poisson] })))
  })

  it('is not disturbed by another stream, nor by a change of its own mix elsewhere', () => {
    const alone = attributes(runDemand({ streams: [poisson] }))
    const beside = attributes(runDemand({ streams: [poisson, { ...poisson, mix: { other: '100%' } }] }))
    const facts = (row: (typeof alone)[number]) => [row.at, row.model, row.promptTokens, row.outputTokens, row.tools]
    expect(beside.filter((row) => row.model !== 'other').map(facts)).toEqual(alone.map(facts))
    const other = attributes(runDemand({ streams: [{ ...poisson, mix: { a: '10%', b: '90%' } }] }))
    expect(other.map((row) => [row.at, row.promptTokens, row.outputTokens, row.tools])).toEqual(
      alone.map((row) => [row.at, row.promptTokens, row.outputTokens, row.tools]),
    )
  })

  it('sends max_tokens as a multiple of the output when told to', () => {
    const rows = attributes(runDemand({ streams: [{ ...poisson, max_tokens: { times_output: 1.5 } }] }))
    expect(rows.every((row) => row.maxTokens === Math.ceil(1.5 * row.outputTokens))).toBe(true)
  })

  it('lets the coordinator misjudge prompts by the stated error, as often up as down', () => {
    const run = runDemand({ streams: [{ ...poisson, estimate_error: 0.3 }], seconds: 100 })
    const truth = attributes(run).map((row) => row.promptTokens)
    const ratios = run.of('arrived').map((row, i) => row.estimatedPromptTokens / truth[i]!)
    const high = ratios.filter((ratio) => ratio > 1).length / ratios.length
    expect(Math.abs(high - 0.5)).toBeLessThan(0.06)
    expect(Math.max(...ratios)).toBeGreaterThan(1.5)
  })

  it('replays a trace with its own lengths', () => {
    const trace = aTrace(Array.from({ length: 100 }, (_, i) => [i, i + 1, 1000 + i] as const))
    const rows = attributes(
      runDemand({
        streams: [{ arrivals: { trace: 't.csv' }, mix: { m: '100%' }, lengths: { from: 'trace' } }],
        trace,
        seconds: 100,
      }),
    )
    expect(rows).toHaveLength(100)
    expect(rows.every((row) => row.outputTokens - row.promptTokens === 999)).toBe(true)
  })
})

describe('conservation', () => {
  const fate = fc.record({
    kind: fc.constantFrom('served', 'rejected', 'failed', 'silent'),
    first: fc.integer({ min: 0, max: 20_000_000 }),
    rest: fc.integer({ min: 1, max: 20_000_000 }),
    status: fc.constantFrom(429, 503, 413),
  })

  test.prop([fc.array(fate, { minLength: 1, maxLength: 20 }), fc.nat(), fc.boolean()], { numRuns: casesOf(60) })(
    'every user request arrives once and ends once, whatever we do',
    (fates, seed, patient) => {
      let count = 0
      const run = runDemand({
        streams: [poisson, one],
        seconds: 5,
        seed,
        upstream: { patience: { enabled: !patient } },
        script: ({ request: { id } }, answer) => {
          const { kind, first, rest, status } = fates[count++ % fates.length]!
          if (kind === 'rejected') answer(first, rejected(id, status))
          if (kind !== 'served' && kind !== 'failed') return
          answer(first, firstToken(id))
          if (kind === 'served') answer(first + rest, served(id))
          else
            answer(first + rest, {
              kind: 'failed',
              request: id,
              status: 502,
              reason: 'provider_error',
              midStream: true,
            })
        },
      })
      const users = run.of('user_request').map((row) => row.user)
      const ended = run.of('user_ended').map((row) => row.user)
      expect(run.of('arrived')).toHaveLength(users.length)
      expect(new Set(ended).size).toBe(ended.length)
      expect(run.of('ended')).toHaveLength(ended.length)
      expect(ended.length + run.demand.openUsers).toBe(users.length)
      expect(run.demand.finished).toBe(ended.length)
      if (!patient) expect(run.demand.openUsers).toBe(0)
      expect(
        run
          .of('ended')
          .filter((row) => row.outcome === 'cancelled')
          .map((row) => row.request),
      ).toEqual(run.cancelled)
    },
  )
})
