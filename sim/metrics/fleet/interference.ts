/**
 * Who delayed whom, and by what. A served request's latency is its time alone on the same Mac (`solo_ns` of its work)
 * plus the shares its Mac wrote down, plus what happened outside the Mac: coordinator, network and retries, which go to
 * `none` as queueing. So for every request the parts add up to the latency to the nanosecond.
 *
 * Sums are whole nanoseconds carried into whole seconds: ten million requests of ten seconds would not fit into 53 bits.
 */
import { OTHER_CULPRITS } from '../../base/culprits.ts'
import type { BuildId, ModelName } from '../../base/ids.ts'
import { NANOS_PER_MICRO } from '../../base/time.ts'
import type { RowOf } from '../../trace/schema.ts'
import type { InterferenceParts, RunResult } from '../result.ts'

type Cause = 'gpu' | 'memory' | 'thermal' | 'load' | 'queue'

const NOBODY = 'none'

const NANOS_PER_SECOND = 1e9
/** Carried into seconds above this, far below 2^53. */
const CARRY_ABOVE = 2 ** 50

class ExactSeconds {
  private seconds = 0
  private nanos = 0

  add(nanos: number): void {
    this.nanos += nanos
    if (Math.abs(this.nanos) < CARRY_ABOVE) return
    const whole = Math.trunc(this.nanos / NANOS_PER_SECOND)
    this.seconds += whole
    this.nanos -= whole * NANOS_PER_SECOND
  }

  get value(): number {
    return this.seconds + this.nanos / NANOS_PER_SECOND
  }
}

type Parts = { readonly [cause in Cause]: ExactSeconds }

const noParts = (): Parts => ({
  gpu: new ExactSeconds(),
  memory: new ExactSeconds(),
  thermal: new ExactSeconds(),
  load: new ExactSeconds(),
  queue: new ExactSeconds(),
})

const resultOf = (parts: Parts): InterferenceParts => ({
  gpu_s: parts.gpu.value,
  memory_s: parts.memory.value,
  thermal_s: parts.thermal.value,
  load_s: parts.load.value,
  queue_s: parts.queue.value,
})

/** What Macs wrote about the attempts of a request in flight. */
interface Attempt {
  readonly attempt: number
  readonly delays: RowOf<'delay'>[]
  solo_ns: number
}

export class Interference {
  /** By victim, then culprit; victims and culprits in the order in which the result lists them. */
  private readonly victims = new Map<ModelName, Map<string, Parts>>()
  private readonly pending = new Map<number, Attempt[]>()
  private readonly modelOfBuild: ReadonlyMap<BuildId, ModelName>

  constructor(
    private readonly models: readonly ModelName[],
    builds: readonly { readonly build: BuildId; readonly model: ModelName }[],
  ) {
    this.modelOfBuild = new Map(builds.map(({ build, model }) => [build, model]))
    for (const model of models) this.victim(model)
  }

  delay(row: RowOf<'delay'>): void {
    this.attempt(row.request, row.attempt).delays.push(row)
  }

  work(row: RowOf<'work'>): void {
    if (row.outcome === 'finished') this.attempt(row.request, row.attempt).solo_ns = row.solo_ns
  }

  /** The request ended; `model` is undefined when it does not count (arrived in warm-up, or not served). */
  ended(row: RowOf<'ended'>, model: ModelName | undefined, latency_us: number): void {
    const attempts = this.pending.get(row.request)
    this.pending.delete(row.request)
    if (model === undefined) return
    const won = attempts?.find(({ attempt }) => attempt === row.attempt)
    // Cut short by an update of the program: what it would have taken alone is not known, so there is nothing to split.
    if (won === undefined) return
    const culprits = this.victim(model)
    let left = latency_us * NANOS_PER_MICRO - won.solo_ns
    for (const delay of won.delays) {
      const parts = culpritOf(culprits, this.nameOf(delay.culprit))
      parts.gpu.add(delay.gpu_ns)
      parts.memory.add(delay.memory_ns)
      parts.thermal.add(delay.thermal_ns)
      parts.load.add(delay.load_ns)
      parts.queue.add(delay.queue_ns)
      left -= delay.gpu_ns + delay.memory_ns + delay.thermal_ns + delay.load_ns + delay.queue_ns
    }
    culpritOf(culprits, NOBODY).queue.add(left)
  }

  result(): RunResult['interference'] {
    return Object.fromEntries(
      [...this.victims].map(([victim, culprits]) => [
        victim,
        Object.fromEntries([...culprits].map(([culprit, parts]) => [culprit, resultOf(parts)])),
      ]),
    )
  }

  private attempt(request: number, attempt: number): Attempt {
    const attempts = this.pending.get(request)
    const known = attempts?.find((each) => each.attempt === attempt)
    if (known !== undefined) return known
    const fresh: Attempt = { attempt, delays: [], solo_ns: 0 }
    if (attempts === undefined) this.pending.set(request, [fresh])
    else attempts.push(fresh)
    return fresh
  }

  /** Everybody it could blame is there from the start, so that a metric by this name exists in every run. */
  private victim(model: ModelName): Map<string, Parts> {
    const known = this.victims.get(model)
    if (known !== undefined) return known
    const culprits = new Map<string, Parts>()
    for (const culprit of [...this.models, ...OTHER_CULPRITS]) culprits.set(culprit, noParts())
    this.victims.set(model, culprits)
    return culprits
  }

  private nameOf(culprit: string): string {
    return this.modelOfBuild.get(culprit as BuildId) ?? culprit
  }
}

function culpritOf(culprits: Map<string, Parts>, name: string): Parts {
  const known = culprits.get(name)
  if (known !== undefined) return known
  const parts = noParts()
  culprits.set(name, parts)
  return parts
}
