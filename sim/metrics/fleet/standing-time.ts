/**
 * How long each model stood in each class of uptime, by the router's published rule over its window, from warm-up to the
 * end of arrivals. Books of its own: the router of a scenario may not look at uptime at all.
 */
import { RecentOutcomes } from '../../base/recent-outcomes.ts'
import { type UptimeStanding, STANDINGS, standingOf } from '../../base/uptime.ts'
import { shareOf, type Window } from '../window.ts'

/** How the router judges: requests in a window, and how many it takes. */
export interface StandingRule {
  /** Microseconds. */
  readonly window: number
  readonly sample: number
}

/** What the public text asks for, over a window that is assumed (facts: coordinator-control §9.1). */
export const USUAL_RULE: StandingRule = { window: 300_000_000, sample: 100 }

interface Course {
  readonly recent: RecentOutcomes
  readonly time: Map<UptimeStanding, number>
  standing: UptimeStanding
  since: number
}

export class StandingTime {
  private readonly courses: Course[] = []

  constructor(
    private readonly rule: StandingRule,
    private readonly window: Window,
  ) {}

  /** In the order of the models' index. */
  addModel(): void {
    const recent = new RecentOutcomes(this.rule.window)
    this.courses.push({ recent, time: new Map(), standing: 'unjudged', since: 0 })
  }

  judged(model: number, at: number, success: boolean): void {
    const course = this.courses[model]!
    course.recent.add(at, success)
    this.lookAt(course, at)
  }

  /** Outcomes leave the window although nothing happens. */
  tick(at: number): void {
    for (const course of this.courses) this.lookAt(course, at)
  }

  result(model: number, at: number): { readonly [standing in UptimeStanding]: number } {
    const course = this.courses[model]!
    this.close(course, at)
    const all = [...course.time.values()].reduce((sum, time) => sum + time, 0)
    const shares = STANDINGS.map((standing) => [standing, shareOf(course.time.get(standing) ?? 0, all)])
    return Object.fromEntries(shares) as { [standing in UptimeStanding]: number }
  }

  private lookAt(course: Course, at: number): void {
    course.recent.advance(at)
    const { successes, failures } = course.recent
    const standing = standingOf(successes, failures, this.rule.sample)
    if (standing === course.standing) return
    this.close(course, at)
    course.standing = standing
  }

  private close(course: Course, at: number): void {
    const time = this.window.overlap(course.since, at)
    course.time.set(course.standing, (course.time.get(course.standing) ?? 0) + time)
    course.since = at
  }
}
