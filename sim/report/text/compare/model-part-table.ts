/** The deciding differences of a comparison in their two parts: the seeds' chance, and what the model does not know. */
import type { CompareResult } from '../../../lab/compare/compare.ts'
import type { ModelPart, Survival } from '../../../lab/estimates/model-part.ts'
import { fragmentationMetrics, type HeadlineMetric, outcomeMetrics } from '../../form/headline.ts'
import { cell, type TextCell } from '../../form/paint.ts'
import type { Table } from '../../form/table.ts'
import { formatDifference, unitOf } from '../../form/unit.ts'

export const MODEL_TITLE = 'What the seeds leave open, and what the model does not know'
export const MODEL_LEGEND =
  'as calibrated, with the chance of the seeds; what drawn errors of the Mac model add, as far as one draw more may lie; both together, and whether the verdict survives'

const WORDS: { readonly [survival in Survival]: TextCell } = {
  holds: cell('holds', 'good'),
  open: cell('hangs on the model', 'warn'),
  turns: cell('turns round', 'bad'),
}

function wordFor({ seeds, survives }: ModelPart): TextCell {
  if (survives !== null) return WORDS[survives]
  return seeds.ci95 === null ? cell('no verdict', 'warn') : cell('no difference shown', 'dim')
}

/** Those that verdicts rest on. */
const decidingMetrics = (model: string): readonly HeadlineMetric[] => [
  ...outcomeMetrics(model).filter(({ label }) => label === 'goodput'),
  ...fragmentationMetrics(model).slice(0, 2),
]

/** undefined: the Macs were taken as calibrated. */
export function modelTable(result: CompareResult): Table | undefined {
  const parts = result.model_error
  if (parts === undefined) return undefined
  const rows = Object.entries(parts).flatMap(([arm, byPath]) =>
    result.models.flatMap((model) =>
      decidingMetrics(model).flatMap(({ label, path }) => {
        const part = byPath[path]
        if (part === undefined || part.both.mean === null) return []
        const text = (estimate: ModelPart['seeds']): string => formatDifference(estimate, unitOf(path))
        return [[arm, model, label, text(part.seeds), text(part.model), text(part.both), wordFor(part)]]
      }),
    ),
  )
  return {
    columns: [
      { head: `against ${result.baseline}`, align: 'left' },
      { head: 'model', align: 'left' },
      { head: 'figure', align: 'left' },
      { head: 'seeds', align: 'right' },
      { head: 'model’s part', align: 'right' },
      { head: 'both', align: 'right' },
      { head: '', align: 'left' },
    ],
    rows,
  }
}
