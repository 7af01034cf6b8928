/**
 * Many clients at once, as ServeGen found them (facts workload §3): a few ask for most, and each has a burstiness of its own.
 * The mark of an arrival is the tenant, 0 being the largest.
 */
import { MICROS_PER_SECOND } from '../../base/time.ts'
import { type Sampler, sampler } from '../../kernel/distributions.ts'
import type { RandomSource, RandomStream } from '../../kernel/scheduler.ts'
import type { ArrivalProcess } from './arrival-process.ts'
import type { TenantsArrivals } from './config.ts'
import { unitGap } from './gaps.ts'
import { Modulated } from './modulated.ts'
import { OnOff } from './random-factors.ts'
import type { RateFactor } from './rate-factor.ts'
import { shapeFactor } from './shape.ts'
import { Turns } from '../users/turns.ts'
import { zipfShares } from '../content/zipf.ts'

export interface TenantsContext {
  readonly random: RandomSource
  readonly name: string
  /** As that of a process. */
  readonly horizon: number
}

export class Tenants implements ArrivalProcess {
  mark = 0
  private readonly each: readonly ArrivalProcess[]
  private readonly turns = new Turns()

  /** Tenant k draws from streams of its own: more tenants shift nobody's luck. */
  constructor({ tenants, load = 1, shape = [] }: TenantsArrivals, { random, name, horizon }: TenantsContext) {
    const shares = zipfShares(tenants.count, tenants.zipf)
    const drawCv = cvSampler(tenants.cv)
    this.each = Array.from(shares, (share, k) => {
      const traits = random.stream(`${name}/tenant/${k}/traits`)
      // Both are drawn in any case, so that neither setting shifts the other's luck.
      const isIntermittent = traits.uniform() < tenants.intermittent
      const cv = drawCv(traits)
      const episodes = isIntermittent ? episodesOf(tenants, random.stream(`${name}/tenant/${k}/episodes`)) : undefined
      const factors: RateFactor[] = shape.map(shapeFactor)
      if (episodes !== undefined) factors.push(episodes)
      const whileActive = episodes === undefined ? 1 : 1 / tenants.active
      const rate = (share * tenants.rate * load * whileActive) / MICROS_PER_SECOND
      return new Modulated({ rate, factors, gap: unitGap(cv), stream: random.stream(`${name}/tenant/${k}`), horizon })
    })
    for (const [k, process] of this.each.entries()) this.turns.add(process.next(), k)
  }

  next(): number {
    const at = this.turns.nextAt
    this.mark = this.turns.remove()
    this.turns.add(this.each[this.mark]!.next(), this.mark)
    return at
  }
}

function cvSampler(cv: TenantsArrivals['tenants']['cv']): Sampler {
  return sampler(typeof cv === 'number' ? { kind: 'constant', value: cv } : { kind: 'empirical', points: cv })
}

function episodesOf({ active, episode }: TenantsArrivals['tenants'], stream: RandomStream): RateFactor | undefined {
  if (active === 1) return undefined
  const mean = { on: episode, off: (episode * (1 - active)) / active }
  return new OnOff({ kind: 'exponential', mean: mean.on }, { kind: 'exponential', mean: mean.off }, stream)
}
