/**
 * The highest load, or the smallest fleet, that surely meets an objective, and the lowest (largest) that surely misses it. Between
 * them the runs cannot tell. Levels are halved as in any search for a threshold, so the objective is taken to get worse, or better,
 * all the way along the range; a level has seeds until its interval tells, or until there are no more to be had.
 */
import { must } from '../../base/assert.ts'
import { fail, ok, type Problem, type Result } from '../../base/result.ts'
import { readMetric } from '../../metrics/index.ts'
import { armsOf, type ResolvedArm, jobOf } from '../runs/arms.ts'
import { outcomesFor } from '../estimates/collapse-odds.ts'
import { centreOf, type Estimate, Estimator, LEVEL } from '../estimates/estimate.ts'
import type { ExperimentRequest, LabControl, LabPorts } from '../compare/experiment.ts'
import { checkedScenario } from '../check/checked-scenario.ts'
import { shapeOf } from '../estimates/figure-shape.ts'
import { type Objective, parseObjective } from './objective.ts'
import type { JobDone } from '../runs/ports.ts'
import { axisProblem, LEVELS, levelSettings, levelText, type RangeAxis } from './range-axis.ts'
import { runAll } from '../runs/run-all.ts'
import { looksUpTo } from '../statistics/looks.ts'
import { vocabularyOf } from '../runs/vocabulary.ts'

/** Seeds of a level at its first look; each further look doubles them. */
const FIRST_SEEDS = 8

export interface CapacityRequest extends Omit<ExperimentRequest, 'seeds'> {
  readonly axis: RangeAxis
  /** As written; all must be met. */
  readonly objectives: readonly string[]
  /** Of one level at most. */
  readonly seedsMax: number
}

/** unclear: the interval reaches over the bound, however many seeds were allowed. */
export type ObjectiveStanding = 'meets' | 'misses' | 'unclear'

export interface CapacityLevel {
  readonly value: string
  readonly seeds: number
  readonly standing: ObjectiveStanding
  readonly figures: { readonly [metric: string]: Estimate }
}

export interface CapacityArm {
  /** In the order of the range. */
  readonly levels: readonly CapacityLevel[]
  /** Whether the objective is met at the low end of the range and missed at the high end, as with a load, or the other way round. */
  readonly better: 'low' | 'high' | null
  /** The last level that surely meets it, and the first that surely misses it; null: none of the range does. */
  readonly meets: string | null
  readonly misses: string | null
}

export interface CapacityResult {
  readonly format: 'fleetlab.capacity/1'
  readonly scenario: { readonly name: string }
  readonly axis: RangeAxis
  readonly objectives: readonly Objective[]
  readonly arms: { readonly [arm: string]: CapacityArm }
  readonly meta: { readonly [key: string]: string | number }
}

export async function runCapacity(
  request: CapacityRequest,
  ports: LabPorts,
  control: LabControl,
): Promise<Result<CapacityResult>> {
  const loaded = await checkedScenario(request.scenario, request.settings, ports.files)
  if (!loaded.ok) return loaded
  const objectives: Objective[] = []
  const problems: Problem[] = []
  for (const text of request.objectives) {
    const parsed = parseObjective(text, loaded.value.scenario.publicModels, vocabularyOf(loaded.value))
    if (parsed.ok) objectives.push(...parsed.value)
    else problems.push({ message: `--slo: ${parsed.error}` })
  }
  if (problems.length > 0) return fail(problems)
  const unusable = await axisProblem(request.scenario, request.settings, request.axis, loaded.value, ports.files)
  if (unusable !== undefined) return fail(unusable)
  const arms = await armsOf(loaded.value, request.policies, ports.resolvePolicy)
  if (!arms.ok) return arms
  const found: [string, CapacityArm][] = []
  for (const [index, arm] of arms.value.entries()) {
    const search = new Search(
      request,
      arm,
      objectives,
      (place) => levelSettings(request.axis, place, loaded.value),
      ports,
      {
        ...control,
        onProgress: (share) => control.onProgress((index + share) / arms.value.length),
      },
    )
    found.push([arm.name, await search.find()])
  }
  return ok({
    format: 'fleetlab.capacity/1',
    scenario: { name: loaded.value.scenario.name },
    axis: request.axis,
    objectives,
    arms: Object.fromEntries(found),
    meta: {},
  })
}

/** Levels that a search by halves visits beside the two ends, and once more for the other edge of what cannot be told. */
const LOOKS_EXPECTED = 12

