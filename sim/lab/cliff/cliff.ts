/**
 * Where a fleet falls over a cliff: how likely a run falls as a load grows. Seeds are spent where they tell most, in
 * batches of fixed size and in the order of the seeds, one round after the other, so any number of workers gives the same bytes.
 */
import { must } from '../../base/assert.ts'
import { fail, ok, type Result } from '../../base/result.ts'
import { armsOf, type ResolvedArm, jobOf } from '../runs/arms.ts'
import {
  type Bursts,
  bentStream,
  burstRunsMax,
  burstsOf,
  type Hysteresis,
  hysteresisOf,
  LOOP_RUNS,
  type PathVerdict,
} from './cliff-path.ts'
import { collapseOf } from '../estimates/collapse-odds.ts'
import { LEVEL } from '../estimates/estimate.ts'
import type { ExperimentRequest, LabControl, LabPorts } from '../compare/experiment.ts'
import { checkedScenario } from '../check/checked-scenario.ts'
import type { JobDone, RunJob } from '../runs/ports.ts'
import { axisProblem, LEVELS, levelSettings, levelText, type RangeAxis } from './range-axis.ts'
import { runAll } from '../runs/run-all.ts'
import { CliffCurve, type FallTally } from '../statistics/cliff-curve.ts'
import { shareInterval } from '../statistics/shares.ts'

/** Runs of one level at a time. */
const BATCH = 4
/** Places of the first round. */
const FIRST_LEVELS = [0, 8, 16, 24, 32]
/** What the first round takes. */
export const CLIFF_RUNS_MIN = FIRST_LEVELS.length * BATCH
/** What a level's seeds are worth for choosing the next: one that has had many gets its turn later. */
const PATIENCE = 8

export interface CliffRequest extends Omit<ExperimentRequest, 'seeds'> {
  readonly axis: RangeAxis
  /** undefined: the first public model of the results that fell, whichever it is. */
  readonly model: string | undefined
  /** Runs per arm at most. */
  readonly runs: number
  /** Stop when half of the 50 % load's interval is this part of the range; undefined: spend all runs. */
  readonly precision: number | undefined
  /** Beside the curve: up the range and down again; the smallest burst. */
  readonly also?: readonly ('hysteresis' | 'burst')[]
}

export interface CliffLevel {
  readonly value: string
  readonly seeds: readonly number[]
  /** Of them: fell, never came up, and could not be told (which count for nothing). */
  readonly fell: number
  readonly never_up: number
  readonly untold: number
  readonly p: number | null
  readonly ci95: readonly [low: number, high: number] | null
  readonly curve: CurvePoint
}

/** Of the curve through all levels: the likeliest probability and its 95 % range. */
interface CurvePoint {
  readonly p: number
  readonly low: number
  readonly high: number
}

/** A load, in the axis's unit. Up to half a range outside what was looked at; farther than that nothing is said. */
export interface LoadCrossing {
  readonly value: number
  readonly low: number
  readonly high: number
}

export interface CliffArm {
  readonly levels: readonly CliffLevel[]
  /** At every place of the range, looked at or not, in its order. */
  readonly curve: readonly (CurvePoint & { readonly value: number })[]
  /** null: no run fell, or every one did, so the cliff lies somewhere else. */
  readonly at_1: LoadCrossing | null
  readonly at_50: LoadCrossing | null
  /** How likely it is that more means worse. */
  readonly rises: number
  readonly runs: number
  /** Where they were asked for. Their runs are not counted above. */
  readonly hysteresis?: Hysteresis
  readonly burst?: Bursts
}

export interface CliffResult {
  readonly format: 'fleetlab.cliff/1'
  readonly scenario: { readonly name: string }
  readonly axis: RangeAxis
  /** null: any public model. */
  readonly model: string | null
  readonly arms: { readonly [arm: string]: CliffArm }
  readonly meta: { readonly [key: string]: string | number }
}

/** What one level has shown so far. */
interface Level {
  readonly runs: JobDone[]
}

