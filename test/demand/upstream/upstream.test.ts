/** The upstream router: who is asked, how often, what it learns of us, and what never happens. */
import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { UPSTREAM_PRESETS, upstreamSchema } from '../../../sim/demand/upstream/config.ts'
import { TrafficCap } from '../../../sim/demand/upstream/traffic-cap.ts'
import { casesOf } from '../../tier.ts'
import { firstToken, rejected, runDemand, type Script, SECOND, served } from '../world.ts'

const one = { requests: [{ at: '3s', model: 'm', prompt: 800, output: 100 }] }
const steady = (rate: string, model = 'm') => ({
  arrivals: { poisson: rate },
  mix: { [model]: '100%' },
  lengths: { prompt: 100, output: 10 },
})
const SOLE = { offers: { m: { others: [] } } }

const refusing =
  (status = 429): Script =>
  ({ request: { id } }, answer) =>
    answer(0.1 * SECOND, rejected(id, status))
const serving: Script = ({ request: { id } }, answer) => answer(0.1 * SECOND, served(id))
const silent: Script = () => {}
const broken: Script = ({ request: { id } }, answer) =>
  answer(0.1 * SECOND, { kind: 'failed', request: id, status: 502, reason: 'provider_error', midStream: false })

const users = (run: ReturnType<typeof runDemand>) => run.of('user_ended').map(({ outcome }) => outcome)
const shareOf = (run: ReturnType<typeof runDemand>) => run.of('arrived').length / run.of('user_request').length

describe('presets', () => {
  it('`openrouter` is that of 2025', () => {
    expect(upstreamSchema.parse('openrouter')).toEqual(upstreamSchema.parse('openrouter-2025'))
    expect(upstreamSchema.parse({})).toEqual(upstreamSchema.parse('openrouter-2025'))
  })

  it('a setting beside a preset wins over it, the rest of its group stays', () => {
    const settings = upstreamSchema.parse({ preset: 'openrouter-2026', cap: { rise: '50%' }, retries: 2 })
    expect(settings).toMatchObject({ retries: 2, cap: { enabled: true, rise: 0.5, spike: 0.2 } })
  })

  it('every number says where it comes from', () => {
    for (const { lines } of Object.values(UPSTREAM_PRESETS))
      for (const [path, { source }] of Object.entries(lines)) expect(source.length, path).toBeGreaterThan(10)
  })

  it('`none` lets what we answer reach the user, and nobody gives up', () => {
    const run = runDemand({ streams: [one], upstream: 'none', script: refusing() })
    expect(users(run)).toEqual(['failed'])
    expect(run.of('user_request')[0]?.patience).toBe(0)
  })
})

const gaps = (upstream: object) => {
  const run = runDemand({ streams: [one], script: refusing(), upstream: { ...SOLE, retries: 2, ...upstream } })
  const at = run.of('arrived').map((row) => row.at - 3 * SECOND)
  return at.map((each) => each / SECOND)
}

describe('a failure before the first token', () => {
  it('goes elsewhere on 429, and on errors where the router does so', () => {
    expect(users(runDemand({ streams: [one], script: refusing() }))).toEqual(['failed_over'])
    expect(users(runDemand({ streams: [one], script: broken }))).toEqual(['failed'])
    expect(users(runDemand({ streams: [one], script: broken, upstream: { retry_elsewhere_on_error: true } }))).toEqual([
      'failed_over',
    ])
  })

  it('comes back to a sole provider as often as the router retries, and is then the user’s', () => {
    const run = runDemand({
      streams: [one],
      script: refusing(),
      upstream: { ...SOLE, retries: 3, patience: { enabled: false } },
    })
    expect(run.of('arrived')).toHaveLength(4)
    expect(users(run)).toEqual(['failed'])
  })

  it('waits for the Retry-After that we sent, or for its own wait where it does not listen', () => {
    expect(gaps({})).toEqual([0, 2.1, 4.2])
    expect(gaps({ retry_after: 'ignored', retry_wait: '500ms' })).toEqual([0, 0.6, 1.2])
  })

  it('is retried only after the ends that the router retries', () => {
    const upstream = { ...SOLE, retries: 5, retry_on: ['rate_limited'] }
    expect(runDemand({ streams: [one], script: refusing(400), upstream }).of('arrived')).toHaveLength(1)
    expect(
      runDemand({ streams: [one], script: refusing(400), upstream: { ...upstream, retry_on: ['client_error'] } }).of(
        'arrived',
      ),
    ).toHaveLength(6)
  })
})

const breaking: Script = ({ request: { id } }, answer) => {
  answer(0.1 * SECOND, firstToken(id))
  answer(0.2 * SECOND, { kind: 'failed', request: id, status: 502, reason: 'provider_error', midStream: true })
}

