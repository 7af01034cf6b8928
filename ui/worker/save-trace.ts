/** A run's rows as the `trace.fleet` that the command line writes: the same header, the same bytes. */
import { encodeTraceFile, type TraceFileHeader } from '../../sim/trace/file.ts'
import type { TraceIndex } from '../data/trace/trace-index.ts'
import type { SavedTraceOf } from './protocol.ts'

export async function savedTrace(
  { store, names, facts }: TraceIndex,
  digest: string,
  { scenario, policy, seed }: SavedTraceOf,
): Promise<Uint8Array> {
  const { duration_us, warmup_us, slo } = facts
  if (slo === undefined) throw new Error('of this run only rows are known, which make no file')
  const header: TraceFileHeader = {
    scenario,
    policy,
    seed,
    digest,
    duration_us,
    ...(warmup_us === undefined ? {} : { warmup_us }),
    slo: { ttftBase: slo.ttftBase, ttftPerToken: slo.ttftPerToken, decodeTps: slo.decodeTps },
    ...names,
  }
  return encodeTraceFile(store, header)
}
