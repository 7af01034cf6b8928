/**
 * The parameters of a policy for a stated objective under constraints. Points are proposed by a Latin hypercube and then by DIRECT on few
 * seeds; of all points half are dropped again and again while the seeds of the rest double (successive halving, Jamieson
 * and Talwalkar 2016), so that seeds are spent on what may be best. All points see the same seeds. The point is chosen by these
 * seeds alone; what it is worth is then measured on seeds, and in worlds, that had no part in choosing it: the best of many on
 * the seeds it was chosen by looks better than it is.
 */
import { must } from '../../base/assert.ts'
import { fail, ok, type Problem, type Result } from '../../base/result.ts'
import { parameterValues } from '../../plug/index.ts'
import type { Goal, Objective } from '../cliff/objective.ts'
import type { LabControl, LabPorts } from '../compare/experiment.ts'
import { scenarioUnder } from '../runs/vocabulary.ts'
import type { Figure, Point } from './tune-point.ts'
import { Measuring, type TuneScore } from './tune-scores.ts'
import { Search, type TunePoint } from './tune-search.ts'
import { type PointValues, tunedParameters, type TunedParameter, TuneSpace } from './tune-space.ts'
import { type Questions, questionsOf, type TuneRequest, type World, worldOf } from './tune-world.ts'

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

const SEEDS = 16

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
  const figures = figuresOf(questions.value)
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

/** The objective first. */
const figuresOf = ({ goal, constraints }: Questions): readonly Figure[] => [
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