describe('a failure after the first token', () => {
  it('reaches the user, whoever else there is and however often the router retries', () => {
    const run = runDemand({ streams: [one], script: breaking, upstream: 'openrouter-2026' })
    expect(run.of('arrived')).toHaveLength(1)
    expect(users(run)).toEqual(['failed'])
  })
})

// 4.8 s each and 1 s between: three end by the clock, the fourth by patience after 20 s.
const since = ({ at }: { readonly at: number }) => (at - 3 * SECOND) / SECOND

describe('clocks', () => {
  it('the router gives an attempt up by its own clock and tries again, until the patience of the user ends', () => {
    const run = runDemand({
      streams: [one],
      script: silent,
      upstream: {
        ...SOLE,
        retries: 100,
        retry_wait: '1s',
        patience: { base: '20s', per_token: 0 },
        first_content: { enabled: true, base: '4s', per_token: '1ms' },
      },
    })
    expect(run.of('arrived').map(since)).toEqual([0, 5.8, 11.6, 17.4])
    expect(run.of('ended').map(since)).toEqual([4.8, 10.6, 16.4, 20])
    expect(run.cancelled).toEqual([0, 1, 2, 3])
    expect(users(run)).toEqual(['gave_up'])
  })

  it('a model may have another clock', () => {
    const clocks = { enabled: true, base: '4s', per_token: 0, models: { m: { base: '2s', per_token: 0 } } }
    const run = runDemand({ streams: [one], script: silent, upstream: { first_content: clocks } })
    expect(run.of('ended')[0]?.at).toBe(5 * SECOND)
  })

  it('patience may end between two attempts', () => {
    const run = runDemand({
      streams: [one],
      script: refusing(),
      upstream: { ...SOLE, retries: 9, retry_after: 'ignored', retry_wait: '60s' },
    })
    expect(run.of('arrived')).toHaveLength(1)
    expect(run.of('user_ended')).toEqual([{ kind: 'user_ended', at: 13_800_000, user: 0, outcome: 'gave_up' }])
    expect([run.demand.openUsers, run.demand.openAttempts]).toEqual([0, 0])
  })
})

const offers = (price: number, others: readonly number[]) => ({
  offers: { m: { price, others: others.map((each) => ({ price: each })) } },
})

const shareUnder = (upstream: object, script = serving) =>
  shareOf(runDemand({ streams: [steady('20/s')], seconds: 500, upstream, script }))

describe('competition', () => {
  it('shares traffic by 1/price²', () => {
    // 10,000 users: a standard error of at most 0.5 %.
    expect(Math.abs(shareUnder(offers(1, [1])) - 1 / 2)).toBeLessThan(0.02)
    expect(Math.abs(shareUnder(offers(2, [1])) - 1 / 5)).toBeLessThan(0.02)
    expect(Math.abs(shareUnder(offers(1, [2, 2])) - 4 / 6)).toBeLessThan(0.02)
  })

  it('is not there for a sole provider, nor where nothing is known of others', () => {
    expect(shareUnder(SOLE)).toBe(1)
    expect(shareUnder({})).toBe(1)
  })

  it('falls back to us when others fail', () => {
    const upstream = { offers: { m: { price: 1, others: [{ price: 1, success: '0%' }] } } }
    expect(shareUnder(upstream)).toBe(1)
  })

  it('puts us last while we are in outage, and comes back when that is over', () => {
    let asked = 0
    // Errors for the first 60 s.
    const script: Script = (message, answer) => (asked++ < 600 ? broken : serving)(message, answer)
    const run = runDemand({ streams: [steady('20/s')], seconds: 400, upstream: offers(1, [1]), script })
    const views = run.of('router_view')
    expect(views[0]).toMatchObject({ outage: false })
    expect(views.filter(({ outage }) => outage).length).toBeGreaterThan(5)
    // In outage for 30 s, then tried until five more have failed: a few per cent of the even share.
    expect(shareOf(run)).toBeLessThan(0.1)
  })
})

const judging = { standing: { enabled: true, window: '60s' }, exploration: '2%' }

const failing = (share: number): Script => {
  let count = 0
  return (message, answer) => {
    count += share
    const fails = count >= 1
    if (fails) count -= 1
    ;(fails ? broken : serving)(message, answer)
  }
}

const shareFailing = (failures: number) =>
  shareOf(runDemand({ streams: [steady('20/s')], seconds: 300, upstream: judging, script: failing(failures) }))

describe('uptime', () => {
  it('of 95 % and more is normal, of 80 % degraded and of less down, with what is left of the traffic', () => {
    expect(shareFailing(0.03)).toBe(1)
    const degraded = shareFailing(0.12)
    expect(degraded).toBeGreaterThan(0.45)
    expect(degraded).toBeLessThan(0.6)
    // Judged after 100 requests and down until they leave the window: full traffic for 5 s of 65.
    expect(shareFailing(0.5)).toBeLessThan(0.15)
  })
})

