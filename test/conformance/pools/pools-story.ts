/** The pool tests' own words: who is in which pool, and what the public capacity endpoint says. */
import type { BuildId, ProviderId } from '../../../sim/base/ids.ts'
import { findPolicy } from '../../../sim/policy/index.ts'
import type { CapacityFeedRow } from '../../../sim/trace/row.ts'
import { Story, type StoryOptions } from '../world.ts'

export const AFE8135 = 'pools-afe8135'
/** [V0]: the commit at which T1, T4, T10 and T12 were written. */
export const C636354 = 'pools-c636354'

export interface PoolStoryOptions extends Omit<StoryOptions, 'policy'> {
  readonly policy?: string
}

export const EXHAUSTED = { kind: 'rejected', status: 429, reason: 'pool_exhausted', retryAfter_s: 2 } as const

export class PoolStory extends Story {
  constructor({ policy = AFE8135, ...options }: PoolStoryOptions = {}) {
    super({ ...options, policy: findPolicy(policy)! })
  }

  /** '' = in none. */
  labelOf(provider: ProviderId): string {
    return this.rowsOf('relabel').findLast((row) => row.provider === provider)?.to ?? ''
  }

  /** What the first gauge tick publishes, by build. */
  capacitySnapshot(): ReadonlyMap<BuildId, Pick<CapacityFeedRow, 'routable' | 'ready' | 'active'>> {
    this.start()
    this.pass(10)
    return new Map(
      this.rowsOf('capacity_feed').map(({ build, routable, ready, active }) => [build, { routable, ready, active }]),
    )
  }
}
