/** Users and agents who wait for their answers. */
import { describe, expect, it } from 'vitest'
import type { TraceRow } from '../../../sim/trace/row.ts'
import { meanOf } from '../counts.ts'
import { firstToken, rejected, runDemand, type Script, SECOND, served } from '../world.ts'

const lengths = { prompt: { exponential: { mean: 500 } }, output: { exponential: { mean: 100 } } }
const mix = { m: '100%' }

/** Everybody is answered after so many seconds. */
const after =
  (seconds: number): Script =>
  ({ request: { id } }, answer) => {
    answer(seconds * SECOND - 1, firstToken(id))
    answer(seconds * SECOND, served(id))
  }

type Ask = Extract<TraceRow, { kind: 'user_request' }>
const asked = (streams: readonly object[], script: Script, seconds: number, seed = 1): readonly Ask[] =>
  runDemand({ streams, script, seconds, seed, upstream: { patience: { enabled: false } } }).of('user_request')

const users = (more: object = {}) => ({
  arrivals: { users: { count: 20, think: { exponential: { mean: '8s' } }, ...more } },
  mix,
  lengths,
})

const contents = (seconds: number) =>
  asked([users({ count: 1 })], after(seconds), 2_000).map(({ promptTokens, outputTokens }) => [
    promptTokens,
    outputTokens,
  ])

const thoughtsOf = (seconds: number) => {
  const rows = asked([users({ count: 1 })], after(seconds), 2_000)
  return rows.slice(1).map(({ at }, i) => at - rows[i]!.at - seconds * SECOND)
}

const ofFour = (load: number) =>
  asked([{ ...users({ count: 4 }), arrivals: { users: { count: 4, think: '100s' }, load } }], after(1), 100)

describe('users', () => {
  it('ask as often as a closed loop does: count / (think + answer)', () => {
    for (const seconds of [2, 12]) {
      const rows = asked([users()], after(seconds), 4_000)
      const expected = (20 / (8 + seconds)) * 4_000
      expect(Math.abs(rows.length / expected - 1)).toBeLessThan(0.05)
    }
  })

  it('have one request under way each, never more', () => {
    let open = 0
    let most = 0
    const run = runDemand({ streams: [users({ count: 5, think: '1s' })], script: after(4), seconds: 200 })
    for (const row of run.rows) {
      if (row.kind === 'user_request') most = Math.max(most, ++open)
      if (row.kind === 'user_ended') open -= 1
    }
    expect(most).toBe(5)
  })

  it('go on after a refusal, a failure and their own giving up', () => {
    let count = 0
    const script: Script = ({ request: { id } }, answer) => {
      const fate = count++ % 3
      if (fate === 0) answer(SECOND, rejected(id, 503))
      if (fate === 1) answer(0, rejected(id, 429))
    }
    const run = runDemand({ streams: [users({ count: 3, think: '1s' })], script, seconds: 300 })
    expect(run.of('user_request').length).toBeGreaterThan(90)
    expect(new Set(run.of('user_ended').map(({ outcome }) => outcome))).toEqual(
      new Set(['failed', 'failed_over', 'gave_up']),
    )
  })

  it('ask the same things in the same order however they are answered', () => {
    const [fast, slow] = [contents(1), contents(30)]
    expect(slow.length).toBeLessThan(fast.length / 3)
    expect(fast.slice(0, slow.length)).toEqual(slow)
  })

  it('think the same times however they are answered', () => {
    const slow = thoughtsOf(30)
    expect(thoughtsOf(1).slice(0, slow.length)).toEqual(slow)
  })

  it('of a larger load leave the others as they were', () => {
    expect(ofFour(2)).toHaveLength(2 * ofFour(1).length)
    expect(ofFour(2).map(({ at }) => at)).toEqual(expect.arrayContaining(ofFour(1).map(({ at }) => at)))
  })

  it('come and go with the hours of their stream', () => {
    const rows = asked([{ ...users({ think: '1s' }), from: '100s', until: '200s' }], after(1), 400)
    expect(rows.length).toBeGreaterThan(500)
    expect(rows.every(({ at }) => at >= 100 * SECOND && at < 200 * SECOND)).toBe(true)
  })

  it('stand beside an open stream and move none of its arrivals', () => {
    const open = { name: 'open', arrivals: { poisson: '5/s' }, mix: { other: '100%' }, lengths }
    const alone = asked([open], after(1), 100)
    const beside = asked([open, users()], after(1), 100).filter(({ model }) => model === 'other')
    expect(beside.map(({ at, promptTokens }) => [at, promptTokens])).toEqual(
      alone.map(({ at, promptTokens }) => [at, promptTokens]),
    )
  })
})

