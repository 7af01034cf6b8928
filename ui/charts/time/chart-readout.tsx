/** What a chart says at the pointer, below it: nothing lies over the data, and its place is kept while there is nothing to say. */
import type { ReactNode } from 'react'

export interface ChartReadoutProps {
  readonly title: string
  readonly values: readonly { readonly name: string; readonly colour?: string; readonly text: string }[]
}

export function ChartReadout({ title, values }: ChartReadoutProps): ReactNode {
  return (
    <div className="chart-readout" data-readout="">
      <strong>{title}</strong>
      {values.map(({ name, colour, text }) => (
        <span key={name}>
          {colour !== undefined && <span className="key" style={{ background: colour }} />}
          <span className="muted">{name}</span> {text}
        </span>
      ))}
    </div>
  )
}
