/**
 * Comings, goings and faults of one Mac by chance, all exponential. Each kind draws from a stream of its own, so that
 * asking for one more shifts none of the others. Exponential times have no memory: it does not matter how long the
 * program had been running before the run.
 */
import { addMicros, type Micros } from '../../base/time.ts'
import { sampler } from '../../kernel/distributions.ts'
import { Priority, type RandomStream } from '../../kernel/scheduler.ts'
import type { Faults } from './faults.ts'
import { macStream, type MacOptions } from '../machine.ts'

export class Churn {
  constructor(
    private readonly options: MacOptions,
    private readonly faults: Faults,
  ) {}

  begin(): void {
    const { churn } = this.options
    if (churn === undefined) return
    const { faults } = this
    const { session, away, crashes, drops, updates, sleeps, stalls, silences, breakdowns, slow } = churn
    if (session !== undefined && away !== undefined) this.comeAndGo(this.stream('churn'), session, away)
    if (crashes !== undefined) this.repeat('crashes', crashes, () => faults.crash())
    if (drops !== undefined) this.repeat('drops', drops, () => faults.drop())
    if (updates !== undefined) this.repeat('updates', updates, () => faults.update())
    if (sleeps !== undefined) this.spells('sleeps', sleeps, (lasts) => faults.sleep(lasts))
    if (breakdowns !== undefined) this.spells('breakdowns', breakdowns, (lasts) => faults.break(lasts))
    if (stalls !== undefined) this.spells('stalls', stalls, (lasts) => faults.stall(lasts))
    if (silences !== undefined) this.spells('silences', silences, (lasts) => faults.silence(lasts))
    if (slow !== undefined) this.spells('slow', slow, (lasts) => faults.slow(slow.speed, lasts))
  }

  private comeAndGo(random: RandomStream, session: Micros, away: Micros): void {
    this.in(draw(random, session), () => {
      this.faults.quit()
      this.in(draw(random, away), () => {
        this.faults.launch()
        this.comeAndGo(random, session, away)
      })
    })
  }

  /** Those that find nothing to break pass unnoticed. */
  private repeat(what: string, every: Micros, happen: () => void): void {
    const random = this.stream(what)
    const next = (): void => {
      this.in(draw(random, every), () => {
        happen()
        next()
      })
    }
    next()
  }

  private spells(
    what: string,
    { every, for: mean }: { readonly every: Micros; readonly for: Micros },
    happen: (lasts: Micros) => void,
  ): void {
    const random = this.stream(what)
    const next = (): void => {
      this.in(draw(random, every), () => {
        const lasts = Math.max(1, draw(random, mean)) as Micros
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

const draw = (random: RandomStream, mean: Micros): Micros =>
  Math.round(sampler({ kind: 'exponential', mean })(random)) as Micros
