/**
 * Whether a real coordinator behaves as the lab says: figures of several real runs of a scenario beside the lab's over many seeds. Near
 * ties are drawn, so no two runs are alike; what is asked is whether the real ones could be further runs of the lab.
 *
 * A figure's band reaches from the lab's least to its most. If real and lab runs are alike, every order of their values is equally
 * likely, so how many real ones fall outside has a distribution that depends on nothing but the two numbers of runs.
 */
import { must } from '../../base/assert.ts'
import { DelimitedLines } from '../../base/delimited.ts'
import { fail, ok, type Problem, type Result } from '../../base/result.ts'
import { readMetric } from '../../metrics/index.ts'
import type { RunResult } from '../../metrics/result.ts'
import { formatPath } from '../../scenario/reading/path.ts'
import { armsOf, jobOf } from '../runs/arms.ts'
import type { LabControl, LabPorts } from './experiment.ts'
import { loadWithSettings } from '../runs/job.ts'
import type { JobDone } from '../runs/ports.ts'
import { runAll } from '../runs/run-all.ts'

/** A folder that `play` or `serve --play` wrote. */
export interface RealRun {
  readonly name: string
  readonly result: RunResult
  /** The coordinator's own `inference_routes`, as CSV; undefined: it was not asked for. */
  readonly routes: string | undefined
}

export interface AgreeRequest {
  readonly scenario: string
  readonly settings: readonly string[]
  /** undefined: `open`, which is the coordinator without pools. */
  readonly policy: string | undefined
  readonly seeds: readonly number[]
  readonly verify: boolean
  readonly real: readonly RealRun[]
}

/** `unclear`: more outside than usual, too few to tell. `unseen`: no real run has it. */
export type Agreement = 'agrees' | 'differs' | 'unclear' | 'unseen'

export type FigureUnit = 'share' | 'ms' | 'plain'

export interface AgreeFigure {
  readonly figure: string
  /** '': of the fleet. */
  readonly model: string
  readonly unit: FigureUnit
  /** One per seed; null: that run has none. */
  readonly lab: readonly (number | null)[]
  readonly real: readonly (number | null)[]
  readonly band: readonly [low: number, high: number] | null
  readonly outside: number
  /** Of at least so many outside, if both are alike. */
  readonly chance: number | null
  readonly agreement: Agreement
}

export interface AgreeResult {
  readonly format: 'fleetlab.agree/1'
  readonly scenario: { readonly name: string; readonly digest: string }
  readonly policy: string
  readonly seeds: readonly number[]
  readonly real: readonly string[]
  /** One further run of the lab would lie in a band with this probability. */
  readonly band_covers: number
  readonly figures: readonly AgreeFigure[]
  readonly agreement: 'agrees' | 'differs' | 'unclear'
  readonly meta: { readonly [key: string]: string | number }
}

/** Fewer seeds make bands that say nothing. */
const LAB_RUNS_MIN = 10
/** Rarer than this, over all figures together, and it is taken for a difference. */
const RARE = 0.05

interface Figure {
  readonly figure: string
  readonly model: string
  readonly unit: FigureUnit
  ofLab(done: JobDone): number | null
  ofReal(run: RealRun): number | null
}

export async function runAgree(
  request: AgreeRequest,
  ports: LabPorts,
  control: LabControl,
): Promise<Result<AgreeResult>> {
  const loaded = await loadWithSettings(request.scenario, request.settings, ports.files)
  if (!loaded.ok) return loaded
  const { scenario, digest } = loaded.value
  const wrong = problemsOf(request, digest)
  if (wrong.length > 0) return fail(wrong)
  const { policy = 'open', settings, seeds, verify, real } = request
  const arms = await armsOf(loaded.value, [policy], ports.resolvePolicy)
  if (!arms.ok) return arms
  const arm = must(arms.value[0], 'one arm was asked for')
  const rows = scenario.machines.map(({ serial }) => ({ row: 'dispatched', where: { provider: serial } }))
  const base = { scenario: request.scenario, settings, verify, wantsSamples: false, rows }
  const done = await runAll(
    seeds.map((seed) => jobOf(base, arm, seed)),
    { ...control, runner: ports.runner },
  )
  const wanted = figuresOf(scenario.publicModels, [
    ...done.map(({ result }) => result),
    ...real.map(({ result }) => result),
  ])
  const read = wanted.map((figure) => valuesOf(figure, done, real)).filter(saysSomething)
  const figures = read.map((values) => judged(values, RARE / read.length))
  return ok({
    format: 'fleetlab.agree/1',
    scenario: { name: scenario.name, digest },
    policy: arm.name,
    seeds,
    real: real.map(({ name }) => name),
    band_covers: (seeds.length - 1) / (seeds.length + 1),
    figures,
    agreement: figures.some(({ agreement }) => agreement === 'differs')
      ? 'differs'
      : figures.some(({ agreement }) => agreement === 'unclear')
        ? 'unclear'
        : 'agrees',
    meta: {},
  })
}

function problemsOf({ real, seeds }: AgreeRequest, digest: string): readonly Problem[] {
  const problems: Problem[] = []
  if (seeds.length < LAB_RUNS_MIN)
    problems.push({
      message: `--seeds: ${seeds.length} runs make no band; take at least ${LAB_RUNS_MIN}, such as 1-20`,
    })
  for (const { name, result } of real) {
    if (result.scenario.digest !== digest)
      problems.push({
        message: `${name}/result.json: was played from another scenario, or with other settings (${result.scenario.name}, digest ${result.scenario.digest}, not ${digest}); give the same file and --set`,
      })
  }
  return problems
}

