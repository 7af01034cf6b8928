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
import { must } from '../../base/assert.ts'
import { type Sampler, sampler } from '../../kernel/distributions.ts'
import type { RandomSource, RandomStream } from '../../kernel/scheduler.ts'
import { type Arrivals, type Lengths, TOKENS_MAX } from '../config.ts'
import { lengthsInTokens } from './distributions.ts'
import type { TenantsArrivals } from '../arrivals/config.ts'
import type { Recordings } from '../recorded/recordings.ts'
import type { TraceFile } from '../recorded/trace-file.ts'

export interface LengthSource {
  /** Both at least 1. Valid until the next call of `draw`. */
  readonly promptTokens: number
  readonly outputTokens: number
  /** `mark`: of the arrival. */
  draw(mark: number): void
}

export interface LengthSettings {
  readonly lengths: Lengths
  readonly arrivals: Arrivals
  /** A row of the recording keeps its lengths unless told otherwise. */
  readonly keepsRows: boolean
}

export function lengthSource(
  { lengths, arrivals, keepsRows }: LengthSettings,
  recordings: Recordings,
  random: RandomSource,
  name: string,
): LengthSource {
  const source = plainSource(lengths, arrivals, keepsRows, recordings, random, name)
  if (!('tenants' in arrivals) || arrivals.tenants.length_sigma === 0) return source
  return new TenantLengths(source, arrivals.tenants, random.stream(`${name}/tenants`))
}

/** Of requests that come from outside the scenario: a stream's lengths without its arrivals, so no row is anybody's own. */
export function redrawnLengths(
  { lengths, arrivals }: Pick<LengthSettings, 'lengths' | 'arrivals'>,
  recordings: Recordings,
  random: RandomSource,
  name: string,
): LengthSource {
  const redrawn = 'from' in lengths ? { ...lengths, rows: undefined } : lengths
  return plainSource(redrawn, arrivals, false, recordings, random, name)
}

function plainSource(
  lengths: Lengths,
  arrivals: Arrivals,
  keepsRows: boolean,
  recordings: Recordings,
  random: RandomSource,
  name: string,
): LengthSource {
  if (!('from' in lengths)) {
    return new DrawnLengths(lengths, random.stream(`${name}/prompt`), random.stream(`${name}/output`))
  }
  const own = 'trace' in arrivals ? arrivals.trace : undefined
  const path = must(lengths.file ?? own, 'demand: lengths from no trace')
  const trace = recordings.trace(path)
  const ofRow = lengths.rows === undefined ? keepsRows && lengths.file === undefined : lengths.rows === 'own'
  return ofRow ? new RowLengths(trace) : new BlockLengths(trace, random.stream(name))
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
    this.prompt = sampler(lengthsInTokens(lengths.prompt))
    this.output = sampler(lengthsInTokens(lengths.output))
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

/** As recorded. */
class RowLengths implements LengthSource {
  promptTokens = 1
  outputTokens = 1
  constructor(private readonly trace: TraceFile) {}

  draw(row: number): void {
    this.promptTokens = this.trace.promptTokens[row]!
    this.outputTokens = this.trace.outputTokens[row]!
  }
}

/** Longer or shorter by factors of the tenant. */
class TenantLengths implements LengthSource {
  promptTokens = 1
  outputTokens = 1
  private readonly factors: readonly (readonly [prompt: number, output: number])[]

  constructor(
    private readonly source: LengthSource,
    { count, length_sigma }: TenantsArrivals['tenants'],
    stream: RandomStream,
  ) {
    const factor = sampler({ kind: 'lognormal', mu: 0, sigma: length_sigma })
    this.factors = Array.from({ length: count }, () => [factor(stream), factor(stream)] as const)
  }

  draw(tenant: number): void {
    const [prompt, output] = this.factors[tenant]!
    this.source.draw(tenant)
    this.promptTokens = tokens(this.source.promptTokens * prompt)
    this.outputTokens = tokens(this.source.outputTokens * output)
  }
}
