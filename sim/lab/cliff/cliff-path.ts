/**
 * What a cliff is like beside its place. Hysteresis: the load goes up along the range and down again within one run, and where a service
 * falls and where it comes back are two loads. The smallest burst: from the low end of the range the load jumps up for a while, and
 * the lowest peak after which at least half of the seeds fall is found by bisection, for bursts of several lengths. Both need
 * arrivals with a rate of their own: a recording cannot be bent.
 */
import { fail, ok, type Result } from '../../base/result.ts'
import { MICROS_PER_SECOND } from '../../base/time.ts'
import type { LoadedScenario } from '../../scenario/index.ts'
import { jobOf, type ResolvedArm } from '../runs/arms.ts'
import { collapseOf } from '../estimates/collapse-odds.ts'
import { LEVEL } from '../estimates/estimate.ts'
import type { ExperimentRequest, LabControl, LabPorts } from '../compare/experiment.ts'
import { loadWithSettings } from '../runs/job.ts'
import type { JobDone } from '../runs/ports.ts'
import { LEVELS, levelText, type RangeAxis } from './range-axis.ts'
import { runAll } from '../runs/run-all.ts'
import { medianInterval, medianOf } from '../statistics/order.ts'

/** Seeds of a loop, and of every burst: the same ones, so that sizes are compared on the same luck. */
const SEEDS = 8
export const LOOP_RUNS = SEEDS
/** Lengths of bursts, seconds; those longer than a quarter of the run are left out, or nothing of it were left to fall in. */
const BURSTS_S = [60, 120, 300, 600, 1_200]
/** A burst begins when this share of the run is over, after warm-up at least. */
const BEGINS = 1 / 4

/** Of one model in one run; loads are those at the middle of the window that told. */
export interface LoopRun {
  readonly seed: number
  /** The first of the models to fall; null: none did. */
  readonly model: string | null
  /** null: it held all the way up and down. */
  readonly fell_at: number | null
  readonly fell_on: 'up' | 'down' | null
  /** null: it was down to the end, or never fell. */
  readonly recovered_at: number | null
  readonly recovered_on: 'up' | 'down' | null
  readonly never_up: boolean
}

export interface LoopCentre {
  readonly median: number
  readonly ci95: readonly [low: number, high: number] | null
}

export interface Hysteresis {
  /** Each way. */
  readonly ramp_s: number
  readonly runs: readonly LoopRun[]
  /** Over the runs that fell; null: none did. */
  readonly falls: LoopCentre | null
  /** Over the runs that came back. */
  readonly recovers: LoopCentre | null
}

export interface Burst {
  readonly lasts_s: number
  /** The lowest peak that topples at least half of the runs; null: not even the high end of the range does. */
  readonly peak: string | null
  /** What it adds: (peak / low end - 1) times its length. */
  readonly load_s: number | null
  /** Of the runs at this peak that can be told. */
  readonly fell: number | null
  readonly told: number | null
}

export interface Bursts {
  /** Load before and after. */
  readonly from: string
  readonly at_s: number
  readonly seeds: number
  /** Half of the runs or more fall without any burst; then there is nothing to look for. */
  readonly falls_anyway: boolean
  readonly bursts: readonly Burst[]
  /** Place of the one that adds least. */
  readonly smallest: number | null
}

export type PathVerdict = 'held' | 'fell' | 'never_up' | 'untold'

export interface PathRequest extends Omit<ExperimentRequest, 'seeds' | 'policies'> {
  readonly axis: RangeAxis
  readonly model: string | undefined
}

const LOAD = /^(demand\[(\d+)\]\.arrivals)\.load$/

interface Bent {
  readonly arrivals: string
  readonly duration: number
  readonly loaded: LoadedScenario
}

/** undefined where the load of a stream cannot be bent: which it is, and why. */
export async function bentStream(request: PathRequest, loaded: LoadedScenario, ports: LabPorts): Promise<Result<Bent>> {
  const { path, unit } = request.axis
  const match = LOAD.exec(path)
  if (match === null || unit !== '') {
    const message = `--vary ${path}: --hysteresis and --burst move a load within a run, so it must be one, such as demand[0].arrivals.load=0.5..4`
    return fail([{ message }])
  }
  const [, arrivals, place] = match as unknown as readonly [string, string, string]
  const stream = loaded.scenario.demand[Number(place)]
  if (stream !== undefined && 'arrivals' in stream && 'trace' in stream.arrivals) {
    const message = `${arrivals} replays a recording, which --hysteresis and --burst cannot bend; give it a rate, such as --set '${arrivals}={poisson: 5/s}'`
    return fail([{ message }])
  }
  if (stream !== undefined && 'arrivals' in stream && 'shape' in stream.arrivals && stream.arrivals.shape) {
    return fail([{ message: `${arrivals} has a shape of its own; --hysteresis and --burst would bend it twice` }])
  }
  const bent = { arrivals, duration: loaded.scenario.duration, loaded }
  const tried = await loadWithSettings(
    request.scenario,
    [...request.settings, ...rampOf(request.axis, bent)],
    ports.files,
  )
  return tried.ok ? ok(bent) : tried
}

