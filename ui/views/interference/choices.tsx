/** Which cause is looked at, and whether seconds are per served request or in all. */
import type { ReactNode } from 'react'
import { Choice } from '../../parts/choice.tsx'
import { select } from '../../state/selection-actions.ts'
import { useDashboard } from '../../state/store.ts'
import type { DelayMeasure } from './delay-matrix.ts'
import { CAUSE_WORDS } from './words.ts'

const CAUSES = [
  { value: undefined, name: 'all causes', about: 'stacked' },
  ...CAUSE_WORDS.map(({ cause, name, colour, about }) => ({ value: cause, name, colour, about })),
]

export function CauseChoice(): ReactNode {
  const cause = useDashboard((state) => state.selection.cause)
  return <Choice label="Cause" options={CAUSES} chosen={cause} onChoose={(chosen) => select({ cause: chosen })} />
}

export interface MeasureChoiceProps {
  readonly measure: DelayMeasure
  onChange(measure: DelayMeasure): void
}

const MEASURES = [
  { value: 'per_request', name: 'per served request' },
  { value: 'total', name: 'total' },
] as const

export function MeasureChoice({ measure, onChange }: MeasureChoiceProps): ReactNode {
  return <Choice<DelayMeasure> label="Seconds" options={MEASURES} chosen={measure} onChoose={onChange} />
}
