/** A run of the lab and a real one, held beside each other: by whom each request was sent to, whenever that was. */
import { describe, expect, it } from 'vitest'
import type { BuildId, ProviderId, RequestId } from '../../../sim/base/ids.ts'
import type { Micros } from '../../../sim/base/time.ts'
import { PartingBesideReal } from '../../../sim/lab/story/parting-beside-real.ts'
import type { TraceRow } from '../../../sim/trace/row.ts'

const registered = (provider: number, serial: string): TraceRow => ({
  kind: 'registered',
  at: 0 as Micros,
  provider: provider as ProviderId,
  machine: 0 as never,
  serial,
  chip: 'M4 Max 40c',
  memory_gb: 64,
})

const sent = (request: number, provider: number, at = request): TraceRow => ({
  kind: 'decision',
  at: at as Micros,
  request: request as RequestId,
  attempt: 0,
  phase: 'select',
  build: 'b' as BuildId,
  outcome: 'selected',
  provider: provider as ProviderId,
  recheck: '',
  candidates: 2,
  capacityRejections: 0,
  tooLargeRejections: 0,
  bestTtft_ms: -1,
  visionRejections: 0,
  ttftRejections: 0,
  nearTies: 0,
})

const refused = (request: number, reason: 'machine_busy' | 'queue_full'): TraceRow => ({
  kind: 'ended',
  at: request as Micros,
  request: request as RequestId,
  outcome: 'rejected',
  status: 429,
  reason,
  midStream: false,
  retryAfter_s: -1,
  completionTokens: 0,
  attempt: -1,
})

function held(a: readonly TraceRow[], b: readonly TraceRow[]) {
  const finder = new PartingBesideReal()
  for (const row of a) finder.rowOfA(row)
  for (const row of b) finder.rowOfB(row)
  return finder.parting()
}

describe('two runs', () => {
  it('are alike when each request went to the same Mac, whatever its connection is called and whenever that was', () => {
    const a = [registered(0, 'one'), registered(1, 'two'), sent(0, 0), sent(1, 1), refused(2, 'machine_busy')]
    const b = [registered(1, 'one'), registered(0, 'two'), sent(1, 0, 5), refused(2, 'machine_busy'), sent(0, 1, 90)]
    expect(held(a, b)).toBeUndefined()
  })

  it('part in the first request that went elsewhere', () => {
    const macs = [registered(0, 'one'), registered(1, 'two')]
    const parting = held([...macs, sent(0, 0), sent(1, 0), sent(2, 0)], [...macs, sent(0, 0), sent(2, 1), sent(1, 1)])
    expect(parting).toMatchObject({ alike: 1, a: { request: 1, provider: 0 }, b: { request: 1, provider: 1 } })
  })

  it('part where one refuses for another reason, or one tries once more', () => {
    const macs = [registered(0, 'one')]
    expect(held([refused(0, 'machine_busy')], [refused(0, 'queue_full')])).toMatchObject({ alike: 0 })
    expect(held([...macs, sent(0, 0), sent(0, 0)], [...macs, sent(0, 0)])).toMatchObject({ alike: 1, b: undefined })
  })
})
