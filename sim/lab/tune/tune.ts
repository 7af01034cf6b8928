/**
 * The parameters of a policy for a stated objective under constraints. Points are proposed by a Latin hypercube and then by DIRECT on few
 * seeds; of all points half are dropped again and again while the seeds of the rest double (successive halving, Jamieson
 * and Talwalkar 2016), so that seeds are spent on what may be best. All points see the same seeds. The point is chosen by these
 * seeds alone; what it is worth is then measured on seeds, and in worlds, that had no part in choosing it: the best of many on
 * the seeds it was chosen by looks better than it is.
 */
import { must } from '../../base/assert.ts'
import { fail, ok, type Problem, type Result } from '../../base/result.ts'
import { readMetric } from '../../metrics/index.ts'
import type { RunResult } from '../../metrics/result.ts'
import { parameterValues } from '../../plug/index.ts'
import type { LoadedScenario } from '../../scenario/index.ts'
import { armsOf, jobOf, type ResolvedArm } from '../runs/arms.ts'
import { bestSet, type BestSet } from '../estimates/best-set.ts'
import { outcomesFor } from '../estimates/collapse-odds.ts'
import { centreOf, type Estimate, Estimator } from '../estimates/estimate.ts'
import type { ExperimentRequest, LabControl, LabPorts } from '../compare/experiment.ts'
import { expectationProblems } from '../check/expectation-problems.ts'
import { shapeOf } from '../estimates/figure-shape.ts'
import { loadWithSettings } from '../runs/job.ts'
import { type Goal, type Objective, parseGoal, parseObjective } from '../cliff/objective.ts'
import { policyOf } from '../policy/policy-parameters.ts'
import { runAll } from '../runs/run-all.ts'
import { DirectSearch } from '../statistics/direct-search.ts'
import { looksUpTo } from '../statistics/looks.ts'
import { medianOf } from '../statistics/order.ts'
import { meanOf } from '../statistics/resample.ts'
import {
  type ParameterRange,
  type PointValues,
  settingsAt,
  tunedParameters,
  type TunedParameter,
  TuneSpace,
} from './tune-space.ts'
import { deltaOf, judged, type JudgedDifference, levelOf } from '../estimates/verdict.ts'
import { scenarioUnder, vocabularyOfAll } from '../runs/vocabulary.ts'

export interface TuneRequest extends Omit<ExperimentRequest, 'policies'> {
  readonly policy: string
  readonly objective: string
  readonly constraints: readonly string[]
  /** None: every parameter that has bounds. */
  readonly ranges: readonly ParameterRange[]
  /** Of the search at most; what is held back comes on top. */
  readonly runs: number
  /** How many seeds were held back from the search. */
  readonly heldBack: number
  /** Scenario files in which the chosen point is measured too. */
  readonly worlds: readonly string[]
}

export interface TunePoint {
  readonly values: PointValues
  /** It came this far: so many of the seeds. */
  readonly seeds: number
  /** Over these seeds, in the order of `figures`; null: no data. */
  readonly centres: readonly (number | null)[]
  readonly meets: boolean
  /** No other point that got as many seeds is as good in every figure and better in one. */
  readonly on_front: boolean
}

/** A point on seeds that had no part in choosing it. */
export interface TuneScore {
  readonly values: PointValues
  readonly role: 'chosen' | 'as_it_is' | 'finalist'
  /** In the order of `figures`. */
  readonly figures: readonly Estimate[]
  /** Of the objective against the policy as it is; absent for itself. */
  readonly difference?: JudgedDifference
}

export interface TuneWorld {
  readonly file: string
  readonly scenario: { readonly name: string }
  readonly scores: readonly TuneScore[]
}

export interface TuneResult {
  readonly format: 'fleetlab.tune/1'
  readonly scenario: { readonly name: string }
  readonly policy: string
  readonly objective: Goal
  readonly constraints: readonly Objective[]
  /** What the columns of points and scores are; the objective first. */
  readonly figures: readonly Figure[]
  readonly parameters: readonly TunedParameter[]
  readonly seeds: readonly number[]
  readonly held_back: readonly number[]
  /** Of the search, held-back ones not counted. */
  readonly runs: number
  /** In the order they were proposed; the first is the policy as it is. */
  readonly points: readonly TunePoint[]
  readonly chosen: { readonly values: PointValues; readonly meets: boolean }
  readonly scores: readonly TuneScore[]
  /** Of the scores, by place; null: too few seeds to tell. */
  readonly best_set: readonly number[] | null
  readonly worlds: readonly TuneWorld[]
  readonly meta: { readonly [key: string]: string | number }
}