export async function runCliff(
  request: CliffRequest,
  ports: LabPorts,
  control: LabControl,
): Promise<Result<CliffResult>> {
  const loaded = await checkedScenario(request.scenario, request.settings, ports.files)
  if (!loaded.ok) return loaded
  const { publicModels } = loaded.value.scenario
  const { model } = request
  if (model !== undefined && !publicModels.some((name) => name === model)) {
    return fail([{ message: `--model ${model}: no such public model; there are ${publicModels.join(', ')}` }])
  }
  const unusable = await axisProblem(request.scenario, request.settings, request.axis, loaded.value, ports.files)
  if (unusable !== undefined) return fail(unusable)
  const settingsAt = (place: number): readonly string[] => [
    ...request.settings,
    ...levelSettings(request.axis, place, loaded.value),
  ]
  const arms = await armsOf(loaded.value, request.policies, ports.resolvePolicy)
  if (!arms.ok) return arms
  const { also = [] } = request
  const bent = also.length === 0 ? undefined : await bentStream(request, loaded.value, ports)
  if (bent?.ok === false) return bent
  const wantsLoop = bent !== undefined && also.includes('hysteresis')
  const wantsBursts = bent !== undefined && also.includes('burst')
  // Runs at most, of one arm: a search that ends early is a bar that jumps.
  const [ofLoop, ofBursts] = [wantsLoop ? LOOP_RUNS : 0, wantsBursts ? burstRunsMax(bent.value) : 0]
  const ofArm = request.runs + ofLoop + ofBursts
  const found: [string, CliffArm][] = []
  for (const [index, arm] of arms.value.entries()) {
    /** For a part of so many runs, after so many. */
    const part = (before: number, runs: number): LabControl => ({
      ...control,
      onProgress: (share) => control.onProgress((index + (before + share * runs) / ofArm) / arms.value.length),
    })
    const cliff = await cliffOf(request, { arm, settingsAt }, ports, part(0, request.runs))
    const ofPart = { request, arm, ports }
    const hysteresis = wantsLoop && (await hysteresisOf(ofPart, bent.value, part(request.runs, ofLoop)))
    const burst = wantsBursts && (await burstsOf(ofPart, bent.value, verdictOf, part(request.runs + ofLoop, ofBursts)))
    found.push([arm.name, { ...cliff, ...(hysteresis && { hysteresis }), ...(burst && { burst }) }])
  }
  return ok({
    format: 'fleetlab.cliff/1',
    scenario: { name: loaded.value.scenario.name },
    axis: request.axis,
    model: model ?? null,
    arms: Object.fromEntries(found),
    meta: {},
  })
}

type SettingsAt = (place: number) => readonly string[]

async function cliffOf(
  request: CliffRequest,
  { arm, settingsAt }: { readonly arm: ResolvedArm; readonly settingsAt: SettingsAt },
  ports: LabPorts,
  control: LabControl,
): Promise<CliffArm> {
  const levels = new Map<number, Level>()
  const talliesOf = (): readonly FallTally[] =>
    [...levels].map(([place, level]) => tallyOf(place, level, request.model))
  let next: readonly number[] = FIRST_LEVELS
  let spent = 0
  while (next.length > 0) {
    const jobs = next.flatMap((place) => batchOf(request, arm, settingsAt(place), levels.get(place)?.runs.length ?? 0))
    const done = await runAll(jobs, {
      ...control,
      onProgress: (share) => control.onProgress(Math.min(1, (spent + share * jobs.length) / request.runs)),
      runner: ports.runner,
    })
    for (const [index, place] of next.entries()) {
      const level = levels.get(place) ?? { runs: [] }
      level.runs.push(...done.slice(index * BATCH, (index + 1) * BATCH))
      levels.set(place, level)
    }
    spent += jobs.length
    const curve = new CliffCurve(talliesOf())
    // A round that would not fit is cut, the level that tells more kept.
    const room = Math.max(0, Math.floor((request.runs - spent) / BATCH))
    next = isSure(curve, request.precision) ? [] : nextLevels(curve, levels).slice(0, room)
  }
  return armOf(request, levels, new CliffCurve(talliesOf()), spent)
}

