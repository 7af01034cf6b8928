/**
 * One replication of a queue by the whole simulator. Waits come from the trace: from a request's arrival at the router to
 * its message's arrival at the Mac that serves it, which starts at once, for each Mac has one row.
 */
import { assert, must } from '../../base/assert.ts'
import { BadInputError } from '../../base/result.ts'
import { MICROS_PER_SECOND } from '../../base/time.ts'
import { Judges } from '../../metrics/index.ts'
import { LittlesLaw } from '../../metrics/judges/littles-law.ts'
import { findPolicy } from '../../policy/index.ts'
import { type LoadedScenario, loadScenario } from '../../scenario/index.ts'
import { play } from '../../simulation.ts'
import type { TraceRow } from '../../trace/row.ts'
import type { StackModel } from './stack-models.ts'
import { stackScenario } from './stack-scenario.ts'

/** The coordinator without pools. */
const POLICY = 'open'
/** Standard deviations of a Poisson count by which the run is longer than its mean asks for. */
const SPARE_DEVIATIONS = 7
const FILE = 'stack.yaml'

/** Mean wait of `arrivals` requests after the first `warmup`, seconds. Little's law is judged over the whole run. */
export async function runStack(stack: StackModel, seed: number, warmup: number, arrivals: number): Promise<number> {
  const policy = must(findPolicy(POLICY), 'stack: the policy is built in')
  const waits = new Waits(warmup, arrivals)
  const scenario = await loadedStack(stack, warmup + arrivals)
  const judges = new Judges([new LittlesLaw()])
  await play({ scenario, policy, seed, subscribers: [judges.row, waits.row] })
  judges.end()
  assert(waits.served === arrivals, 'stack: every counted request arrived and was served')
  return waits.total / arrivals / MICROS_PER_SECOND
}

/** The scenario in which at least so many requests arrive. */
export async function loadedStack({ macs, streams }: StackModel, requests: number): Promise<LoadedScenario> {
  const enough = requests + SPARE_DEVIATIONS * Math.sqrt(requests)
  const rate = streams.reduce((sum, stream) => sum + stream.rate, 0)
  const text = stackScenario(macs, streams, Math.ceil(enough / rate))
  const loaded = await loadScenario(FILE, { read: async () => text, resolve: (_from, relative) => relative })
  if (!loaded.ok) throw new BadInputError(loaded.error)
  return loaded.value
}

/** Requests are numbered in order of arrival (INV-1), which says which of them count. */
class Waits {
  served = 0
  /** Exact: whole microseconds, below 2^53 in all. */
  total = 0
  private readonly arrivedAt = new Map<number, number>()

  constructor(
    private readonly warmup: number,
    private readonly arrivals: number,
  ) {}

  readonly row = (row: TraceRow): void => {
    if (row.kind === 'arrived') {
      if (row.request >= this.warmup && row.request < this.warmup + this.arrivals)
        this.arrivedAt.set(row.request, row.at)
    } else if (row.kind === 'work') {
      const arrivedAt = this.arrivedAt.get(row.request)
      if (arrivedAt === undefined) return
      assert(row.outcome === 'finished' && row.attempt === 0, 'stack: a request is served by the first Mac it goes to')
      this.arrivedAt.delete(row.request)
      this.served += 1
      this.total += row.receivedAt - arrivedAt
    }
  }
}