function figuresOf(models: readonly string[], results: readonly RunResult[]): readonly Figure[] {
  const ofModel = models.flatMap((model): readonly Figure[] => {
    const requests = (result: RunResult) => result.models[model]?.requests
    const share = (figure: string, count: (of: NonNullable<ReturnType<typeof requests>>) => number): Figure => {
      const of = (result: RunResult): number | null => {
        const found = requests(result)
        return found === undefined || found.arrived === 0 ? null : count(found) / found.arrived
      }
      return { figure, model, unit: 'share', ofLab: ({ result }) => of(result), ofReal: ({ result }) => of(result) }
    }
    const metric = (figure: string, names: readonly string[], unit: FigureUnit): Figure => {
      const of = (result: RunResult): number | null => readMetric(result, formatPath(names)) ?? null
      return { figure, model, unit, ofLab: ({ result }) => of(result), ofReal: ({ result }) => of(result) }
    }
    const reasons = new Set(results.flatMap((result) => Object.keys(requests(result)?.rejected ?? {})))
    return [
      share('served', ({ served }) => served),
      ...[...reasons].toSorted().map((reason) => share(`refused: ${reason}`, ({ rejected }) => rejected[reason] ?? 0)),
      share('failed', ({ failed }) => Object.values(failed).reduce((sum, count) => sum + count, 0)),
      share('given up by clients', ({ cancelled }) => cancelled),
      metric('TTFT p50', ['models', model, 'ttft_ms', 'p50'], 'ms'),
      metric('TTFT p95', ['models', model, 'ttft_ms', 'p95'], 'ms'),
      metric('end to end p50', ['models', model, 'e2e_ms', 'p50'], 'ms'),
      metric('end to end p95', ['models', model, 'e2e_ms', 'p95'], 'ms'),
      metric('attempts per user', ['upstream', model, 'attempts_per_user'], 'plain'),
    ]
  })
  const ofFleet: readonly Figure[] = [
    {
      figure: 'loads',
      model: '',
      unit: 'plain',
      ofLab: ({ result }) => result.loads.count,
      // Clients alone see no loads, and a run that saw none of its Macs counts none.
      ofReal: ({ result }) => (result.meta['sees_macs'] === 1 ? result.loads.count : null),
    },
    {
      figure: 'dispatches of the busiest Mac',
      model: '',
      unit: 'share',
      ofLab: ({ rowCounts }) => busiest(rowCounts),
      ofReal: ({ routes }) => (routes === undefined ? null : busiest(dispatchesIn(routes))),
    },
  ]
  return [...ofModel, ...ofFleet]
}

function busiest(counts: readonly number[]): number | null {
  const all = counts.reduce((sum, count) => sum + count, 0)
  return all === 0 ? null : Math.max(...counts) / all
}

function dispatchesIn(routes: string): readonly number[] {
  const lines = new DelimitedLines(',')
  const counts = new Map<string, number>()
  let place: number | undefined
  for (const line of routes.split('\n')) {
    const cells = lines.next(line)?.cells
    if (cells === undefined) continue
    if (place === undefined) place = cells.indexOf('provider_id')
    else {
      const provider = cells[place] ?? ''
      if (provider !== '') counts.set(provider, (counts.get(provider) ?? 0) + 1)
    }
  }
  return [...counts.values()]
}

type FigureValues = Pick<AgreeFigure, 'figure' | 'model' | 'unit' | 'lab' | 'real'>

const valuesOf = (
  { figure, model, unit, ofLab, ofReal }: Figure,
  done: readonly JobDone[],
  real: readonly RealRun[],
): FigureValues => ({
  figure,
  model,
  unit,
  lab: done.map((each) => ofLab(each)),
  real: real.map((run) => ofReal(run)),
})

/** What is zero in every run says nothing. */
const saysSomething = ({ lab, real }: FigureValues): boolean =>
  [...lab, ...real].some((value) => value !== null && value !== 0)

function judged(of: FigureValues, rarely: number): AgreeFigure {
  const values = of.lab.filter((value) => value !== null)
  const known = of.real.filter((value) => value !== null)
  if (known.length === 0 || values.length < LAB_RUNS_MIN)
    return { ...of, band: null, outside: 0, chance: null, agreement: 'unseen' }
  const band = [Math.min(...values), Math.max(...values)] as const
  const outside = known.filter((value) => value < band[0] || value > band[1]).length
  const chance = chanceOfOutside(values.length, known.length, outside)
  const agreement = chance < rarely ? 'differs' : chance < RARE ? 'unclear' : 'agrees'
  return { ...of, band, outside, chance, agreement }
}

/**
 * The chance that at least `outside` of m further values fall outside the range of n, when all come from one distribution: of the orders
 * of n + m values, those in which a before the least and b beyond the most of the n add up to k are (k + 1) C(n + m - k - 2, n - 2).
 */
export function chanceOfOutside(n: number, m: number, outside: number): number {
  let inside = 0
  for (let k = 0; k < outside; k += 1) inside += ((k + 1) * choose(n + m - k - 2, n - 2)) / choose(n + m, n)
  return Math.max(0, 1 - inside)
}

function choose(n: number, k: number): number {
  let ways = 1
  for (let i = 1; i <= Math.min(k, n - k); i += 1) ways = (ways * (n - i + 1)) / i
  return ways
}
