/** Shapes of a rate that a scenario writes down: steps, lines, ramps, spikes, days, weeks. Nothing in them is drawn. */
import { assert, assertNever } from '../../base/assert.ts'
import type { ShapePart } from './config.ts'
import { daysOf, hoursOf } from './day-shapes.ts'
import type { RateFactor } from './rate-factor.ts'

const HOUR = 3_600_000_000

/** A straight line over a time. */
interface Piece {
  readonly span: number
  readonly from: number
  readonly to: number
}

interface Outline {
  readonly pieces: readonly Piece[]
  /** From which piece on they come again and again; undefined: the last one lasts for ever. */
  readonly loopFrom: number | undefined
  /** How far into the pieces the run begins. */
  readonly phase: number
}

export const shapeFactor = (part: ShapePart): RateFactor => new ShapeFactor(outlineOf(part))

class ShapeFactor implements RateFactor {
  private index = 0
  private start: number

  constructor(private readonly outline: Outline) {
    this.start = -outline.phase
    while (this.end <= 0) this.advance()
  }

  private get piece(): Piece {
    return this.outline.pieces[this.index]!
  }

  get end(): number {
    return this.start + this.piece.span
  }

  get span(): number {
    return this.piece.span
  }

  get flat(): boolean {
    return this.piece.from === this.piece.to
  }

  at(time: number): number {
    const { span, from, to } = this.piece
    return from === to ? from : from + (to - from) * ((time - this.start) / span)
  }

  advance(): void {
    this.start = this.end
    this.index += 1
    if (this.index < this.outline.pieces.length) return
    assert(this.outline.loopFrom !== undefined, 'shape: the last piece lasts for ever')
    this.index = this.outline.loopFrom
  }
}

const once = (pieces: readonly Piece[]): Outline => ({ pieces, loopFrom: undefined, phase: 0 })
const flat = (span: number, value: number): Piece => ({ span, from: value, to: value })

function outlineOf(part: ShapePart): Outline {
  if ('steps' in part) return once(stepPieces(part.steps))
  if ('points' in part) return once(linePieces(part.points))
  if ('ramp' in part) {
    const { from, to, by } = part.ramp
    return once(linePieces([[from, 1] as const, [to, by] as const]))
  }
  if ('step' in part) return once(stepPieces([[0, 1] as const, [part.step.at, part.step.by] as const]))
  if ('spike' in part) {
    const { at, for: lasts, by, every } = part.spike
    const rest = every === undefined ? Infinity : every - lasts
    return { pieces: [flat(at, 1), flat(lasts, by), flat(rest, 1)], loopFrom: every && 1, phase: 0 }
  }
  if ('day' in part) return hourly(typeof part.day === 'string' ? hoursOf(part.day) : part.day, part.starts)
  if ('week' in part) return hourly((typeof part.week === 'string' ? daysOf(part.week) : part.week).flat(), part.starts)
  return assertNever(part)
}

type Points = readonly (readonly [time: number, factor: number])[]

/** The first factor holds before its time as well, the last for ever. */
function stepPieces(points: Points): readonly Piece[] {
  return points.map(([time, factor], i) => flat((points[i + 1]?.[0] ?? Infinity) - (i === 0 ? 0 : time), factor))
}

function linePieces(points: Points): readonly Piece[] {
  const lines = points.slice(1).map(([time, factor], i): Piece => {
    const [before, from] = points[i]!
    return { span: time - before, from, to: factor }
  })
  const [[first, atFirst], [, atLast]] = [points[0]!, points.at(-1)!]
  return [...(first > 0 ? [flat(first, atFirst)] : []), ...lines, flat(Infinity, atLast)]
}

/** Straight lines between the middles of hours, so that the mean over a turn is the mean of the hours. */
function hourly(hours: readonly number[], starts: number): Outline {
  const last = hours.length - 1
  const lines = hours.slice(1).map((hour, i): Piece => ({ span: HOUR, from: hours[i]!, to: hour }))
  const midnight = (hours[last]! + hours[0]!) / 2
  const pieces = [
    { span: HOUR / 2, from: midnight, to: hours[0]! },
    ...lines,
    { span: HOUR / 2, from: hours[last]!, to: midnight },
  ]
  return { pieces, loopFrom: 0, phase: starts }
}
