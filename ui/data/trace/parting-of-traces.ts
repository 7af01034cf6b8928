/**
 * Where two stored runs part, as `fleetlab diff` finds it: by the same book, fed act by act from both sides, so that
 * nothing after the first difference is read.
 */
import { type Act, type Parting, PartingFinder, requestOf } from '../../../sim/lab/story/parting.ts'
import { PartingBesideReal } from '../../../sim/lab/story/parting-beside-real.ts'
import type { TraceRowKind } from '../../../sim/trace/row.ts'
import type { TraceStore } from '../../../sim/trace/store.ts'
import { rowsOfKinds } from './trace-rows.ts'

const ACTS: ReadonlySet<TraceRowKind> = new Set(['preflight', 'decision', 'load_command', 'assignment', 'ended'])
const TOLD: ReadonlySet<TraceRowKind> = new Set(['registered', 'decision', 'ended'])

export interface TracesPart {
  readonly at_us: number
  /** Acts that both did alike before. */
  readonly alike: number
  /** What each does then; undefined: nothing more. */
  readonly a: Act | undefined
  readonly b: Act | undefined
  readonly request: number | undefined
}

/** undefined: they never part. */
export function partingOfTraces(
  a: TraceStore,
  b: TraceStore,
  how: 'act_by_act' | 'beside_real' = 'act_by_act',
): TracesPart | undefined {
  if (how === 'beside_real') return partingBesideReal(a, b)
  const finder = new PartingFinder()
  const ofA = rowsOfKinds(a, ACTS)
  const readA = (acts: number): void => {
    while (finder.acts < acts) {
      const { value, done } = ofA.next()
      if (done === true) return
      finder.rowOfA(value)
    }
  }
  let read = 0
  for (const row of rowsOfKinds(b, ACTS)) {
    // Not every row is an act, so A is at least as far as B.
    read += 1
    readA(read)
    finder.rowOfB(row)
    const found = finder.parting()
    if (found?.b !== undefined) return partAt(found)
  }
  readA(Number.POSITIVE_INFINITY)
  const found = finder.parting()
  return found === undefined ? undefined : partAt(found)
}

/** A real run is held beside another request by request: all of both is read. */
function partingBesideReal(a: TraceStore, b: TraceStore): TracesPart | undefined {
  const finder = new PartingBesideReal()
  for (const row of rowsOfKinds(a, TOLD)) finder.rowOfA(row)
  for (const row of rowsOfKinds(b, TOLD)) finder.rowOfB(row)
  const found = finder.parting()
  return found === undefined ? undefined : partAt(found)
}

function partAt({ alike, a, b }: Parting): TracesPart {
  const at_us = Math.min(a?.at ?? Number.POSITIVE_INFINITY, b?.at ?? Number.POSITIVE_INFINITY)
  return { at_us, alike, a, b, request: requestOf(a) ?? requestOf(b) }
}
