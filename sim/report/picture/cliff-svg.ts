/**
 * A cliff as a picture, an SVG file that stands alone: one panel per arm over a shared axis of loads. The ribbon is the 95 % range of
 * the curve; a point is what was counted at a level, the larger the more runs, with its exact interval; bars at 1 % and
 * 50 % are the ranges of the two loads. Below, where it was asked for, the loop: of each run the way up, and under it the way down.
 * No chart library: the report rooms have none, and what is drawn are lines between two linear scales.
 */
import type { CliffArm, CliffLevel, CliffResult, LoadCrossing } from '../../lab/cliff/cliff.ts'
import type { LoopRun } from '../../lab/cliff/cliff-path.ts'
import type { RangeAxis } from '../../lab/cliff/range-axis.ts'
import { crossingText, loopLines, summaryOf } from '../text/search/cliff-text.ts'
import { escapeXml } from '../files/junit.ts'

const WIDTH = 760
const [LEFT, RIGHT] = [64, 24]
const HEAD = 58
const PLOT = 200
const RUN = 11
/** Between the panels, axis and words included. */
const [ABOVE, BELOW] = [30, 62]
const LOOP_HEAD = 26
/** About what fits into a line at this size of letters. */
const LINE_CHARS = 100

/** Round steps, five to ten of them. */
function ticksOf(low: number, high: number): readonly number[] {
  const rough = (high - low) / 8
  let power = 1
  while (power > rough) power /= 10
  while (power * 10 <= rough) power *= 10
  const step = power * ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10)
  const first = Math.ceil(low / step - 1e-9)
  const last = Math.floor(high / step + 1e-9)
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)))
}

const at = (value: number): string => String(Math.round(value * 10) / 10)
const line = (x1: number, y1: number, x2: number, y2: number, kind: string): string =>
  `<line class="${kind}" x1="${at(x1)}" y1="${at(y1)}" x2="${at(x2)}" y2="${at(y2)}"/>`
const text = (x: number, y: number, words: string, more = ''): string =>
  `<text x="${at(x)}" y="${at(y)}"${more}>${escapeXml(words)}</text>`

