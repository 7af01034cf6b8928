/** Whether anybody saw what delayed a run's requests on their Macs: of a real run that clients alone have seen, nobody did. */
import { isUnseen } from '../../../sim/metrics/index.ts'
import type { RunResult } from '../../../sim/metrics/result.ts'
import type { InterferenceMatrix } from './interference-window.ts'

/** The policy under whose name runs before a real coordinator stand. */
export const REAL = 'real'

interface DelayedRun {
  readonly policy: string
  /** undefined: only its rows were opened. */
  readonly result: RunResult | undefined
}

/** `matrix`: of its rows, which tell nothing where nobody saw anything. */
export function areDelaysUnseen({ policy, result }: DelayedRun, matrix: InterferenceMatrix | undefined): boolean {
  if (result !== undefined) return isUnseen(result, ['interference'])
  return policy === REAL && matrix !== undefined && Object.values(matrix).every((row) => Object.keys(row).length === 0)
}
