/**
 * What a request costs a Mac at least: its prompt by the prefill law, and each token after the first the share of a decode step that
 * is its own. A request that is good has all its steps between its arrival and its latest allowed end, so its mean step cannot take
 * longer than that time over its tokens; the cheapest mixture of batch sizes with that mean is a point of the lower convex hull of
 * (time of a step, cost per row).
 */
import type { ChipSpec, ModelSpec } from '../../catalog/index.ts'
import { atPrefillSpeed } from '../../catalog/step-constants.ts'
import { programOf } from '../../mac/engine/engine-version.ts'
import { StepLaw } from '../../mac/engine/law/step-law.ts'
import type { Scenario } from '../../scenario/index.ts'
import type { Asked } from './demand.ts'

const PREFILL_PIECE = 512

/** What requests for one build cost one chip at least. */
export class RequestCost {
  private readonly law: StepLaw
  /** Corners of the lower hull, steps ever longer and rows ever cheaper. */
  private readonly hull: readonly (readonly [stepNanos: number, rowNanos: number])[]
  private readonly contextNanos: number
  private readonly hasPrefixes: boolean

  constructor(
    chip: ChipSpec,
    private readonly build: ModelSpec,
    { engine, mac }: Scenario,
  ) {
    this.law = new StepLaw(atPrefillSpeed(mac.prefill_speed)(chip, build, engine))
    const { law } = this
    const rows = Array.from({ length: programOf(engine, mac).rowsMax }, (_, i) => i + 1)
    this.hull = lowerHull(rows.map((count) => [law.decodeNanos(count, 0), law.decodeNanos(count, 0) / count] as const))
    this.contextNanos = Math.min(...[1, 2].map((count) => law.decodeNanos(count, 1) - law.decodeNanos(count, 0)))
    this.hasPrefixes = mac.prefix_cache.hit_rate > 0
  }

  /** undefined: it cannot be good here. */
  of({ prompt, output }: Asked, allowedNanos: number): number | undefined {
    // The coordinator gives those without a limit the build's own, and a context ends: the least of all that may be asked.
    const tokens = Math.max(1, Math.min(output, this.build.maxOutput.value, this.build.contextLimit.value - prompt))
    const steps = tokens - 1
    // Each piece is rounded to a nanosecond by itself.
    const prefill = this.hasPrefixes ? 0 : this.law.spanNanos(0, prompt) - Math.ceil(prompt / PREFILL_PIECE) - 1
    if (prefill > allowedNanos) return undefined
    if (steps === 0) return Math.max(0, prefill)
    const row = this.rowNanos(allowedNanos / steps)
    return row === undefined ? undefined : Math.max(0, prefill) + steps * (row + this.contextNanos * prompt)
  }

  /** Least cost of a row in steps that take so long in the mean. */
  private rowNanos(meanStepNanos: number): number | undefined {
    const { hull } = this
    if (meanStepNanos < hull[0]![0]) return undefined
    for (let i = 1; i < hull.length; i += 1) {
      const [[shorter, dearer], [longer, cheaper]] = [hull[i - 1]!, hull[i]!]
      if (meanStepNanos < longer) return dearer + ((cheaper - dearer) * (meanStepNanos - shorter)) / (longer - shorter)
    }
    return hull.at(-1)![1]
  }
}

type Point = readonly [x: number, y: number]

/** Of points with rising x, as far as it falls (Andrew's chain). */
function lowerHull(points: readonly Point[]): readonly Point[] {
  const hull: Point[] = []
  for (const point of points) {
    // What is no cheaper than a shorter step helps nobody.
    if (hull.length > 0 && point[1] >= hull.at(-1)![1]) continue
    while (hull.length >= 2 && isAbove(hull.at(-2)!, hull.at(-1)!, point)) hull.pop()
    hull.push(point)
  }
  return hull
}

const isAbove = ([ax, ay]: Point, [bx, by]: Point, [cx, cy]: Point): boolean =>
  (bx - ax) * (cy - ay) - (by - ay) * (cx - ax) <= 0