class Search {
  private readonly visited = new Map<number, { readonly level: CapacityLevel }>()

  constructor(
    private readonly request: CapacityRequest,
    private readonly arm: ResolvedArm,
    private readonly objectives: readonly Objective[],
    private readonly settingsAt: (place: number) => readonly string[],
    private readonly ports: LabPorts,
    private readonly control: LabControl,
  ) {}

  async find(): Promise<CapacityArm> {
    const [first, last] = [await this.standing(0), await this.standing(LEVELS)]
    const better = first === last ? null : first === 'meets' || last === 'misses' ? 'low' : 'high'
    const flip = better === 'high'
    const at = (step: number): Promise<ObjectiveStanding> => this.standing(flip ? LEVELS - step : step)
    // Steps from the good end: the last that surely meets it, and the first that surely misses it.
    const meets = await edge(async (step) => (await at(step)) === 'meets')
    const misses = await edge(async (step) => (await at(step)) !== 'misses')
    const text = (step: number): string | null =>
      step < 0 || step > LEVELS ? null : levelText(this.request.axis, flip ? LEVELS - step : step)
    return {
      levels: [...this.visited].toSorted(([a], [b]) => a - b).map(([, { level }]) => level),
      better,
      meets: text(meets),
      misses: text(misses + 1),
    }
  }

  private async standing(place: number): Promise<ObjectiveStanding> {
    const known = this.visited.get(place)
    if (known !== undefined) return known.level.standing
    const level = await this.visit(place)
    this.visited.set(place, { level })
    this.control.onProgress(Math.min(0.99, this.visited.size / LOOKS_EXPECTED))
    return level.standing
  }

  private async visit(place: number): Promise<CapacityLevel> {
    const { scenario, verify, seedsMax, axis } = this.request
    const looks = looksUpTo(FIRST_SEEDS, seedsMax)
    const base = { scenario, settings: this.settingsAt(place), verify, wantsSamples: false, rows: [] }
    const runs: JobDone[] = []
    let found: Pick<CapacityLevel, 'standing' | 'figures'> | undefined
    for (const seeds of looks) {
      const jobs = Array.from({ length: seeds - runs.length }, (_, i) => jobOf(base, this.arm, runs.length + i + 1))
      runs.push(...(await runAll(jobs, { ...this.control, onProgress: () => {}, runner: this.ports.runner })))
      found = this.judged(runs, looks.length)
      if (found.standing !== 'unclear') break
    }
    return { value: levelText(axis, place), seeds: runs.length, ...must(found, 'a level has at least one look') }
  }

  /** All objectives at all looks hold together at 95 %. */
  private judged(runs: readonly JobDone[], looks: number): Pick<CapacityLevel, 'standing' | 'figures'> {
    const estimator = new Estimator()
    const level = 1 - (1 - LEVEL) / (looks * this.objectives.length)
    const results = runs.map(({ result }) => result)
    const standings: ObjectiveStanding[] = []
    const figures: { [metric: string]: Estimate } = {}
    for (const { metric, sense, bound } of this.objectives) {
      const values = results.map((result) => readMetric(result, metric) ?? null)
      const humps = new Set(outcomesFor(results, metric)).size > 1
      const found = estimator.estimate(values, shapeOf(metric), humps, level)
      figures[metric] = found
      standings.push(standingOf(found, sense, bound))
    }
    const standing = standings.includes('misses') ? 'misses' : standings.includes('unclear') ? 'unclear' : 'meets'
    return { standing, figures }
  }
}

function standingOf(found: Estimate, sense: Objective['sense'], bound: number): ObjectiveStanding {
  // Nobody asked for the model, or nobody was served: nothing was shown to be met.
  if (centreOf(found) === null || found.ci95 === null) return 'unclear'
  const [low, high] = found.ci95
  if (sense === 'at_least') return low >= bound ? 'meets' : high < bound ? 'misses' : 'unclear'
  return high <= bound ? 'meets' : low > bound ? 'misses' : 'unclear'
}

/** The last step from 0 for which it holds, -1 when it does not at 0; halving, as if it held up to some step and never again. */
async function edge(holds: (step: number) => Promise<boolean>): Promise<number> {
  if (!(await holds(0))) return -1
  if (await holds(LEVELS)) return LEVELS
  let [good, bad] = [0, LEVELS]
  while (bad - good > 1) {
    const middle = (good + bad) >> 1
    if (await holds(middle)) good = middle
    else bad = middle
  }
  return good
}