const sessions = (more: object = {}) => ({
  arrivals: {
    sessions: {
      agents: 10,
      turns: 4,
      steps: 8,
      think: '60s',
      tool_time: '1s',
      appended: 900,
      context: 100_000,
      ...more,
    },
  },
  mix,
  lengths: { prompt: 2_000, output: 100 },
})

/** Requests by conversation, in order. */
function conversations(more: object, script: Script, seconds: number) {
  const found = new Map<string, { at: number; prompt: number; output: number }[]>()
  const keys: string[] = []
  const spying: Script = (message, answer) => {
    keys[message.request.user] = message.request.cacheKey
    script(message, answer)
  }
  for (const row of asked([sessions(more)], spying, seconds)) {
    const key = keys[row.user]!
    found.set(key, [...(found.get(key) ?? []), { at: row.at, prompt: row.promptTokens, output: row.outputTokens }])
  }
  return found
}

const countAt = (load: number) =>
  runDemand({
    streams: [
      {
        arrivals: { sessions: { rate: '30/m', turns: 1, steps: 3, tool_time: '1s' }, load },
        mix,
        lengths: { prompt: 2_000, output: 100 },
      },
    ],
    seconds: 4_000,
    script: after(1),
  }).of('user_request').length

const growth = (requests: readonly { prompt: number; output: number }[]) =>
  requests.map(({ prompt, output }) => [prompt, output])

describe('sessions', () => {
  it('grow by the answer and by what is appended, on the prompt before', () => {
    let grown = 0
    for (const requests of conversations({ context: 10_000_000 }, after(2), 4_000).values()) {
      expect(requests[0]!.prompt).toBe(2_000)
      for (const [i, { prompt }] of requests.entries()) {
        if (i === 0) continue
        expect(prompt).toBe(requests[i - 1]!.prompt + 100 + 900)
        grown += 1
      }
    }
    expect(grown).toBeGreaterThan(500)
  })

  it('come in bursts of tool calls between thoughts', () => {
    const pauses = [...conversations({}, after(2), 20_000).values()].flatMap((requests) =>
      requests.slice(1).map(({ at }, i) => at - requests[i]!.at - 2 * SECOND),
    )
    expect(new Set(pauses)).toEqual(new Set([SECOND, 60 * SECOND]))
    // One in eight answers ends a turn; of these one in four ends the session and is followed by none of its own.
    const thoughts = pauses.filter((pause) => pause === 60 * SECOND).length / pauses.length
    expect(Math.abs(thoughts / (((1 / 8) * (3 / 4)) / (1 - 1 / 32)) - 1)).toBeLessThan(0.15)
  })

  it('have the stated mean of requests', () => {
    const sizes = [...conversations({ agents: 50 }, after(1), 20_000).values()].map((requests) => requests.length)
    // Geometric with mean 32, several hundred of them.
    expect(sizes.length).toBeGreaterThan(400)
    expect(Math.abs(meanOf(sizes) / 32 - 1)).toBeLessThan(0.15)
  })

  it('are cut when the context is full', () => {
    const prompts = [...conversations({ context: 10_000 }, after(1), 4_000).values()].flat().map(({ prompt }) => prompt)
    expect(Math.max(...prompts)).toBe(10_000)
    expect(prompts.filter((prompt) => prompt === 2_000).length).toBeGreaterThan(50)
  })

  it('may begin by themselves, at a rate, and then end', () => {
    // 2,000 sessions of three requests.
    expect(Math.abs(countAt(1) / 6_000 - 1)).toBeLessThan(0.08)
    expect(Math.abs(countAt(2) / 12_000 - 1)).toBeLessThan(0.08)
  })

  it('ask the same things however they are answered', () => {
    const drawn = { appended: { exponential: { mean: 900 } } }
    const fast = conversations(drawn, after(1), 3_000)
    const slow = conversations(drawn, after(20), 3_000)
    expect(slow.size).toBeGreaterThan(9)
    for (const [key, requests] of slow) {
      expect(growth(fast.get(key)!).slice(0, requests.length)).toEqual(growth(requests))
    }
  })
})
