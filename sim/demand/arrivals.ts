/** The arrival process of a stream, as its settings ask for it: a replayed trace, or a renewal process. */
import { assert, must } from '../base/assert.ts'
import { MICROS_PER_SECOND } from '../base/time.ts'
import { type Sampler, sampler } from '../kernel/distributions.ts'
import type { RandomSource, RandomStream } from '../kernel/scheduler.ts'
import type { ArrivalProcess } from './arrival-process.ts'
import type { Arrivals } from './config.ts'
import { replay } from './replay.ts'
import type { TraceFile } from './trace-file.ts'

/** `name` is the random stream of this process; `traces` by path. */
export function arrivalProcess(
  arrivals: Arrivals,
  traces: ReadonlyMap<string, TraceFile>,
  random: RandomSource,
  name: string,
): ArrivalProcess {
  if ('trace' in arrivals) {
    const trace = must(traces.get(arrivals.trace), `demand: the trace ${arrivals.trace} is not loaded`)
    return replay(trace, arrivals, random, name)
  }
  const [rate, cv] = 'poisson' in arrivals ? [arrivals.poisson, 1] : [arrivals.gamma.rate, arrivals.gamma.cv]
  assert(rate > 0 && cv > 0, 'demand: a renewal process has a positive rate and cv')
  const mean = MICROS_PER_SECOND / rate
  const gap = sampler(cv === 1 ? { kind: 'exponential', mean } : { kind: 'gamma', mean, shape: 1 / (cv * cv) })
  return new Renewal(gap, random.stream(name))
}

/** Sums of independent gaps. The sum is kept exact (unrounded), so that rounding each arrival does not shift the rate. */
class Renewal implements ArrivalProcess {
  private elapsed = 0
  constructor(
    private readonly gap: Sampler,
    private readonly stream: RandomStream,
  ) {}

  next(): number {
    this.elapsed += this.gap(this.stream)
    return Math.round(this.elapsed)
  }
}