/** Several metrics: the worst off counts. */
export interface Figure {
  readonly name: string
  readonly metrics: readonly [string, ...string[]]
  readonly good: 'up' | 'down'
  /** Of a constraint. */
  readonly bound?: number
}

const SEEDS = 16
/** The first look of halving has this part of the seeds. */
const FIRST_PART = 8
/** Of the points of the search. */
const SPREAD_PART = 1 / 3
/** Where the optimiser only repeats itself, as among few whole numbers, it has nothing more to say. */
const STALE = 4

export async function runTune(request: TuneRequest, ports: LabPorts, control: LabControl): Promise<Result<TuneResult>> {
  const home = await worldOf(request.scenario, request, ports)
  if (!home.ok) return home
  const { arm, loaded, policy } = home.value
  const tuned = tunedParameters(policy.parameters ?? {}, request.ranges, arm.name)
  if (!tuned.ok) return tuned
  const standard = parameterValues(policy.parameters, scenarioUnder(loaded, arm).policy ?? {})
  if (!standard.ok) return standard
  const questions = questionsOf(request, home.value)
  if (!questions.ok) return questions
  const worlds: World[] = []
  for (const file of request.worlds) {
    const world = await worldOf(file, request, ports)
    if (!world.ok) return world
    const asked = questionsOf(request, world.value)
    if (!asked.ok) return fail(asked.error.map(({ message }): Problem => ({ message, file })))
    worlds.push(world.value)
  }
  const seeds = request.seeds ?? Array.from({ length: SEEDS }, (_, i) => i + 1)
  const last = Math.max(...seeds)
  const heldBack = Array.from({ length: request.heldBack }, (_, i) => last + 1 + i)
  const { goal, constraints } = questions.value
  const figures: readonly Figure[] = [
    { name: goal.text, metrics: goal.metrics, good: goal.direction },
    ...constraints.map(
      ({ text, metric, sense, bound }): Figure => ({
        name: text,
        metrics: [metric],
        good: sense === 'at_least' ? 'up' : 'down',
        bound,
      }),
    ),
  ]
  const space = new TuneSpace(tuned.value)
  const asItIs = Object.fromEntries(tuned.value.map(({ name }) => [name, standard.value[name]!]))
  const measure = new Measuring(request, figures, ports, control)
  const search = new Search(request.runs, seeds, space, asItIs, figures, (points, upTo) =>
    measure.ofSearch(home.value, points, seeds.slice(0, upTo)),
  )
  const finalists = await search.run()
  const chosen = must(finalists[0], 'the policy as it is comes to the end')
  const contenders = finalists.some((point) => search.isAsItIs(point)) ? finalists : [...finalists, search.points[0]!]
  const roleOf = (point: Point): TuneScore['role'] =>
    point === chosen ? 'chosen' : search.isAsItIs(point) ? 'as_it_is' : 'finalist'
  const scored = await measure.scores(home.value, contenders, heldBack, roleOf, asItIs)
  const elsewhere: TuneWorld[] = []
  const two = contenders.filter((point) => roleOf(point) !== 'finalist')
  for (const [index, world] of worlds.entries()) {
    const { scores } = await measure.scores(world, two, heldBack, roleOf, asItIs)
    elsewhere.push({ file: request.worlds[index]!, scenario: { name: world.loaded.scenario.name }, scores })
  }
  return ok({
    format: 'fleetlab.tune/1',
    scenario: { name: loaded.scenario.name },
    policy: arm.name,
    objective: goal,
    constraints,
    figures,
    parameters: tuned.value,
    seeds,
    held_back: heldBack,
    runs: search.spent,
    points: search.shown(),
    chosen: { values: chosen.values, meets: search.meets(chosen) },
    scores: scored.scores,
    best_set: scored.best === null ? null : scored.best.arms.map(Number),
    worlds: elsewhere,
    meta: {},
  })
}

interface World {
  readonly file: string
  readonly loaded: LoadedScenario
  readonly arm: ResolvedArm
  readonly policy: ReturnType<typeof policyOf> extends Result<infer P> ? P : never
}

