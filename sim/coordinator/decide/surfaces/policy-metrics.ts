/**
 * A policy's own counters and gauges on their way into the trace. What is counted during one question is written when the
 * question is answered, once per name, so that a policy may count in a loop over machines.
 */
import type { Micros } from '../../../base/time.ts'
import { BadInputError } from '../../../base/result.ts'
import type { TraceSink } from '../../../trace/row.ts'

export class PolicyMetrics {
  private readonly counted = new Map<string, number>()
  private readonly set = new Map<string, number>()
  /** As last written. */
  private readonly gauges = new Map<string, number>()

  constructor(
    private readonly names: { readonly counters: readonly string[]; readonly gauges: readonly string[] },
    private readonly now: () => Micros,
    private readonly trace: TraceSink,
  ) {}

  count(counter: string, by: number): void {
    this.check('counter', counter, this.names.counters)
    if (!Number.isFinite(by) || by < 0) throw refused(`count('${counter}', ${by}): a counter only goes up`)
    this.counted.set(counter, (this.counted.get(counter) ?? 0) + by)
  }

  gauge(gauge: string, value: number): void {
    this.check('gauge', gauge, this.names.gauges)
    if (!Number.isFinite(value)) throw refused(`gauge('${gauge}', ${value}): a gauge takes a number`)
    this.set.set(gauge, value)
  }

  /** A question has been answered. */
  flush(): void {
    if (this.counted.size > 0) {
      for (const [counter, by] of this.counted) this.trace.emit({ kind: 'policy_count', at: this.now(), counter, by })
      this.counted.clear()
    }
    if (this.set.size === 0) return
    for (const [gauge, value] of this.set) {
      if (this.gauges.get(gauge) === value) continue
      this.gauges.set(gauge, value)
      this.trace.emit({ kind: 'policy_gauge', at: this.now(), gauge, value })
    }
    this.set.clear()
  }

  private check(what: 'counter' | 'gauge', name: string, known: readonly string[]): void {
    if (known.includes(name)) return
    const names = known.length === 0 ? `it declares no ${what}s` : `its ${what}s are ${known.join(', ')}`
    throw refused(`${what} \`${name}\` is not declared by the policy; ${names}`)
  }
}

const refused = (message: string): BadInputError => new BadInputError([{ message }])