const rampOf = ({ path, low, high }: RangeAxis, { arrivals, duration }: Bent): readonly string[] => {
  const half = Math.round(duration / 2)
  const points = [
    ['0s', low / high],
    [`${half}us`, 1],
    [`${duration}us`, low / high],
  ]
  return [`${path}=${high}`, `${arrivals}.shape=${JSON.stringify([{ points }])}`]
}

/** Whose loop or bursts, and where they run. */
interface PathOf {
  readonly request: PathRequest
  readonly arm: ResolvedArm
  readonly ports: LabPorts
}

export async function hysteresisOf(
  { request, arm, ports }: PathOf,
  bent: Bent,
  control: LabControl,
): Promise<Hysteresis> {
  const { scenario, verify, axis } = request
  const settings = [...request.settings, ...rampOf(axis, bent)]
  const base = { scenario, settings, verify, wantsSamples: false, rows: [] }
  const jobs = Array.from({ length: SEEDS }, (_, i) => jobOf(base, arm, i + 1))
  const done = await runAll(jobs, { ...control, runner: ports.runner })
  const runs = done.map((run) => loopRun(run, request, bent))
  return {
    ramp_s: bent.duration / 2 / MICROS_PER_SECOND,
    runs,
    falls: centreOf(runs.map(({ fell_at }) => fell_at)),
    recovers: centreOf(runs.map(({ recovered_at }) => recovered_at)),
  }
}

function centreOf(values: readonly (number | null)[]): LoopCentre | null {
  const known = values.filter((value) => value !== null)
  return known.length === 0 ? null : { median: medianOf(known), ci95: medianInterval(known, LEVEL) ?? null }
}

function loopRun({ result }: JobDone, { model, axis }: PathRequest, { duration, loaded }: Bent): LoopRun {
  const settings = loaded.scenario.collapse
  const [window_s, lasts_s, duration_s] = [settings.window, settings.lasts, duration].map(
    (at) => at / MICROS_PER_SECOND,
  ) as [number, number, number]
  const models = (model === undefined ? Object.keys(result.models) : [model]).map((name) => ({
    name,
    found: collapseOf(result, name),
  }))
  const [first] = models
    .filter(({ found }) => found.onset_s !== null)
    .toSorted((a, b) => a.found.onset_s! - b.found.onset_s!)
  const never_up = models.some(({ found }) => found.outcome === 'never_up')
  if (first === undefined) {
    const nothing = { fell_at: null, fell_on: null, recovered_at: null, recovered_on: null }
    return { seed: result.seed, model: null, ...nothing, never_up }
  }
  const way = (at_s: number): 'up' | 'down' => (at_s < duration_s / 2 ? 'up' : 'down')
  const loadAt = (at_s: number): number => {
    const share = Math.min(1, Math.max(0, at_s / duration_s))
    return axis.low + (axis.high - axis.low) * (share < 0.5 ? 2 * share : 2 - 2 * share)
  }
  const { onset_s, recovered_s, outcome } = first.found
  const fell_s = onset_s! - window_s / 2
  const back_s = outcome !== 'recovered' || recovered_s === null ? null : recovered_s - lasts_s - window_s / 2
  return {
    seed: result.seed,
    model: first.name,
    fell_at: loadAt(fell_s),
    fell_on: way(fell_s),
    recovered_at: back_s === null ? null : loadAt(back_s),
    recovered_on: back_s === null ? null : way(back_s),
    never_up,
  }
}

/** A search by halves for one length; `fails` is known not to topple, `topples` to do. */
interface Search {
  readonly lasts_s: number
  fails: number
  topples: number | undefined
  next: number | undefined
  readonly counts: Map<number, { readonly fell: number; readonly told: number }>
}

