/** The TTFT curves of every arm whose rows are here: one run each, warm-up left out as everywhere. */
import { useEffect, useState } from 'react'
import { type Dataset, policiesOf } from '../../state/dashboard.ts'
import { fail } from '../../state/selection-actions.ts'
import { lab } from '../../state/store.ts'
import type { TtftCurvesQuery } from '../../data/answer/ttft-curves.ts'
import type { TracedCurve } from './ttft-lines.ts'

export function useTracedCurves(dataset: Dataset): readonly TracedCurve[] {
  const [curves, setCurves] = useState<readonly TracedCurve[]>([])
  const runs = policiesOf(dataset).flatMap(
    (policy) =>
      dataset.runs.find((run) => run.policy === policy && run.trace === 'ready' && run.digest !== undefined) ?? [],
  )
  const warmup_s = dataset.runs.find((run) => run.result !== undefined)?.result?.warmup_s ?? 0
  const key = runs.map((run) => run.digest).join(' ')
  useEffect(() => {
    let wanted = true
    const ask = async (): Promise<void> => {
      const query: TtftCurvesQuery = { kind: 'ttft_curves', from_us: warmup_s * 1e6 }
      const answers = await Promise.all(
        runs.map(async ({ policy, seed, digest }) => {
          const { models } = await lab.query(digest!, query)
          return models.map((curve): TracedCurve => ({ ...curve, policy, seed }))
        }),
      )
      if (wanted) setCurves(answers.flat())
    }
    // What the worker no longer has, once something else is shown, is nobody's mistake.
    ask().catch((error: unknown) => wanted && fail(error))
    return () => {
      wanted = false
    }
    // Runs are made anew with every change of the dataset; what they are is their digests.
  }, [key, warmup_s])
  return curves
}
