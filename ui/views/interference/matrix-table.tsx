/** Victims by culprits: each cell a figure and a bar stacked by cause, on one scale for every matrix on the screen. */
import type { ReactNode } from 'react'
import type { Cause } from '../../data/interference/delay-shares.ts'
import type { InterferenceAnswer } from '../../data/interference/interference-window.ts'
import type { MatrixCell } from '../../state/dashboard.ts'
import { type SecondsByCause, figuresOf, formatDelay, type DelayMeasure, sumOfFigures } from './delay-matrix.ts'
import { CAUSE_WORDS, nameOfCulprit, OTHER_CULPRITS } from './words.ts'

export interface MatrixTableProps {
  readonly label: string
  readonly answer: InterferenceAnswer
  readonly victims: readonly string[]
  readonly culprits: readonly string[]
  readonly cause: Cause | undefined
  readonly measure: DelayMeasure
  /** Seconds of the longest bar. */
  readonly scale: number
  readonly chosen: MatrixCell | undefined
  onChoose(cell: MatrixCell): void
}

export function MatrixTable(props: MatrixTableProps): ReactNode {
  const { label, answer, victims, culprits, cause, measure, scale, chosen, onChoose } = props
  const figures = (victim: string, culprit: string): SecondsByCause =>
    figuresOf(answer, victim, culprit, cause, measure)
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label={label}>
      <table className="matrix">
        <thead>
          <tr>
            <th scope="col" className="corner">
              <span className="muted">victim ↓ delayed by →</span>
            </th>
            {culprits.map((culprit) => (
              <th
                key={culprit}
                scope="col"
                title={
                  Object.hasOwn(OTHER_CULPRITS, culprit)
                    ? OTHER_CULPRITS[culprit]!.about
                    : `other requests of ${culprit}`
                }
              >
                {nameOfCulprit(culprit)}
              </th>
            ))}
            <th scope="col" className="sum" title="latency minus the time alone on the same Mac, idle, cool and loaded">
              sum
            </th>
          </tr>
        </thead>
        <tbody>
          {victims.map((victim) => (
            <tr key={victim}>
              <th scope="row">
                {victim}
                <span className="muted">{answer.served[victim] ?? 0} served</span>
              </th>
              {culprits.map((culprit) => (
                <td key={culprit} className={victim === culprit ? 'own' : ''}>
                  <MatrixCell
                    title={`${victim} delayed by ${nameOfCulprit(culprit)}`}
                    figures={figures(victim, culprit)}
                    scale={scale}
                    chosen={chosen?.victim === victim && chosen.culprit === culprit}
                    onChoose={() => onChoose({ victim, culprit })}
                  />
                </td>
              ))}
              <td className="sum">
                {formatDelay(culprits.reduce((sum, culprit) => sum + sumOfFigures(figures(victim, culprit)), 0))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

interface MatrixCellProps {
  readonly title: string
  readonly figures: SecondsByCause
  readonly scale: number
  readonly chosen: boolean
  onChoose(): void
}

const percent = (seconds: number, scale: number): string => `${scale === 0 ? 0 : (Math.abs(seconds) / scale) * 100}%`

function MatrixCell({ title, figures, scale, chosen, onChoose }: MatrixCellProps): ReactNode {
  const sum = sumOfFigures(figures)
  const parts = CAUSE_WORDS.map((words, i) => ({ ...words, seconds: figures[i] ?? 0 })).filter(
    ({ seconds }) => formatDelay(seconds) !== '0',
  )
  const inWords = parts.map(({ name, seconds }) => `${name} ${formatDelay(seconds)}`).join(', ')
  return (
    <button
      type="button"
      className={parts.length === 0 ? 'nothing' : ''}
      aria-pressed={chosen}
      aria-label={`${title}: ${formatDelay(sum)}${inWords === '' ? '' : ` (${inWords})`}`}
      title={inWords === '' ? `${title}: nothing` : `${title}\n${inWords.replaceAll(', ', '\n')}`}
      onClick={onChoose}
    >
      <span>{formatDelay(sum)}</span>
      <span className="bar">
        {parts.map(({ cause, colour, seconds }) => (
          <span
            key={cause}
            className={seconds < 0 ? 'credit' : ''}
            style={{ width: percent(seconds, scale), [seconds < 0 ? 'borderColor' : 'background']: colour }}
          />
        ))}
      </span>
    </button>
  )
}