async function worldOf(file: string, request: TuneRequest, ports: LabPorts): Promise<Result<World>> {
  const loaded = await loadWithSettings(file, request.settings, ports.files)
  if (!loaded.ok) return loaded
  const wrong = expectationProblems(loaded.value)
  if (wrong.length > 0) return fail(wrong)
  const arms = await armsOf(loaded.value, [request.policy], ports.resolvePolicy)
  if (!arms.ok) return arms
  const arm = must(arms.value[0], 'one arm was asked for')
  const policy = policyOf(arm.policy)
  return policy.ok ? ok({ file, loaded: loaded.value, arm, policy: policy.value }) : policy
}

interface Questions {
  readonly goal: Goal
  readonly constraints: readonly Objective[]
}

function questionsOf(request: TuneRequest, { loaded, arm }: World): Result<Questions> {
  const scenario = scenarioUnder(loaded, arm)
  const vocabulary = vocabularyOfAll([scenario], arm.policy.kind === 'code')
  const problems: Problem[] = []
  const goal = parseGoal(request.objective, scenario.publicModels, vocabulary)
  if (!goal.ok) problems.push({ message: `--objective: ${goal.error}` })
  const constraints: Objective[] = []
  for (const text of request.constraints) {
    const parsed = parseObjective(text, scenario.publicModels, vocabulary)
    if (parsed.ok) constraints.push(...parsed.value)
    else problems.push({ message: `--subject-to: ${parsed.error}` })
  }
  return goal.ok && problems.length === 0 ? ok({ goal: goal.value, constraints }) : fail(problems)
}

/** By seed: every figure. */
type Row = readonly (number | null)[]

interface Point {
  readonly values: PointValues
  readonly rows: Row[]
}

/** Of several metrics the worst; those of models nobody asked for say nothing. */
function figureOf(result: RunResult, { metrics, good }: Figure): number | null {
  const values = metrics.flatMap((metric) => readMetric(result, metric) ?? [])
  if (values.length === 0) return null
  return good === 'up' ? Math.min(...values) : Math.max(...values)
}

/** A seed without data says nothing of the others. */
function centre(figure: Figure, column: readonly (number | null)[]): number | null {
  const known = column.filter((value) => value !== null)
  if (known.length === 0) return null
  return shapeOf(figure.metrics[0]).centre === 'median' ? medianOf(known) : meanOf(known)
}

type RunPoints = (points: readonly Point[], upTo: number) => Promise<void>

class Search {
  readonly points: Point[] = []
  spent = 0
  private readonly known = new Map<string, Point>()
  private readonly looks: readonly number[]

  constructor(
    runs: number,
    seeds: readonly number[],
    private readonly space: TuneSpace,
    asItIs: PointValues,
    private readonly figures: readonly Figure[],
    private readonly measure: RunPoints,
  ) {
    this.looks = looksUpTo(Math.max(1, Math.ceil(seeds.length / FIRST_PART)), seeds.length)
    this.most = Math.max(2, Math.floor(runs / this.costOfPoint()))
    this.pointAt(asItIs)
  }

  private readonly most: number

  /** Runs over all looks for each point that enters: half of them go on each time. */
  private costOfPoint(): number {
    return this.looks.reduce((sum, seeds, i) => sum + (seeds - (this.looks[i - 1] ?? 0)) / 2 ** i, 0)
  }

  isAsItIs(point: Point): boolean {
    return point === this.points[0]
  }

  /** Those that had all seeds, the best first. */
  async run(): Promise<readonly Point[]> {
    const [first, ...others] = this.looks as [number, ...number[]]
    await this.propose(first)
    let left = this.ranked(this.points)
    for (const upTo of others) {
      left = this.survivors(left)
      await this.reach(left, upTo)
      left = this.ranked(left)
    }
    return left
  }

  private async propose(seeds: number): Promise<void> {
    const all = this.space.all(this.most)
    if (all !== undefined) {
      await this.reach([this.points[0]!, ...all.map((values) => this.pointAt(values))], seeds)
      return
    }
    for (const values of this.space.spread(Math.max(1, Math.floor(this.most * SPREAD_PART)))) this.pointAt(values)
    await this.reach(this.points, seeds)
    const search = new DirectSearch(this.space.parameters.length)
    for (let stale = 0; stale < STALE && this.points.length < this.most; ) {
      const before = this.points.length
      const asked = search.ask()
      const room = this.most - before
      const fresh = new Set<string>()
      const points: Point[] = []
      for (const point of asked) {
        const values = this.space.at(point)
        const key = settingsAt(values).join(' ')
        if (!this.known.has(key)) fresh.add(key)
        if (fresh.size > room) break
        points.push(this.pointAt(values))
      }
      await this.reach(points, seeds)
      if (points.length < asked.length) break
      search.tell(
        asked,
        points.map((point) => this.cost(point)),
      )
      stale = this.points.length === before ? stale + 1 : 0
    }
  }

