/**
 * The counters and gauges that a policy keeps itself, under the names it gave them. A counter is what was added after warm-up;
 * a gauge is its mean over the time for which it had a value.
 */
import type { RowOf } from '../../trace/schema.ts'
import type { Grid } from '../grid.ts'
import type { PolicyMetric } from '../result.ts'
import type { Window } from '../window.ts'

interface Gauge {
  value: number
  since: number
  integral: number
  covered: number
  readonly times: number[]
  readonly coveredTimes: number[]
}

interface Counter {
  sum: number
  readonly counts: number[]
}

export class PolicyTally {
  private readonly counters = new Map<string, Counter>()
  private readonly gauges = new Map<string, Gauge>()

  constructor(
    private readonly window: Window,
    private readonly grid: Grid,
  ) {}

  count({ at, counter: name, by }: RowOf<'policy_count'>): void {
    let counter = this.counters.get(name)
    if (counter === undefined) this.counters.set(name, (counter = { sum: 0, counts: this.grid.zeros() }))
    if (at >= this.window.start) counter.sum += by
    this.grid.count(counter.counts, at, by)
  }

  gauge({ at, gauge: name, value }: RowOf<'policy_gauge'>): void {
    const gauge = this.gauges.get(name)
    if (gauge === undefined) {
      const { grid } = this
      const fresh = { value, since: at, integral: 0, covered: 0, times: grid.zeros(), coveredTimes: grid.zeros() }
      this.gauges.set(name, fresh)
      return
    }
    this.hold(gauge, at)
    gauge.value = value
  }

  /** undefined: the policy keeps none, or none was ever touched. */
  result(at: number): { readonly [name: string]: PolicyMetric } | undefined {
    for (const gauge of this.gauges.values()) this.hold(gauge, at)
    const metrics: [string, PolicyMetric][] = [
      ...[...this.counters].map(([name, { sum }]): [string, PolicyMetric] => [name, { value: sum }]),
      ...[...this.gauges].map(([name, { integral, covered }]): [string, PolicyMetric] => [
        name,
        { value: covered === 0 ? null : integral / covered },
      ]),
    ]
    if (metrics.length === 0) return undefined
    return Object.fromEntries(metrics.sort(([a], [b]) => (a < b ? -1 : 1)))
  }

  /** Under `policy.` and the name. */
  series(at: number): { readonly [name: string]: readonly (number | null)[] } {
    for (const gauge of this.gauges.values()) this.hold(gauge, at)
    const added = [...this.counters].map(([name, { counts }]) => [`policy.${name}`, counts] as const)
    const means = [...this.gauges].map(
      ([name, { times, coveredTimes }]) =>
        [
          `policy.${name}`,
          times.map((time, point) => (coveredTimes[point] === 0 ? null : time / coveredTimes[point]!)),
        ] as const,
    )
    return Object.fromEntries([...added, ...means].sort(([a], [b]) => (a < b ? -1 : 1)))
  }

  private hold(gauge: Gauge, to: number): void {
    const time = this.window.overlap(gauge.since, to)
    gauge.integral += gauge.value * time
    gauge.covered += time
    this.grid.spread(gauge.times, gauge.since, to, gauge.value)
    this.grid.spread(gauge.coveredTimes, gauge.since, to, 1)
    gauge.since = to
  }
}
