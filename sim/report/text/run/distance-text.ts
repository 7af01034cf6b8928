/** How far a simulated day is from the recorded one: the score, what became of the requests, and times by hour and tier. */
import type { CellFigures, CellRow, DayDistance, Distance } from '../../../metrics/figures/day-distance.ts'
import { type TextCell, type Paint, plainPaint } from '../../form/paint.ts'
import { formatTable } from '../../form/table.ts'
import { formatNumber, formatValue, NO_DATA } from '../../form/unit.ts'

/** Of the requests of the other day. */
const COVERED = 0.99
const right = (head: string) => ({ head, align: 'right' as const })
const left = (head: string) => ({ head, align: 'left' as const })
const far = (value: number): string => formatNumber(value, 3)

export function formatDistance(distance: DayDistance, calendar: boolean, paint: Paint = plainPaint): string {
  const part = (name: string, { value, chance }: Distance): readonly TextCell[] => [name, far(value), far(chance)]
  const parts = formatTable(
    {
      columns: [left('the simulated day beside the recorded one'), right('distance'), right('chance alone')],
      rows: [
        part('what became of the requests', distance.outcomes),
        part('time to the first token', distance.ttft_ms),
        part('decode rate', distance.decode_tps),
        [{ text: 'score', tone: 'strong' }, { text: far(distance.score), tone: 'strong' }, far(distance.chance)],
      ],
    },
    paint,
  )
  const explained =
    '0: nothing tells the days apart; 1: nothing is alike. Chance alone: what as many independent requests would show;\nrequests of one queue are not independent, so compare with the score of another seed.'
  return [
    parts,
    explained,
    uncovered(distance),
    outcomesOf(distance, calendar, paint),
    cellsOf(distance, calendar, paint),
  ]
    .filter((block) => block !== '')
    .join('\n\n')
}

/** A run that ends before the day does is far from it for that alone. */
function uncovered({ by_outcome }: DayDistance): string {
  const recorded = by_outcome.reduce((sum, row) => sum + row.recorded, 0)
  const simulated = by_outcome.reduce((sum, row) => sum + row.simulated, 0)
  return simulated >= COVERED * recorded && recorded >= COVERED * simulated
    ? ''
    : `The run has ${formatNumber(simulated, 0)} requests and the day ${formatNumber(recorded, 0)}: whatever is below rests on that; look at duration and demand.`
}

/** On a calendar the time of day, else hours since the clock's start. */
function hourText(hour: number, calendar: boolean): string {
  if (!calendar) return `hour ${hour}`
  const ofDay = ((hour % 24) + 24) % 24
  return `${String(ofDay).padStart(2, '0')}:00`
}

const share = (count: number, all: number): string => (all === 0 ? NO_DATA : formatValue(count / all, 'share'))

function outcomesOf({ by_outcome, by_hour }: DayDistance, calendar: boolean, paint: Paint): string {
  const total = (whose: 'recorded' | 'simulated'): number => by_outcome.reduce((sum, row) => sum + row[whose], 0)
  const all = [total('recorded'), total('simulated')] as const
  const table = formatTable(
    {
      columns: [left('outcome'), right('recorded'), right('simulated'), right('recorded, of all'), right('simulated')],
      rows: by_outcome.map(({ outcome, recorded, simulated }) => [
        outcome,
        formatNumber(recorded, 0),
        formatNumber(simulated, 0),
        share(recorded, all[0]),
        share(simulated, all[1]),
      ]),
    },
    paint,
  )
  if (by_hour.length < 2) return table
  const hourly = formatTable(
    {
      columns: [left('hour'), right('requests'), right('served, recorded'), right('simulated')],
      rows: by_hour.map(({ hour, outcomes }) => {
        const sum = (whose: 'recorded' | 'simulated'): number => outcomes.reduce((n, row) => n + row[whose], 0)
        const served = outcomes.find(({ outcome }) => outcome === 'served')
        return [
          hourText(hour, calendar),
          formatNumber(sum('recorded'), 0),
          share(served?.recorded ?? 0, sum('recorded')),
          share(served?.simulated ?? 0, sum('simulated')),
        ]
      }),
    },
    paint,
  )
  return `${table}\n\n${hourly}`
}

const ms = (figures: CellFigures | undefined, which: 'p50' | 'p95'): string => formatValue(figures?.[which], 'ms')

function cellsOf({ cells }: DayDistance, calendar: boolean, paint: Paint): string {
  if (cells.length === 0) return ''
  const places = [...new Set(cells.map(({ hour, tier }) => `${hour} ${tier}`))]
  const find = (place: string, measure: CellRow['measure']): CellRow | undefined =>
    cells.find((cell) => `${cell.hour} ${cell.tier}` === place && cell.measure === measure)
  return formatTable(
    {
      columns: [
        left('hour'),
        left('tier'),
        right('served, recorded'),
        right('simulated'),
        right('TTFT p50'),
        right('simulated'),
        right('TTFT p95'),
        right('simulated'),
        right('distance'),
        right('decode p50'),
        right('simulated'),
        right('distance'),
      ],
      rows: places.map((place) => {
        const [ttft, decode] = [find(place, 'ttft_ms'), find(place, 'decode_tps')]
        const { hour, tier } = (ttft ?? decode)!
        return [
          hourText(hour, calendar),
          tier,
          formatNumber(ttft?.recorded.requests ?? 0, 0),
          formatNumber(ttft?.simulated.requests ?? 0, 0),
          ms(ttft?.recorded, 'p50'),
          ms(ttft?.simulated, 'p50'),
          ms(ttft?.recorded, 'p95'),
          ms(ttft?.simulated, 'p95'),
          ttft === undefined ? NO_DATA : far(ttft.distance),
          formatValue(decode?.recorded.p50, 'tok/s'),
          formatValue(decode?.simulated.p50, 'tok/s'),
          decode === undefined ? NO_DATA : far(decode.distance),
        ]
      }),
    },
    paint,
  )
}