  private pointAt(values: PointValues): Point {
    const key = settingsAt(values).join(' ')
    const known = this.known.get(key)
    if (known !== undefined) return known
    const point: Point = { values, rows: [] }
    this.known.set(key, point)
    this.points.push(point)
    return point
  }

  private async reach(points: readonly Point[], upTo: number): Promise<void> {
    const short = [...new Set(points)].filter(({ rows }) => rows.length < upTo)
    if (short.length === 0) return
    this.spent += short.reduce((sum, { rows }) => sum + upTo - rows.length, 0)
    await this.measure(short, upTo)
  }

  centres({ rows }: Point, upTo = rows.length): readonly (number | null)[] {
    const seen = rows.slice(0, upTo)
    return this.figures.map((figure, i) =>
      centre(
        figure,
        seen.map((row) => row[i]!),
      ),
    )
  }

  /** By how much constraints are missed, each in parts of its bound; a figure without data misses by all of it. */
  private misses(point: Point): number {
    const centres = this.centres(point)
    return this.figures.reduce((sum, { bound, good }, i) => {
      if (bound === undefined) return sum
      const value = centres[i]!
      if (value === null) return sum + 1
      const short = good === 'up' ? bound - value : value - bound
      return sum + Math.max(0, short) / (Math.abs(bound) || 1)
    }, 0)
  }

  meets(point: Point): boolean {
    return this.misses(point) === 0
  }

  /** More is better; without data nothing is worse. */
  private score(point: Point): number {
    const [value] = this.centres(point)
    return value === null || value === undefined ? -Infinity : this.figures[0]!.good === 'up' ? value : -value
  }

  /** Whatever meets the constraints before what does not, that by how little it misses them (Deb 2000). */
  private ranked(points: readonly Point[]): readonly Point[] {
    return [...new Set(points)]
      .map((point) => ({ point, misses: this.misses(point), score: this.score(point) }))
      .toSorted((a, b) => a.misses - b.misses || b.score - a.score || this.placeOf(a.point) - this.placeOf(b.point))
      .map(({ point }) => point)
  }

  private placeOf(point: Point): number {
    return this.points.indexOf(point)
  }

  /** For the optimiser, in parts of what the policy is worth as it is: a constraint missed by all of its bound costs ten times that. */
  private cost(point: Point): number {
    const scale = Math.abs(this.score(this.points[0]!))
    const score = this.score(point)
    const worst = 100
    if (score === -Infinity) return worst
    return Math.min(worst, -score / (Number.isFinite(scale) && scale > 0 ? scale : 1) + 10 * this.misses(point))
  }

  /** The better half, in which those on the front have a place before others: they are what the trade-off is read from. */
  private survivors(ranked: readonly Point[]): readonly Point[] {
    const keep = Math.max(1, Math.ceil(ranked.length / 2))
    const best = ranked.slice(0, Math.ceil(keep / 2))
    const front = ranked.filter((point) => !best.includes(point) && this.isOnFront(point, ranked))
    const others = ranked.filter((point) => !best.includes(point) && !front.includes(point))
    return [...best, ...front, ...others].slice(0, keep)
  }

  /** Whether none of the others is as good in all figures and better in one. */
  private isOnFront(point: Point, others: readonly Point[]): boolean {
    const own = this.gains(point)
    return others.every((other) => {
      if (other === point) return true
      const gains = this.gains(other)
      return !(gains.every((gain, i) => gain >= own[i]!) && gains.some((gain, i) => gain > own[i]!))
    })
  }

  private gains(point: Point): readonly number[] {
    return this.centres(point).map((value, i) =>
      value === null ? -Infinity : this.figures[i]!.good === 'up' ? value : -value,
    )
  }

  shown(): readonly TunePoint[] {
    return this.points.map((point) => ({
      values: point.values,
      seeds: point.rows.length,
      centres: this.centres(point),
      meets: this.meets(point),
      on_front: this.isOnFront(
        point,
        this.points.filter(({ rows }) => rows.length >= point.rows.length),
      ),
    }))
  }
}

/** As many as usual, for the progress bar. */
const FINALISTS = 6

class Measuring {
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