function batchOf(
  { scenario, verify }: CliffRequest,
  arm: ResolvedArm,
  settings: readonly string[],
  before: number,
): readonly RunJob[] {
  const base = { scenario, settings, verify, wantsSamples: false, rows: [] }
  return Array.from({ length: BATCH }, (_, i) => jobOf(base, arm, before + i + 1))
}

function isSure(curve: CliffCurve, precision: number | undefined): boolean {
  if (precision === undefined) return false
  const [low, high] = curve.crossing(0.5).range
  return (high - low) / 2 <= precision
}

/** Where the curve is least known, and where its foot is thought to be: one for the 50 % load, one for the 1 % load. */
function nextLevels(curve: CliffCurve, levels: ReadonlyMap<number, Level>): readonly number[] {
  const worth = (place: number): number => {
    const runs = levels.get(place)?.runs.length ?? 0
    return curve.at(place / LEVELS).sd / Math.sqrt(1 + runs / PATIENCE)
  }
  const worths = Array.from({ length: LEVELS + 1 }, (_, place) => worth(place))
  const widest = worths.indexOf(Math.max(...worths))
  const foot = Math.min(LEVELS, Math.max(0, Math.round(curve.crossing(0.01).at * LEVELS)))
  return foot === widest ? [widest] : [widest, foot]
}

function verdictOf({ result }: JobDone, model: string | undefined): PathVerdict {
  const models = model === undefined ? Object.keys(result.models) : [model]
  const outcomes = new Set(models.map((each) => collapseOf(result, each).outcome))
  if (outcomes.has('collapsed') || outcomes.has('recovered')) return 'fell'
  if (outcomes.has('never_up')) return 'never_up'
  return outcomes.has('unresolved') || !outcomes.has('held') ? 'untold' : 'held'
}

function countsOf(level: Level, model: string | undefined): { readonly [verdict in PathVerdict]: number } {
  const counts = { held: 0, fell: 0, never_up: 0, untold: 0 }
  for (const run of level.runs) counts[verdictOf(run, model)] += 1
  return counts
}

/** A run that never came up has fallen as far as a load is concerned. */
function tallyOf(place: number, level: Level, model: string | undefined): FallTally {
  const { held, fell, never_up } = countsOf(level, model)
  return { at: place / LEVELS, runs: held + fell + never_up, fell: fell + never_up }
}

function armOf(request: CliffRequest, levels: ReadonlyMap<number, Level>, curve: CliffCurve, runs: number): CliffArm {
  const { axis, model } = request
  const value = (share: number): number => axis.low + share * (axis.high - axis.low)
  const tallies = [...levels].map(([place, level]) => tallyOf(place, level, model))
  const isEdge = tallies.some(({ fell }) => fell > 0) && tallies.some((tally) => tally.fell < tally.runs)
  const crossing = (share: number): LoadCrossing | null => {
    if (!isEdge) return null
    const { at, range } = curve.crossing(share)
    return { value: value(at), low: value(range[0]), high: value(range[1]) }
  }
  const places = [...levels.keys()].toSorted((a, b) => a - b)
  const curveAt = (share: number): CurvePoint => {
    const [low, high] = curve.rangeAt(share)
    return { p: curve.at(share).p, low, high }
  }
  return {
    curve: Array.from({ length: LEVELS + 1 }, (_, place) => ({
      value: value(place / LEVELS),
      ...curveAt(place / LEVELS),
    })),
    levels: places.map((place): CliffLevel => {
      const level = must(levels.get(place), 'a level that was visited')
      const { fell, never_up, untold } = countsOf(level, model)
      const told = level.runs.length - untold
      return {
        value: levelText(axis, place),
        seeds: level.runs.map(({ result }) => result.seed),
        fell,
        never_up,
        untold,
        p: told === 0 ? null : (fell + never_up) / told,
        ci95: told === 0 ? null : shareInterval(fell + never_up, told, LEVEL),
        curve: curveAt(place / LEVELS),
      }
    }),
    at_1: crossing(0.01),
    at_50: crossing(0.5),
    rises: curve.rises,
    runs,
  }
}
