/** What every line says at one moment. */
import type { ReactNode } from 'react'
import type { ChartLine } from './chart-line.ts'
import { formatTime } from './time-format.ts'

export interface ChartTooltipProps {
  readonly lines: readonly ChartLine[]
  readonly at_s: number
  readonly left: number
  readonly width: number
  format(value: number): string
}

const GAP = 12

export function ChartTooltip({ lines, at_s, left, width, format }: ChartTooltipProps): ReactNode {
  const place = left > width / 2 ? { right: width - left + GAP } : { left: left + GAP }
  return (
    <div className="tooltip" style={{ ...place, top: 4 }}>
      <strong>{formatTime(at_s)}</strong>
      <table>
        <tbody>
          {lines.map((line) => {
            const i = Math.floor(at_s / line.interval_s)
            const value = line.values[i] ?? null
            const [low, high] = [line.low?.[i] ?? null, line.high?.[i] ?? null]
            const range = low !== null && high !== null && low !== high ? ` (${format(low)} … ${format(high)})` : ''
            return (
              <tr key={line.name}>
                <td>
                  <span className="key" style={{ background: line.colour }} />
                  {line.name}
                </td>
                <td>{value === null ? '–' : `${format(value)}${range}`}</td>
              </tr>
            )
          })}
        </tbody>
      </table>
    </div>
  )
}
