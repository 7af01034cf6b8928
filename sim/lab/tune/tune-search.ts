/**
 * Which points are tried, and on how many seeds: a Latin hypercube, then DIRECT, on few; of all points half are dropped again
 * and again while the seeds of the rest double (successive halving, Jamieson and Talwalkar 2016).
 */
import { DirectSearch } from '../statistics/direct-search.ts'
import { looksUpTo } from '../statistics/looks.ts'
import { centreOver, type Figure, type Point } from './tune-point.ts'
import { type PointValues, settingsAt, type TuneSpace } from './tune-space.ts'

/** The first look of halving has this part of the seeds. */
const FIRST_PART = 8
/** Of the points of the search. */
const SPREAD_PART = 1 / 3
/** Where the optimiser only repeats itself, as among few whole numbers, it has nothing more to say. */
const STALE = 4

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

type RunPoints = (points: readonly Point[], upTo: number) => Promise<void>

export class Search {
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
      centreOver(
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
