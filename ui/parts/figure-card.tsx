/** One figure of every arm of a comparison: mean, interval, and the paired difference from the baseline. */
import type { ReactNode } from 'react'
import type { CompareResult } from '../../sim/lab/compare.ts'
import { goodDirection } from '../../sim/metrics/index.ts'
import { formatDifference, formatMean, unitOf } from '../../sim/report/unit.ts'
import { colour } from './colours.ts'

export interface FigureCardProps {
  readonly compare: CompareResult
  readonly title: string
  /** As in the result: `models["m"].goodput`. */
  readonly path: string
}

export function FigureCard({ compare, title, path }: FigureCardProps): ReactNode {
  const unit = unitOf(path)
  return (
    <section className="panel card" aria-label={title}>
      <header>
        <h3>{title}</h3>
      </header>
      <table>
        <tbody>
          {Object.entries(compare.policies).map(([arm, figures], i) => {
            const figure = figures[path]
            const difference = compare.differences[arm]?.[path]
            return (
              <tr key={arm}>
                <td title={arm}>
                  <span className="key" style={{ background: colour(i) }} />
                  {arm}
                </td>
                <td>{figure === undefined ? '–' : formatMean(figure, unit)}</td>
                <td className={toneOf(path, difference)}>
                  {difference === undefined ? 'baseline' : formatDifference(difference, unit)}
                </td>
              </tr>
            )
          })}
        </tbody>
      </table>
    </section>
  )
}

/** Green and red only for what is significant and has a good direction. */
export function toneOf(
  path: string,
  difference: { readonly mean: number | null; readonly significant: boolean | null } | undefined,
): string {
  if (difference?.mean === null || difference?.significant !== true) return 'muted'
  const direction = goodDirection(path)
  if (direction === undefined) return ''
  return difference.mean > 0 === (direction === 'up') ? 'good' : 'bad'
}
