/** Who is left alone after trouble, and for how long (coordinator-routing §2, §9 L2–L5, §11). */
import { describe, expect, it } from 'vitest'
import type { ProviderId } from '../../../sim/base/ids.ts'
import { WarmPoolStory } from '../warm-pool/warm-pool-story.ts'
import { A, june, type SettingsInput, Story } from '../world.ts'

/** A machine that gets into trouble beside one that stays healthy, so that nobody must be tried against all odds. */
class Trouble extends Story {
  readonly troubled: ProviderId
  constructor(settings: SettingsInput = {}) {
    super({ settings })
    this.troubled = this.given({ serial: 'troubled' })
    this.given({ serial: 'healthy' })
  }
  fail(code: number, hasTools = false): void {
    this.fails(this.when({ serials: ['troubled'], hasTools }).id, code)
  }
  serve(): void {
    this.serves(this.when({ serials: ['troubled'] }).id)
  }
  /** Why the troubled machine is passed over now; undefined when it is not. */
  get reason(): string | undefined {
    const { id } = this.when()
    const verdict = this.verdictOn(id, this.troubled)
    this.cancel(id)
    return verdict.kind === 'dropped' ? verdict.drop : undefined
  }
}
const noCooldown: SettingsInput = { ERROR_COOLDOWN_STRIKES: 1_000 }
const noBreaker: SettingsInput = { BREAKER_CONSECUTIVE: 1_000, BREAKER_MIN_OUTCOMES: 1_000 }
const onlyShare: SettingsInput = { ...noCooldown, BREAKER_CONSECUTIVE: 1_000 }

describe('error cooldown', () => {
  it('H1 two errors of 500, 502 or 504 within 60 s pause the shape for 5 min; one, or 503, does not', () => {
    for (const code of [500, 502, 504]) {
      const story = new Trouble(noBreaker)
      story.fail(code)
      expect(story.reason).toBeUndefined()
      story.pass(60)
      story.fail(code)
      expect(story.reason).toBe('error_cooldown')
      story.pass(299.999)
      expect(story.reason).toBe('error_cooldown')
      story.pass(0.001)
      expect(story.reason).toBeUndefined()
    }
    const story = new Trouble(noBreaker)
    for (const code of [503, 503, 429, 400]) story.fail(code)
    expect(story.reason).toBeUndefined()
  })

  it('H1 two errors 60.001 s apart do not, nor two of different shapes', () => {
    const story = new Trouble(noBreaker)
    story.fail(500)
    story.pass(60.001)
    story.fail(500)
    expect(story.reason).toBeUndefined()
    const shapes = new Trouble(noBreaker)
    shapes.fail(500, true)
    shapes.fail(500, false)
    expect(shapes.reason).toBeUndefined()
  })
})

describe('breaker', () => {
  it('H2 five faults of 500, 502, 503 or 504 in a row open it for 60 s; four do not, nor do other codes', () => {
    for (const code of [500, 502, 503, 504]) {
      const story = new Trouble(noCooldown)
      for (let fault = 0; fault < 4; fault++) story.fail(code)
      expect(story.reason).toBeUndefined()
      story.fail(code)
      expect(story.reason).toBe('breaker')
      story.pass(59.999)
      expect(story.reason).toBe('breaker')
      story.pass(0.001)
      expect(story.reason).toBeUndefined()
    }
    const story = new Trouble(noCooldown)
    for (const code of [429, 400, 429, 404, 429, 429]) story.fail(code)
    expect(story.reason).toBeUndefined()
  })

  it('H2 more than 80 % faults of the last 20 outcomes open it: 16 do not, 17 do', () => {
    for (const [faults, reason] of [
      [16, undefined],
      [17, 'breaker'],
    ] as const) {
      const story = new Trouble(onlyShare)
      for (let good = 0; good < 20 - faults; good++) story.serve()
      for (let fault = 0; fault < faults; fault++) story.fail(500)
      expect(story.reason).toBe(reason)
    }
  })

  it('H2 19 faults are too few to judge a share, 20 are enough', () => {
    const story = new Trouble(onlyShare)
    for (let fault = 0; fault < 19; fault++) story.fail(500)
    expect(story.reason).toBeUndefined()
    story.fail(500)
    expect(story.reason).toBe('breaker')
  })

  it('H2 outcomes older than 120 s are not judged', () => {
    for (const [age, reason] of [
      [120, 'breaker'],
      [120.001, undefined],
    ] as const) {
      const story = new Trouble(onlyShare)
      for (let fault = 0; fault < 19; fault++) story.fail(500)
      story.pass(age)
      story.fail(500)
      expect(story.reason).toBe(reason)
    }
  })
})

