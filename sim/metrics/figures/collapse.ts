/**
 * Whether a model's service holds, falls, comes back or never rises: an outcome defined before the run, because under
 * overload runs of one scenario fall into two humps and a mean over them describes neither. Goodput is read in windows over the
 * time of arrival, from the very start of the run, warm-up included: a fleet that is cold is part of the question.
 *
 * A window that hardly anybody arrived in says nothing; the state stays what it was.
 */
import type { Micros } from '../../base/time.ts'
import { inSeconds } from '../window.ts'

export interface CollapseSettings {
  readonly window: Micros
  /** Goodput at which a model counts as up, and as recovered. */
  readonly up: number
  /** Share of its best window so far below which it is down. */
  readonly below: number
  /** How long it must stay down to have collapsed, and up again to have recovered. */
  readonly lasts: Micros
}

/** facts: collapse-statistics (half of what it was, as published studies count it); the times are ours. */
export const COLLAPSE_DEFAULTS: CollapseSettings = {
  window: 300_000_000 as Micros,
  up: 0.8,
  below: 0.5,
  lasts: 600_000_000 as Micros,
}

/** unresolved: it went down too late to tell. unknown: nobody asked for it, or the run is shorter than a window. */
export const COLLAPSE_OUTCOMES = ['held', 'recovered', 'collapsed', 'never_up', 'unresolved', 'unknown'] as const
export type CollapseOutcome = (typeof COLLAPSE_OUTCOMES)[number]

export interface ModelCollapse {
  readonly outcome: CollapseOutcome
  /** End of the first window in which it was up. */
  readonly up_s: number | null
  /** End of the window with which it first went down for long enough: from then on it was known to be down. */
  readonly onset_s: number | null
  /** End of the window with which its last recovery was complete. */
  readonly recovered_s: number | null
  /** Goodput of its best window. */
  readonly best: number | null
}

/** Windows follow each other at a fifth of their length. */
const STEPS = 5
/** A window with fewer arrivals says nothing: one request would be a tenth of its goodput. */
const ARRIVALS_MIN = 10

interface Counts {
  readonly arrived: number[]
  readonly good: number[]
}

export class CollapseWatch {
  private readonly models: Counts[] = []
  private readonly step: number
  private readonly points: number

  constructor(
    private readonly settings: CollapseSettings,
    private readonly duration: Micros,
  ) {
    this.step = settings.window / STEPS
    this.points = Math.floor(duration / this.step)
  }

  /** In the order of the models' index. */
  addModel(): void {
    const zeros = (): number[] => Array.from({ length: this.points }, () => 0)
    this.models.push({ arrived: zeros(), good: zeros() })
  }

  arrived(model: number, at: number): void {
    this.count(this.models[model]!.arrived, at)
  }

  /** It was served within the SLO; `at` is when it arrived. */
  good(model: number, at: number): void {
    this.count(this.models[model]!.good, at)
  }

  result(model: number): ModelCollapse {
    return outcomeOf(this.windowsOf(this.models[model]!), this.settings, this.duration)
  }

  private count(points: number[], at: number): void {
    const point = Math.floor(at / this.step)
    if (point < points.length) points[point] = points[point]! + 1
  }

  private windowsOf({ arrived, good }: Counts): Windows {
    const windows: Windows = []
    for (let last = STEPS - 1; last < this.points; last += 1) {
      let came = 0
      let well = 0
      for (let point = last - STEPS + 1; point <= last; point += 1) {
        came += arrived[point]!
        well += good[point]!
      }
      const end = (last + 1) * this.step
      if (came >= ARRIVALS_MIN) windows.push({ end, goodput: well / came })
    }
    return windows
  }
}

type Windows = { readonly end: number; readonly goodput: number }[]

const seconds = (at: number): number | null => (at < 0 ? null : inSeconds(at))

/** Pure, so that a slow reader can check it by hand. */
function outcomeOf(windows: Windows, settings: CollapseSettings, duration: number): ModelCollapse {
  let upAt = -1
  let onset = -1
  let recovered = -1
  let best = 0
  let down = false
  /** End of the first of the low windows that last; of the high ones while it is down; -1: none. */
  let spell = -1
  for (const { end, goodput } of windows) {
    if (upAt < 0 && goodput >= settings.up) upAt = end
    const low = upAt >= 0 && goodput < settings.below * best
    best = Math.max(best, goodput)
    const turns = down ? goodput >= settings.up : low
    if (!turns) spell = -1
    else if (spell < 0) spell = end
    if (spell < 0 || end - spell < settings.lasts) continue
    if (down) recovered = end
    else if (onset < 0) onset = spell
    down = !down
    spell = -1
  }
  // Low to the end. Had it gone on, what began late might have been a collapse; what began early was one.
  const low = spell >= 0 && !down
  const unresolved = low && duration - spell <= settings.lasts
  if (low && !unresolved) {
    if (onset < 0) onset = spell
    down = true
  }
  const known = { up_s: seconds(upAt), onset_s: seconds(onset), recovered_s: seconds(recovered) }
  const outcome = ((): CollapseOutcome => {
    if (windows.length === 0) return 'unknown'
    if (upAt < 0) return 'never_up'
    if (down) return 'collapsed'
    if (unresolved) return 'unresolved'
    return onset < 0 ? 'held' : 'recovered'
  })()
  return { outcome, ...known, best: windows.length === 0 ? null : best }
}
