/** A dataset as a document: what the history keeps and what is saved as a file, which `Open` takes again. No rows: they are made anew. */
import type { Dataset } from '../../state/dashboard.ts'
import type { Summary } from './summary.ts'

/** undefined: nothing finished yet. */
export function summaryOf({ compare, path, runs, arms, facts, source }: Dataset): Summary | undefined {
  if (compare === undefined) return undefined
  return {
    format: 'fleetlab.summary/1',
    path: path ?? '',
    compare,
    ...(arms === undefined ? {} : { arms }),
    ...(facts === undefined ? {} : { facts }),
    ...(source === undefined ? {} : { source }),
    runs: runs.flatMap(({ policy, seed, result, series }) =>
      result === undefined ? [] : [{ policy, seed, result, series }],
    ),
  }
}