/** Words in lines, none cut. */
function wrapped(x: number, y: number, words: string, more = ''): string {
  const lines: string[] = []
  for (const word of words.split(' ')) {
    const last = lines.at(-1)
    if (last === undefined || last.length + word.length >= LINE_CHARS) lines.push(word)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines.map((each, i) => text(x, y + i * 14, each, more)).join('\n')
}

interface Scales {
  readonly axis: RangeAxis
  x(value: number): number
  y(share: number): number
}

function scalesOf(axis: RangeAxis, top: number): Scales {
  const share = (value: number): number => Math.min(1, Math.max(0, (value - axis.low) / (axis.high - axis.low)))
  return {
    axis,
    x: (value) => LEFT + share(value) * (WIDTH - LEFT - RIGHT),
    y: (p) => top + (1 - p) * PLOT,
  }
}

function gridOf({ axis, x, y }: Scales): readonly string[] {
  return [
    ...[0, 0.25, 0.5, 0.75, 1].flatMap((p) => [
      line(LEFT, y(p), WIDTH - RIGHT, y(p), 'grid'),
      text(LEFT - 8, y(p) + 4, `${p * 100} %`, ' text-anchor="end"'),
    ]),
    ...ticksOf(axis.low, axis.high).flatMap((value) => [
      line(x(value), y(0), x(value), y(0) + 4, 'axis'),
      text(x(value), y(0) + 17, `${value}${axis.unit}`, ' text-anchor="middle"'),
    ]),
  ]
}

function curveOf({ curve }: CliffArm, { x, y }: Scales): readonly string[] {
  const points = (of: 'p' | 'low' | 'high') => curve.map((point) => `${at(x(point.value))},${at(y(point[of]))}`)
  return [
    `<polygon class="ribbon" points="${[...points('high'), ...points('low').toReversed()].join(' ')}"/>`,
    `<polyline class="curve" points="${points('p').join(' ')}"/>`,
  ]
}

function levelOf({ value, seeds, fell, never_up, untold, p, ci95 }: CliffLevel, { x, y }: Scales): readonly string[] {
  if (p === null || ci95 === null) return []
  const told = seeds.length - untold
  const place = x(Number.parseFloat(value))
  const said = `${value}: ${fell + never_up} of ${told} fell${never_up === 0 ? '' : `, ${never_up} of them never up`}`
  return [
    line(place, y(ci95[0]), place, y(ci95[1]), 'counted'),
    `<circle class="level" cx="${at(place)}" cy="${at(y(p))}" r="${at(1.5 + Math.sqrt(told) / 2)}"><title>${escapeXml(said)}</title></circle>`,
  ]
}

/** A range that reaches outside what was looked at is open at that end. */
function crossingOf(crossing: LoadCrossing | null, share: number, { axis, x, y }: Scales): readonly string[] {
  if (crossing === null) return []
  const { low, high, value } = crossing
  const end = (of: number): readonly string[] =>
    of < axis.low || of > axis.high ? [] : [line(x(of), y(share) - 5, x(of), y(share) + 5, 'crossing')]
  const isInside = value >= axis.low && value <= axis.high
  const words = `${share * 100} % of runs fall at ${crossingText(crossing, axis)}${axis.unit}`
  return [
    `<g><title>${escapeXml(words)}</title>`,
    line(x(low), y(share), x(high), y(share), 'crossing'),
    ...end(low),
    ...end(high),
    ...(isInside ? [`<circle class="middle" cx="${at(x(value))}" cy="${at(y(share))}" r="4"/>`] : []),
    '</g>',
  ]
}

/** The way up, and the way down under it; a part that is down is drawn so. */
function loopOf(run: LoopRun, top: number, { axis, x }: Scales): readonly string[] {
  const { fell_at, fell_on, recovered_at, recovered_on, never_up, seed } = run
  const [low, high] = [x(axis.low), x(axis.high)]
  const [up, down] = [top, top + 4]
  if (fell_at === null) {
    const kind = never_up ? 'down' : 'held'
    return [
      `<g><title>seed ${seed}: ${never_up ? 'never came up' : 'held'}</title>`,
      line(low, up, high, up, kind),
      line(high, down, low, down, kind),
      '</g>',
    ]
  }
  /** Along the way up and then down, 0 to 2. */
  const along = (load: number, on: 'up' | 'down' | null): number => {
    const share = (x(load) - low) / (high - low)
    return on === 'up' ? share : 2 - share
  }
  const fell = along(fell_at, fell_on)
  const back = recovered_at === null ? 2 : along(recovered_at, recovered_on)
  const place = (way: number): number => low + (way <= 1 ? way : 2 - way) * (high - low)
  const piece = (from: number, to: number, kind: string): readonly string[] => {
    const pieces: string[] = []
    if (from >= to) return pieces
    if (from < 1) pieces.push(line(place(from), up, place(Math.min(1, to)), up, kind))
    if (to > 1) pieces.push(line(place(Math.max(1, from)), down, place(to), down, kind))
    return pieces
  }
  const model = run.model === null ? '' : ` ${run.model}`
  const end = recovered_at === null ? 'and stayed down' : `and came back at ${Number(recovered_at.toPrecision(3))}`
  return [
    `<g><title>${escapeXml(`seed ${seed}:${model} fell at ${Number(fell_at.toPrecision(3))} on the way ${fell_on}, ${end}`)}</title>`,
    ...piece(0, fell, 'held'),
    ...piece(fell, back, 'down'),
    ...piece(back, 2, 'held'),
    '</g>',
  ]
}

interface Panel {
  readonly height: number
  readonly svg: string
}

function panelOf(name: string, arm: CliffArm, axis: RangeAxis, top: number): Panel {
  const scales = scalesOf(axis, top + ABOVE)
  const bottom = top + ABOVE + PLOT
  const { hysteresis } = arm
  const parts = [
    text(LEFT, top + 16, name, ' class="head"'),
    ...gridOf(scales),
    ...curveOf(arm, scales),
    ...arm.levels.flatMap((level) => levelOf(level, scales)),
    ...crossingOf(arm.at_1, 0.01, scales),
    ...crossingOf(arm.at_50, 0.5, scales),
    wrapped(LEFT, bottom + 36, summaryOf(axis, arm).join('; ')),
  ]
  if (hysteresis === undefined) return { height: ABOVE + PLOT + BELOW, svg: parts.join('\n') }
  const runsTop = bottom + BELOW + LOOP_HEAD
  const runsEnd = runsTop + hysteresis.runs.length * RUN
  parts.push(
    text(
      LEFT,
      bottom + BELOW + 8,
      'each run: the way up, and under it the way down; red: a model is down',
      ' class="dim"',
    ),
    ...hysteresis.runs.flatMap((run, i) => loopOf(run, runsTop + i * RUN, scales)),
    wrapped(LEFT, runsEnd + 16, loopLines(axis, arm).join('; ')),
  )
  return { height: runsEnd + 52 - top, svg: parts.join('\n') }
}

const STYLE = `text{fill:#334155;font-size:12px}.head{font-weight:600;fill:#0f172a;font-size:14px}.dim{fill:#64748b}
.grid{stroke:#e2e8f0}.axis{stroke:#94a3b8}.ribbon{fill:#2563eb;fill-opacity:.16}.curve{fill:none;stroke:#2563eb;stroke-width:2}
.counted{stroke:#64748b}.level{fill:#fff;stroke:#334155;stroke-width:1.5}.crossing{stroke:#b45309;stroke-width:2.5}.middle{fill:#b45309}
.held{stroke:#2563eb;stroke-width:2.5}.down{stroke:#dc2626;stroke-width:2.5}`

export function cliffSvg(result: CliffResult): string {
  const { axis, model, scenario } = result
  let top = HEAD
  const panels: string[] = []
  for (const [name, arm] of Object.entries(result.arms)) {
    const { height, svg } = panelOf(name, arm, axis, top)
    panels.push(svg)
    top += height
  }
  const about = `Share of runs in which ${model ?? 'any model'} fell or never came up, against ${axis.path}; 95 % over seeds, not over other days`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${top}" width="${WIDTH}" height="${top}" font-family="system-ui, sans-serif" role="img">`,
    `<title>${escapeXml(`${scenario.name}: where it falls`)}</title>`,
    `<desc>${escapeXml(about)}</desc>`,
    `<style>${STYLE}</style>`,
    `<rect width="${WIDTH}" height="${top}" fill="#fff"/>`,
    text(LEFT, 22, scenario.name, ' class="head"'),
    wrapped(LEFT, 39, about, ' class="dim"'),
    ...panels,
    '</svg>',
    '',
  ].join('\n')
}
