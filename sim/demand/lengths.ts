/**
 * How long requests are. From a trace, lengths come in blocks of consecutive (prompt, output) pairs whose starting
 * points are drawn anew by each seed: the circular block bootstrap (Politis and Romano 1992). A pair stays a pair, and
 * the marginals are the trace's own.
 *
 * Block size: the square root of the number of requests, rounded up (140 of the 19,366 of the Azure trace). Its output
 * lengths have an autocorrelation of 0.10 at lag 1 and still 0.09 at lag 300: a slow drift of the mix, which the usual
 * cube-root block (27) would cut up; the square root keeps stretches of half a minute together and still makes an hour
 * of 140 independent blocks, so that seeds differ.
 */
import { assertNever, must } from '../base/assert.ts'
import { ln, pow } from '../base/math.ts'
import { type Distribution, type Sampler, sampler } from '../kernel/distributions.ts'
import type { RandomSource, RandomStream } from '../kernel/scheduler.ts'
import { type Arrivals, type LengthDistribution, type Lengths, TOKENS_MAX } from './config.ts'
import type { TraceFile } from './trace-file.ts'

export interface LengthSource {
  /** Both at least 1. Valid until the next call of `draw`. */
  readonly promptTokens: number
  readonly outputTokens: number
  draw(): void
}

/** Straight pieces by which the log-space tail of a quantile grid is drawn: its mean is then within 0.2 % for a tenfold tail (h²/12, h = ln 10 / 16). */
const TAIL_PIECES = 16

export function lengthSource(
  lengths: Lengths,
  arrivals: Arrivals,
  traces: ReadonlyMap<string, TraceFile>,
  random: RandomSource,
  name: string,
): LengthSource {
  if (!('from' in lengths)) {
    return new DrawnLengths(lengths, random.stream(`${name}/prompt`), random.stream(`${name}/output`))
  }
  const path = must(lengths.file ?? ('trace' in arrivals ? arrivals.trace : undefined), 'demand: lengths from no trace')
  const trace = must(traces.get(path), `demand: the trace ${path} is not loaded`)
  return new BlockLengths(trace, random.stream(name))
}

/** A request of more tokens than there can be does not come out of a heavy tail either. */
export const tokens = (value: number): number => Math.min(TOKENS_MAX, Math.max(1, Math.round(value)))

/** Prompt and output are independent: their correlation is near nil in all three traces (facts workload.md §2). */
class DrawnLengths implements LengthSource {
  promptTokens = 1
  outputTokens = 1
  private readonly prompt: Sampler
  private readonly output: Sampler

  /** A stream for each, so that changing one distribution leaves the other's draws alone. */
  constructor(
    lengths: Exclude<Lengths, { from: 'trace' }>,
    private readonly promptStream: RandomStream,
    private readonly outputStream: RandomStream,
  ) {
    this.prompt = sampler(distributionOf(lengths.prompt))
    this.output = sampler(distributionOf(lengths.output))
  }

  draw(): void {
    this.promptTokens = tokens(this.prompt(this.promptStream))
    this.outputTokens = tokens(this.output(this.outputStream))
  }
}

class BlockLengths implements LengthSource {
  promptTokens = 1
  outputTokens = 1
  private row = 0
  private left = 0

  constructor(
    private readonly trace: TraceFile,
    private readonly stream: RandomStream,
  ) {}

  draw(): void {
    const count = this.trace.promptTokens.length
    if (this.left === 0) {
      this.row = this.stream.below(count)
      this.left = blockSize(count)
    }
    this.promptTokens = this.trace.promptTokens[this.row]!
    this.outputTokens = this.trace.outputTokens[this.row]!
    this.row = this.row + 1 === count ? 0 : this.row + 1
    this.left -= 1
  }
}

export const blockSize = (requests: number): number => Math.ceil(Math.sqrt(requests))

/** A scenario's distribution in the kernel's terms. */
export function distributionOf(lengths: LengthDistribution): Distribution {
  if (typeof lengths === 'number') return { kind: 'constant', value: lengths }
  if ('constant' in lengths) return { kind: 'constant', value: lengths.constant }
  if ('lognormal' in lengths) {
    return { kind: 'lognormal', mu: ln(lengths.lognormal.median), sigma: lengths.lognormal.sigma }
  }
  if ('exponential' in lengths) return { kind: 'exponential', mean: lengths.exponential.mean }
  if ('gamma' in lengths) {
    const { mean, cv } = lengths.gamma
    return { kind: 'gamma', mean, shape: 1 / (cv * cv) }
  }
  // Whole numbers from min to max, each equally likely once rounded.
  if ('uniform' in lengths) {
    return { kind: 'uniform', min: lengths.uniform.min - 0.5, max: lengths.uniform.max + 0.5 }
  }
  if ('quantiles' in lengths) return { kind: 'empirical', points: withLogTail(lengths.quantiles) }
  return assertNever(lengths)
}

/** The last cell of a grid is the tail: wide, and dense at its lower end. Straight lines would put its mean far too high. */
function withLogTail(points: readonly (readonly [number, number])[]): readonly (readonly [number, number])[] {
  const [from, to] = [points[points.length - 2]!, points[points.length - 1]!]
  if (from[1] < 1 || to[1] === from[1]) return points
  const ratio = to[1] / from[1]
  const tail: (readonly [number, number])[] = []
  for (let i = 1; i < TAIL_PIECES; i++) {
    const part = i / TAIL_PIECES
    tail.push([from[0] + (to[0] - from[0]) * part, from[1] * pow(ratio, part)])
  }
  return [...points.slice(0, -1), ...tail, to]
}