const MINUTE = 60 * SECOND

/** A minute of requests, one in `every` refused. */
const minute = (cap: TrafficCap, from: number, perSecond: number, refusedShare: number): number => {
  let admitted = 0
  let owed = 0
  for (let i = 0; i < 60 * perSecond; i++) {
    const at = from + (i * SECOND) / perSecond
    if (!cap.admits(at)) continue
    admitted += 1
    owed += refusedShare
    const refused = owed >= 1
    if (refused) owed -= 1
    cap.answer(at, refused)
  }
  return admitted / 60
}

describe('the learned cap', () => {
  const SETTINGS = upstreamSchema.parse('openrouter-2026').cap

  it('is set by a spike of 429 to what was served times what was not refused', () => {
    const cap = new TrafficCap(SETTINGS)
    minute(cap, 0, 10, 0.5)
    cap.look(MINUTE)
    expect(cap.rate).toBeCloseTo(2.5, 1)
  })

  it('never closes: a fleet that refused everything is asked once a window', () => {
    const cap = new TrafficCap(SETTINGS)
    minute(cap, 0, 10, 1)
    cap.look(MINUTE)
    expect(cap.rate).toBeCloseTo(1 / 60, 6)
    expect(minute(cap, MINUTE, 10, 0) * 60).toBeGreaterThanOrEqual(1)
    cap.look(3 * MINUTE)
    expect(cap.rate).toBeGreaterThan(1 / 60)
  })

  it('holds on a small share and rises on none, until it is forgotten', () => {
    const cap = new TrafficCap(SETTINGS)
    minute(cap, 0, 10, 0.5)
    expect(minute(cap, MINUTE, 10, 0.05)).toBeCloseTo(2.5, 0)
    cap.look(2 * MINUTE)
    expect(cap.rate).toBeCloseTo(2.5, 1)
    let at = 2 * MINUTE
    const rates: number[] = []
    for (let i = 0; i < 25; i++, at += MINUTE) {
      minute(cap, at, 10, 0)
      rates.push(cap.rate)
    }
    expect(rates[1]! / rates[0]!).toBeCloseTo(1.1, 5)
    expect(rates.at(-1)).toBe(Infinity)
  })
})

describe('conservation', () => {
  const fate = fc.record({
    kind: fc.constantFrom('served', 'rejected', 'failed', 'broken', 'silent'),
    after: fc.integer({ min: 0, max: 8_000_000 }),
    status: fc.constantFrom(429, 503, 413, 404),
  })
  const router = fc.record({
    preset: fc.constantFrom('openrouter-2025', 'openrouter-2026', 'none'),
    retries: fc.integer({ min: 0, max: 4 }),
    retry_jitter: fc.constantFrom('0%', '50%'),
    failover_success: fc.constantFrom('0%', '50%', '100%'),
    offers: fc.constantFrom({}, { a: { others: [] } }, { a: { others: [{ price: 2, success: '50%' }] } }),
    first_content: fc.constantFrom({ enabled: false }, { enabled: true, base: '3s' }),
  })

  test.prop([fc.array(fate, { minLength: 1, maxLength: 12 }), router, fc.nat()], { numRuns: casesOf(60) })(
    'every user ends once or is open, every attempt is a user’s and ends once, at most one at a time',
    (fates, upstream, seed) => {
      let count = 0
      const run = runDemand({
        streams: [{ ...steady('5/s', 'a'), mix: { a: '60%', b: '40%' } }],
        seconds: 8,
        seed,
        upstream,
        script: ({ request: { id } }, answer) => {
          const { kind, after, status } = fates[count++ % fates.length]!
          if (kind === 'silent') return
          if (kind === 'rejected') return answer(after, rejected(id, status))
          if (kind !== 'failed') answer(after, firstToken(id))
          if (kind === 'served') return answer(after + SECOND, served(id))
          const midStream = kind === 'broken'
          answer(after + SECOND, { kind: 'failed', request: id, status: 502, reason: 'provider_error', midStream })
        },
      })
      const asked = run.of('user_request').map((row) => row.user)
      const ended = run.of('user_ended').map((row) => row.user)
      expect(new Set(ended).size).toBe(ended.length)
      expect(ended.length + run.demand.openUsers).toBe(asked.length)
      expect(run.of('arrived')).toHaveLength(run.of('ended').length + run.demand.openAttempts)
      const under = new Map<number, number>()
      const userOf = new Map<number, number>()
      for (const row of run.rows) {
        if (row.kind === 'arrived') {
          userOf.set(row.request, row.user)
          under.set(row.user, (under.get(row.user) ?? 0) + 1)
          expect(under.get(row.user)).toBe(1)
        } else if (row.kind === 'ended') under.set(userOf.get(row.request)!, 0)
        else if (row.kind === 'user_ended') expect(under.get(row.user) ?? 0).toBe(0)
      }
    },
  )
})