const loadTimes = (story: Story): number[] => story.rowsOf('load_command').map((row) => row.at / 1e6)

describe('loading', () => {
  it('H4 a dispatch that failed for lack of memory pauses the build there for 120 s', () => {
    const story = new Trouble()
    const { id } = story.when({ serials: ['troubled'] })
    story.fails(id, 503, 'model load failed: insufficient memory')
    expect(story.reason).toBe('load_cooldown')
    story.pass(119.999)
    expect(story.reason).toBe('load_cooldown')
    story.pass(0.001)
    expect(story.reason).toBeUndefined()
  })

  const floor: SettingsInput = { WARM_POOL_MIN_WARM: { [A]: 1 }, WARM_POOL_INTERVAL: '1s' }

  it('L2 a load command that nobody answers reserves the machine for 120 s, and the tick that sees it run out only drops it', () => {
    const story = new WarmPoolStory(floor)
    story.coldMachine()
    story.start().pass(125)
    // At 121 s it still holds, at 122 s the tick surveys before it drops it.
    expect(loadTimes(story)).toEqual([1, 123])
  })

  it('L5 a load that failed keeps the machine reserved for 30 s, one of an absent model for the full 120 s', () => {
    for (const [text, next] of [
      ['model load failed: slots active', 33],
      ['model load failed: not found', 123],
    ] as const) {
      const story = new WarmPoolStory(floor)
      const cold = story.coldMachine()
      story.start().pass(1)
      story.say(cold, { kind: 'load_status', build: A, status: 'failed', text })
      story.pass(125)
      expect(loadTimes(story).slice(0, 2)).toEqual([1, next])
    }
  })
})

const isCandidate = (story: Story): boolean => {
  const { id, preflight } = story.when()
  story.cancel(id)
  return preflight[0] === 1
}

const challenges = (story: Story) => story.sent.filter((each) => each.message.kind === 'challenge')

const answer = (story: Story): void => {
  const { provider, message } = challenges(story).at(-1)!
  if (message.kind === 'challenge') story.say(provider, { kind: 'challenge_answer', nonce: message.nonce })
}

/** A machine that answers no challenge but those the story answers. */
const deaf = (settings: SettingsInput = {}): Story => {
  const story = new Story({ settings })
  story.deaf.add(story.given())
  return story
}

describe('attestation', () => {
  it('§2 a machine is challenged every 5 min', () => {
    const story = deaf()
    story.pass(1_000)
    expect(challenges(story).map((each) => each.at / 1e6)).toEqual([300, 600, 900])
  })

  it('G10 an answer counts for 16 min', () => {
    // Misses are forgiven here, so that only the age of the answer counts.
    const story = deaf({ CHALLENGE_FAILURES: 99 })
    story.pass(305)
    answer(story)
    story.pass(16 * 60)
    expect(isCandidate(story)).toBe(true)
    story.pass(0.001)
    expect(isCandidate(story)).toBe(false)
  })

  it('G10 an answer after 30 s is none, and three misses in a row end the trust in the last answer', () => {
    const story = deaf()
    story.pass(329.999)
    answer(story)
    // Asked again at 600, 900 and 1,200 s; answered in time that machine would be trusted until 1,289.999 s.
    story.pass(900)
    expect(isCandidate(story)).toBe(true)
    story.pass(0.001)
    expect(isCandidate(story)).toBe(false)
    const late = deaf()
    late.pass(330)
    answer(late)
    late.pass(600 - 0.001)
    expect(isCandidate(late)).toBe(true)
    late.pass(0.001)
    expect(isCandidate(late)).toBe(false)
  })
})

/** When a machine is given up whose last heartbeat came at this second. */
const evictedAt = (lastHeard: number): number => {
  const story = new Story({ settings: june })
  const mac = story.given()
  story.start().pass(lastHeard)
  story.hears(mac)
  while (story.closed.length === 0) story.pass(1)
  expect(story.rowsOf('disconnected')).toMatchObject([{ provider: mac, why: 'evicted' }])
  return story.now
}

describe('eviction', () => {
  it('§2 a machine silent for more than 90 s at two sweeps in a row, 30 s apart, is evicted', () => {
    // Sweeps at 30, 60, 90 …: silent for 90 s at the third, which is not yet too long.
    expect(evictedAt(0)).toBe(150)
    expect(evictedAt(25)).toBe(150)
    expect(evictedAt(29)).toBe(150)
    expect(evictedAt(31)).toBe(180)
  })
})
