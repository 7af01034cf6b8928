/** Points run and measured: for the search on its seeds, and at the end on seeds, and in worlds, that had no part in it. */
import type { RunResult } from '../../metrics/result.ts'
import type { LabControl, LabPorts } from '../compare/experiment.ts'
import { type BestSet, bestSet } from '../estimates/best-set.ts'
import { outcomesFor } from '../estimates/collapse-odds.ts'
import { centreOf, type Estimate, Estimator } from '../estimates/estimate.ts'
import { shapeOf } from '../estimates/figure-shape.ts'
import { deltaOf, judged, type JudgedDifference, levelOf } from '../estimates/verdict.ts'
import { jobOf } from '../runs/arms.ts'
import { runAll } from '../runs/run-all.ts'
import { type Figure, figureOf, type Point } from './tune-point.ts'
import { type PointValues, settingsAt } from './tune-space.ts'
import type { TuneRequest, World } from './tune-world.ts'

/** A point on seeds that had no part in choosing it. */
export interface TuneScore {
  readonly values: PointValues
  readonly role: 'chosen' | 'as_it_is' | 'finalist'
  /** In the order of `figures`. */
  readonly figures: readonly Estimate[]
  /** Of the objective against the policy as it is; absent for itself. */
  readonly difference?: JudgedDifference
}

/** As many as usual, for the progress bar. */
const FINALISTS = 6

export class Measuring {
  private spent = 0

  constructor(
    private readonly request: TuneRequest,
    private readonly figures: readonly Figure[],
    private readonly ports: LabPorts,
    private readonly control: LabControl,
  ) {}

  private async results(world: World, points: readonly PointValues[], seeds: readonly (readonly number[])[]) {
    const { verify, settings } = this.request
    const base = { scenario: world.file, settings, verify, wantsSamples: false, rows: [] }
    const jobs = points.flatMap((values, i) => {
      const arm = { ...world.arm, settings: [...world.arm.settings, ...settingsAt(values)] }
      return seeds[i]!.map((seed) => jobOf(base, arm, seed))
    })
    const { runs, heldBack, worlds } = this.request
    const expected = runs + heldBack * (FINALISTS + 2 * worlds.length)
    const onProgress = (share: number): void =>
      this.control.onProgress(Math.min(0.99, (this.spent + share * jobs.length) / expected))
    const done = await runAll(jobs, { ...this.control, onProgress, runner: this.ports.runner })
    this.spent += jobs.length
    let from = 0
    return points.map((_, i) => done.slice(from, (from += seeds[i]!.length)).map(({ result }) => result))
  }

  async ofSearch(world: World, points: readonly Point[], seeds: readonly number[]): Promise<void> {
    const found = await this.results(
      world,
      points.map(({ values }) => values),
      points.map(({ rows }) => seeds.slice(rows.length)),
    )
    for (const [i, point] of points.entries()) {
      point.rows.push(...found[i]!.map((result) => this.figures.map((figure) => figureOf(result, figure))))
    }
  }

  async scores(
    world: World,
    points: readonly Point[],
    seeds: readonly number[],
    roleOf: (point: Point) => TuneScore['role'],
    asItIs: PointValues,
  ): Promise<{ readonly scores: readonly TuneScore[]; readonly best: BestSet | null }> {
    const found = await this.results(
      world,
      points.map(({ values }) => values),
      points.map(() => seeds),
    )
    const estimator = new Estimator()
    const [goal] = this.figures as readonly [Figure, ...Figure[]]
    const shape = shapeOf(goal.metrics[0])
    const hasHumps = (results: readonly RunResult[], { metrics }: Figure): boolean =>
      metrics.some((metric) => new Set(outcomesFor(results, metric)).size > 1)
    const column = (results: readonly RunResult[], figure: Figure) => results.map((result) => figureOf(result, figure))
    const standard = found[points.findIndex(({ values }) => values === asItIs)]!
    const level = levelOf(points.length - 1)
    const scores = points.map((point, i): TuneScore => {
      const results = found[i]!
      const figures = this.figures.map((figure) =>
        estimator.estimate(column(results, figure), shapeOf(figure.metrics[0]), hasHumps(results, figure)),
      )
      const score = { values: point.values, role: roleOf(point), figures }
      if (results === standard) return score
      const columns = [column(results, goal), column(standard, goal)] as const
      const humps = hasHumps(results, goal) || hasHumps(standard, goal)
      const delta = deltaOf(shape, centreOf(estimator.estimate(columns[1], shape)), world.loaded.scenario.verdict)
      const difference = estimator.difference(...columns, shape, humps)
      const corrected = estimator.difference(...columns, shape, humps, level).ci95
      return { ...score, difference: judged(goal.metrics[0], difference, corrected, delta, goal.good) }
    })
    const contenders = found.map((results, i) => ({
      name: String(i),
      values: column(results, goal),
      hasHumps: hasHumps(results, goal),
    }))
    return { scores, best: bestSet(contenders, { shape, good: goal.good, sets: 1 }, estimator) }
  }
}