const lengthsIn = ({ duration }: Bent): readonly number[] =>
  BURSTS_S.filter((lasts_s) => lasts_s * MICROS_PER_SECOND <= duration / 4)

/** The high end, and then halves of what is left of the range. */
const LOOKS_MAX = 32 - Math.clz32(LEVELS)

/** At most: one round without a burst, and a whole search for each length. */
export const burstRunsMax = (bent: Bent): number => SEEDS * (1 + LOOKS_MAX * lengthsIn(bent).length)

export async function burstsOf(
  { request, arm, ports }: PathOf,
  bent: Bent,
  verdictOf: (run: JobDone, model: string | undefined) => PathVerdict,
  control: LabControl,
): Promise<Bursts> {
  const { axis, scenario, verify, model } = request
  const { duration, loaded, arrivals } = bent
  const { warmup } = loaded.scenario
  const at = Math.max(typeof warmup === 'number' ? warmup : 0, Math.round(duration * BEGINS))
  const jobsAt = (place: number, lasts_s: number) => {
    const by = axis.low + ((axis.high - axis.low) * place) / LEVELS
    const spike = { at: `${at}us`, for: `${lasts_s}s`, by: by / axis.low }
    const shape = place === 0 ? [] : [`${arrivals}.shape=${JSON.stringify([{ spike }])}`]
    const settings = [...request.settings, `${axis.path}=${axis.low}`, ...shape]
    const base = { scenario, settings, verify, wantsSamples: false, rows: [] }
    return Array.from({ length: SEEDS }, (_, i) => jobOf(base, arm, i + 1))
  }
  const planned = burstRunsMax(bent)
  let spent = 0
  const run = async (asked: readonly { readonly place: number; readonly lasts_s: number }[]) => {
    const jobs = asked.flatMap(({ place, lasts_s }) => jobsAt(place, lasts_s))
    const onProgress = (share: number): void => control.onProgress((spent + share * jobs.length) / planned)
    const done = await runAll(jobs, { ...control, onProgress, runner: ports.runner })
    spent += jobs.length
    return asked.map((_, i) => {
      const verdicts = done.slice(i * SEEDS, (i + 1) * SEEDS).map((each) => verdictOf(each, model))
      const told = verdicts.filter((verdict) => verdict !== 'untold').length
      return { fell: verdicts.filter((verdict) => verdict === 'fell' || verdict === 'never_up').length, told }
    })
  }
  const shared = { from: levelText(axis, 0), at_s: at / MICROS_PER_SECOND, seeds: SEEDS }
  const [before] = await run([{ place: 0, lasts_s: BURSTS_S[0]! }])
  if (toppled(before!)) return { ...shared, falls_anyway: true, bursts: [], smallest: null }
  const searches = lengthsIn(bent).map(
    (lasts_s): Search => ({ lasts_s, fails: 0, topples: undefined, next: LEVELS, counts: new Map() }),
  )
  // All lengths at once, so that no worker waits for one of them.
  for (;;) {
    const open = searches.filter(({ next }) => next !== undefined)
    if (open.length === 0) break
    const found = await run(open.map(({ next, lasts_s }) => ({ place: next!, lasts_s })))
    for (const [i, search] of open.entries()) step(search, found[i]!)
  }
  const bursts = searches.map((search) => burstOf(search, axis))
  const least = Math.min(...bursts.map(({ load_s }) => load_s ?? Infinity))
  return {
    ...shared,
    falls_anyway: false,
    bursts,
    smallest: Number.isFinite(least) ? bursts.findIndex(({ load_s }) => load_s === least) : null,
  }
}

const toppled = ({ fell, told }: { readonly fell: number; readonly told: number }): boolean =>
  fell > 0 && fell >= told / 2

function step(search: Search, counts: { readonly fell: number; readonly told: number }): void {
  const at = search.next!
  search.counts.set(at, counts)
  if (toppled(counts)) search.topples = at
  else search.fails = at
  const { fails, topples } = search
  search.next = topples === undefined || topples - fails <= 1 ? undefined : (fails + topples) >> 1
}

function burstOf({ lasts_s, topples, counts }: Search, axis: RangeAxis): Burst {
  if (topples === undefined) return { lasts_s, peak: null, load_s: null, fell: null, told: null }
  const peak = axis.low + ((axis.high - axis.low) * topples) / LEVELS
  return { lasts_s, peak: levelText(axis, topples), load_s: (peak / axis.low - 1) * lasts_s, ...counts.get(topples)! }
}
