/**
 * A closed loop: a fixed number of users, each of whom asks, waits until the request has ended one way or the other, thinks, and
 * asks again. How often they ask depends on how they are answered, so two policies do not face the same arrivals. What user k
 * asks the i-th time, and how long he thinks before, are the same under both.
 */
import { meanOf, type Sampler, sampler } from '../../kernel/distributions.ts'
import type { RandomSource, RandomStream } from '../../kernel/scheduler.ts'
import type { UsersArrivals } from '../arrivals/config.ts'
import type { Patience, ProcessStream, Upstream } from '../config.ts'
import { Content } from '../content/content.ts'
import { timesInMicros } from '../content/distributions.ts'
import { type LengthSource, lengthSource } from '../content/lengths.ts'
import type { Recordings } from '../recorded/recordings.ts'
import type { DraftRequest, RequestSource } from '../request-source.ts'
import { Turns } from './turns.ts'

export interface ClosedOptions {
  readonly stream: ProcessStream
  readonly name: string
  readonly patience: Patience
  readonly upstream: Upstream
  readonly recordings: Recordings
  readonly random: RandomSource
}

interface User {
  readonly think: RandomStream
  readonly lengths: LengthSource
  readonly content: Content
}

/** So many thoughts before a stream begins, which is then in the midst of one. */
const THOUGHTS_BEFORE = 20

/** What is left, when a stream begins, of a thought that began before: long thoughts are met more often than short ones. */
export function restOf(think: Sampler, mean: number, stream: RandomStream): number {
  if (mean === 0) return 0
  let at = -THOUGHTS_BEFORE * mean
  while (at < 0) at += think(stream)
  return Math.round(at)
}

/** At least one. */
export const loaded = (count: number, load = 1): number => Math.max(1, Math.round(count * load))

export class UsersSource implements RequestSource {
  private readonly users: readonly User[]
  private readonly think: Sampler
  private readonly turns = new Turns()

  constructor(
    arrivals: UsersArrivals,
    private readonly options: ClosedOptions,
  ) {
    const { stream, name } = options
    this.think = sampler(timesInMicros(arrivals.users.think))
    const count = loaded(arrivals.users.count, arrivals.load)
    this.users = Array.from({ length: count }, (_, k) => userOf(`${name}/user/${k}`, arrivals, options))
    const mean = meanOf(timesInMicros(arrivals.users.think))
    for (const [k, { think }] of this.users.entries()) {
      this.add(stream.from + restOf(this.think, mean, think), k)
    }
  }

  get nextAt(): number {
    return this.turns.nextAt
  }

  take(): DraftRequest {
    const member = this.turns.remove()
    const { lengths, content } = this.users[member]!
    lengths.draw(0)
    return content.draft({ promptTokens: lengths.promptTokens, outputTokens: lengths.outputTokens, mark: 0, member })
  }

  ended(member: number, at: number): void {
    this.add(at + Math.round(this.think(this.users[member]!.think)), member)
  }

  private add(at: number, member: number): void {
    const { until = Infinity } = this.options.stream
    if (at < until) this.turns.add(at, member)
  }
}

function userOf(name: string, arrivals: UsersArrivals, options: ClosedOptions): User {
  const { stream, patience, upstream, recordings, random } = options
  const content = new Content({
    stream,
    patience,
    failoverSuccess: upstream.failover_success,
    trace: undefined,
    random: (attribute) => random.stream(`${name}/${attribute}`),
  })
  const lengths = lengthSource(
    { lengths: stream.lengths, arrivals, keepsRows: false },
    recordings,
    random,
    `${name}/lengths`,
  )
  return { think: random.stream(`${name}/think`), lengths, content }
}
