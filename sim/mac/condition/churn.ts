/**
 * Comings, goings and faults of one Mac by chance. Each kind draws from a stream of its own, so that asking for one more
 * shifts none of the others. Exponential times have no memory: it does not matter how long the program had been running
 * before the run. A lognormal session has: it begins with the run, or `by_chance` somewhere in its course.
 */
import { ln } from '../../base/math.ts'
import { addMicros, type Micros } from '../../base/time.ts'
import { type Distribution, meanOf, sampler } from '../../kernel/distributions.ts'
import { Priority, type RandomStream } from '../../kernel/scheduler.ts'
import type { Stay } from './churn/config.ts'
import type { Faults } from './faults.ts'
import { macStream, type MacOptions } from '../machine.ts'

export class Churn {
  constructor(
    private readonly options: MacOptions,
    private readonly faults: Faults,
  ) {}

  /** Away when the run starts: drawn, with the share of time that it is away. */
  get startsAway(): boolean {
    const { churn } = this.options
    if (churn?.at_start !== 'by_chance' || churn.session === undefined || churn.away === undefined) return false
    const [session, away] = [meanOf(spread(churn.session)), meanOf(spread(churn.away))]
    return this.stream('churn at start').uniform() * (session + away) >= session
  }

  /** `away`: what `startsAway` said. */
  begin(away: boolean): void {
    const { churn } = this.options
    if (churn === undefined) return
    const { faults } = this
    const {
      session,
      away: absence,
      at_start,
      crashes,
      drops,
      updates,
      sleeps,
      stalls,
      silences,
      breakdowns,
      slow,
    } = churn
    if (session !== undefined && absence !== undefined) {
      const random = this.stream('churn')
      const visit = { session: spread(session), away: spread(absence) }
      const first = away ? visit.away : visit.session
      const after = at_start === 'by_chance' ? rest(first, random) : draw(random, first)
      if (away) this.comeBack(random, visit, after)
      else this.leave(random, visit, after)
    }
    if (crashes !== undefined) this.repeat('crashes', crashes, () => faults.crash())
    if (drops !== undefined) this.repeat('drops', drops, () => faults.drop())
    if (updates !== undefined) this.repeat('updates', updates, () => faults.update())
    if (sleeps !== undefined) this.spells('sleeps', sleeps, (lasts) => faults.sleep(lasts))
    if (breakdowns !== undefined) this.spells('breakdowns', breakdowns, (lasts) => faults.break(lasts))
    if (stalls !== undefined) this.spells('stalls', stalls, (lasts) => faults.stall(lasts))
    if (silences !== undefined) this.spells('silences', silences, (lasts) => faults.silence(lasts))
    if (slow !== undefined) this.spells('slow', slow, (lasts) => faults.slow(slow.speed, lasts))
  }

  private leave(random: RandomStream, visit: Visit, after: Micros): void {
    this.in(after, () => {
      this.faults.quit()
      this.comeBack(random, visit, draw(random, visit.away))
    })
  }

  private comeBack(random: RandomStream, visit: Visit, after: Micros): void {
    this.in(after, () => {
      this.faults.launch()
      this.leave(random, visit, draw(random, visit.session))
    })
  }

  /** Those that find nothing to break pass unnoticed. */
  private repeat(what: string, every: Micros, happen: () => void): void {
    const random = this.stream(what)
    const next = (): void => {
      this.in(draw(random, mean(every)), () => {
        happen()
        next()
      })
    }
    next()
  }

  private spells(
    what: string,
    { every, for: length }: { readonly every: Micros; readonly for: Micros },
    happen: (lasts: Micros) => void,
  ): void {
    const random = this.stream(what)
    const next = (): void => {
      this.in(draw(random, mean(every)), () => {
        const lasts = Math.max(1, draw(random, mean(length))) as Micros
        happen(lasts)
        this.in(lasts, next)
      })
    }
    next()
  }

  private stream(what: string): RandomStream {
    return macStream(this.options, what)
  }

  private in(delay: Micros, run: () => void): void {
    const { scheduler } = this.options
    scheduler.schedule(addMicros(scheduler.now, delay), Priority.timer, run)
  }
}

interface Visit {
  readonly session: Distribution
  readonly away: Distribution
}

const mean = (micros: Micros): Distribution => ({ kind: 'exponential', mean: micros })

function spread(stay: Stay): Distribution {
  if (typeof stay === 'number') return mean(stay)
  return { kind: 'lognormal', mu: ln(stay.median), sigma: stay.sigma }
}

/** Longer ones end with the run all the same, and the clock has an end. */
const STAY_MAX = 8_784 * 3_600 * 1_000_000

const draw = (random: RandomStream, of: Distribution): Micros =>
  Math.round(Math.min(STAY_MAX, sampler(of)(random))) as Micros

/**
 * What is left, at an instant that is nothing special, of a stay that covers it. Long stays cover more instants: of a
 * lognormal that is one with mu + sigma^2, and the instant lies anywhere in it.
 */
function rest(of: Distribution, random: RandomStream): Micros {
  if (of.kind !== 'lognormal') return draw(random, of)
  const covering = draw(random, { ...of, mu: of.mu + of.sigma * of.sigma })
  return Math.round(covering * random.uniform()) as Micros
}
