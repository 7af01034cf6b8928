/**
 * Recorded answers held against ours, figure by figure. Numbers agree to a relative 1e-9 (both sides add the same terms, the
 * other one perhaps in another order), everything else exactly. Of the warm pool's plans the outcome is compared: the figures
 * that only explain it are not, and a build with neither warm nor cold machines counts by its target and its loads.
 */
import type { DecideAnswer, DecideDocument, DecidePlan, DecideTick } from '../../coordinator/document/format.ts'
import type { DecideOutcome } from '../../coordinator/document/decide.ts'

const TOLERANCE = 1e-9

export interface FigureComparison {
  /** Where it stands in an answer, such as `selection.winners`. */
  readonly figure: string
  readonly compared: number
  readonly different: number
  readonly first: FirstDifference | undefined
}

export interface FirstDifference {
  /** Of the state. */
  readonly id: string
  /** In the document, such as `answers[1].machines[3].cost.total_ms`. */
  readonly path: string
  readonly recorded: unknown
  readonly ours: unknown
}

interface Count {
  compared: number
  different: number
  first: FirstDifference | undefined
}

const TICK_FIGURES = [
  'target',
  'warm',
  'cold',
  'running',
  'waiting',
  'quality_concurrency',
  'demand',
] as const satisfies readonly (keyof DecidePlan)[]

/** Holds many states against what was recorded with them. */
export class DecideComparison {
  private readonly counts = new Map<string, Count>()

  /** In the order of an answer. */
  get figures(): readonly FigureComparison[] {
    return [...this.counts].map(([figure, count]) => ({
      figure,
      compared: count.compared,
      different: count.different,
      first: count.first,
    }))
  }

  add(document: DecideDocument, { requests, ticks }: DecideOutcome): void {
    const { id, answers } = document
    for (const [index, recorded] of (answers ?? []).entries()) {
      this.answer(id, `answers[${index}]`, recorded, requests[index]?.answer)
    }
    for (const [index, recorded] of (document.ticks ?? []).entries()) {
      this.tick(id, `ticks[${index}]`, recorded, ticks?.[index])
    }
  }

  private answer(id: string, path: string, recorded: DecideAnswer, ours: DecideAnswer | undefined): void {
    for (const key of ORDER) {
      // Left out means that the catalogue does not give the build's context.
      if (recorded[key] === undefined && ours?.[key] === undefined) continue
      this.value({ id, path: `${path}.${key}`, figure: key }, recorded[key], ours?.[key])
    }
  }

  private tick(id: string, path: string, recorded: DecideTick, ours: DecideTick | undefined): void {
    const builds = new Set([...recorded.plans, ...(ours?.plans ?? [])].map(({ build }) => build))
    for (const build of builds) {
      const theirs = recorded.plans.find((plan) => plan.build === build) ?? NO_PLAN
      const mine = ours?.plans.find((plan) => plan.build === build) ?? NO_PLAN
      const isNowhere = theirs.warm === 0 && theirs.cold === 0 && mine.warm === 0 && mine.cold === 0
      const here = `${path}.plans[${build}]`
      for (const figure of isNowhere ? (['target'] as const) : TICK_FIGURES) {
        this.value({ id, path: `${here}.${figure}`, figure: `ticks.${figure}` }, theirs[figure], mine[figure])
      }
      const loads = [theirs, mine].map((plan) => [...plan.loads].sort((a, b) => a - b))
      this.value({ id, path: `${here}.loads`, figure: 'ticks.loads' }, loads[0], loads[1])
    }
  }

  private value(place: Place, recorded: unknown, ours: unknown): void {
    if (isMap(recorded) && isMap(ours)) {
      const isByName = place.figure === 'resolve'
      for (const key of new Set([...Object.keys(recorded), ...Object.keys(ours)])) {
        const figure = isByName ? place.figure : `${place.figure}.${key}`
        this.value({ ...place, path: `${place.path}.${key}`, figure }, recorded[key], ours[key])
      }
    } else if (isListOfMaps(recorded) && isListOfMaps(ours)) {
      for (let index = 0; index < Math.max(recorded.length, ours.length); index++) {
        this.value({ ...place, path: `${place.path}[${index}]` }, recorded[index], ours[index])
      }
    } else this.count(place, recorded, ours)
  }

  private count({ id, path, figure }: Place, recorded: unknown, ours: unknown): void {
    let count = this.counts.get(figure)
    if (count === undefined) this.counts.set(figure, (count = { compared: 0, different: 0, first: undefined }))
    count.compared += 1
    if (agree(recorded, ours)) return
    count.different += 1
    count.first ??= { id, path, recorded: recorded ?? null, ours: ours ?? null }
  }
}

interface Place {
  readonly id: string
  readonly path: string
  readonly figure: string
}

const ORDER = [
  'preflight',
  'machines',
  'selection',
  'probes',
  'cold_spill_machines',
  'warm',
  'swap_candidates',
  'servability',
  'resolve',
] as const satisfies readonly (keyof DecideAnswer)[]

/** Of a build that was not listed. */
const NO_PLAN: DecidePlan = {
  build: '',
  target: 0,
  warm: 0,
  cold: 0,
  running: 0,
  waiting: 0,
  quality_concurrency: 0,
  demand: 0,
  service_s: 0,
  spill_per_s: 0,
  loads: [],
}

const isMap = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isListOfMaps = (value: unknown): value is readonly unknown[] =>
  Array.isArray(value) && value.length > 0 && value.every(isMap)

function agree(a: unknown, b: unknown): boolean {
  if (typeof a === 'number' && typeof b === 'number') {
    return Math.abs(a - b) <= TOLERANCE * Math.max(Math.abs(a), Math.abs(b))
  }
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((value, index) => value === b[index])
  }
  return a === b
}
