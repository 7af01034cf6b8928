/** One policy's run in the rollout view, and what its charts are drawn from. */
import type { TimeMark } from '../../charts/marked.tsx'
import type { Rollout } from '../../data/rollout.ts'
import type { LoadedRun, TimeWindow } from '../../state/dashboard.ts'

export interface RolloutSide {
  readonly run: LoadedRun
  readonly rollout: Rollout | undefined
  readonly interval_s: number
  readonly count_interval_s: number
}

export interface ChartsProps {
  readonly sides: readonly RolloutSide[]
  readonly duration_s: number
  readonly shown: TimeWindow
  readonly marks: readonly TimeMark[]
}
