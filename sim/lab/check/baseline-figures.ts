/**
 * Which figures of an arm a baseline holds, and what they are in its runs: a dozen that every reviewer reads, those that the
 * scenario expects something of, and those that somebody added by hand.
 */
import { parseMetricPath, readMetric, scalarMetrics, unitOf } from '../../metrics/index.ts'
import type { JobDone } from '../runs/ports.ts'
import type { RowQuestion } from '../runs/row-count.ts'
import { meanOf } from '../statistics/resample.ts'
import type { Expectation } from './expectation.ts'

/** Of every arm and model, whatever the scenario expects. A dozen of each is what a reviewer reads. */
const OF_ARM: ReadonlySet<string> = new Set(['requests.arrived', 'requests.served'])
const OF_MODEL: ReadonlySet<string> = new Set(['goodput', 'rate_429', 'rate_5xx', 'ttft_ms.p95', 'decode_tps.p50'])

function isStandard(path: string): boolean {
  const [first, , ...rest] = parseMetricPath(path) ?? []
  return OF_ARM.has(path) || (first === 'models' && OF_MODEL.has(rest.join('.')))
}

/** Enough to see any drift, few enough to read. */
const DIGITS = 9
const shortened = (value: number): number => Number(value.toPrecision(DIGITS))

interface Reading {
  readonly isShare: boolean
  /** undefined: there is no such figure. */
  of(run: JobDone): number | null | undefined
}

const metricReading = (path: string): Reading => ({
  isShare: unitOf(path) === 'share',
  of: ({ result }) => readMetric(result, path),
})

/** The figure an expectation is about, as the baseline calls it. */
function readingOf(expectation: Expectation, questions: readonly RowQuestion[]): readonly [string, Reading] {
  const { over } = expectation
  const name =
    expectation.kind === 'row'
      ? `rows ${expectation.question.row} ${whereText(expectation.question)}`.trim()
      : expectation.metric
  const whole: Reading =
    expectation.kind === 'row'
      ? { isShare: false, of: ({ rowCounts }) => rowCounts[questions.indexOf(expectation.question)] }
      : metricReading(expectation.metric)
  if (over === undefined) return [name, whole]
  return [
    `${name} of ${over.join(' + ')}`,
    {
      isShare: true,
      of(run) {
        const part = whole.of(run)
        const parts = over.map((path) => readMetric(run.result, path))
        if (part === undefined || parts.includes(undefined)) return undefined
        const sum = parts.reduce<number>((total, each) => total + (each ?? 0), 0)
        return part === null || sum === 0 ? null : part / sum
      },
    },
  ]
}

const whereText = ({ where }: RowQuestion): string =>
  Object.entries(where)
    .map(([column, value]) => `${column}=${value}`)
    .join(' ')

export interface MeasuredArm {
  readonly arm: string
  /** In the order of the seeds. */
  readonly runs: readonly JobDone[]
}

/** One figure of an arm, over its seeds. */
export interface MeasuredFigure {
  readonly value: number | null
  readonly isShare: boolean
}

export type MeasuredFigures = ReadonlyMap<string, MeasuredFigure>

export function figuresOf(
  { arm, runs }: MeasuredArm,
  expectations: readonly Expectation[],
  questions: readonly RowQuestion[],
  kept: readonly string[],
): MeasuredFigures {
  const standard = runs.flatMap(({ result }) => [...scalarMetrics(result).keys()]).filter(isStandard)
  const own = expectations.filter((each) => each.policy === arm || (each.kind === 'versus' && each.versus === arm))
  const readings = new Map<string, Reading>([
    ...[...kept, ...standard].map((path) => [path, metricReading(path)] as const),
    ...own.map((each) => readingOf(each, questions)),
  ])
  const found = new Map<string, MeasuredFigure>()
  for (const [name, { isShare, of }] of [...readings].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const values = runs.map(of)
    if (values.includes(undefined)) continue
    const known = values.filter((value) => typeof value === 'number')
    found.set(name, { value: known.length === 0 ? null : shortened(meanOf(known)), isShare })
  }
  return found
}
