/** The digest is the identity of a run: who listens must not change it, and what happened must. */
import { describe, expect, it } from 'vitest'
import type { RequestId } from '../../sim/base/ids.ts'
import { TraceDigest } from '../../sim/trace/digest.ts'
import { decodeTraceFile, encodeTraceFile } from '../../sim/trace/file.ts'
import { TraceStore } from '../../sim/trace/store.ts'
import { loadedFrom, runOf, SMALL } from './world.ts'

describe('the digest of a run', () => {
  it('is the same on every run, with judges, with an explanation, with other listeners, and whatever the host does in pauses', async () => {
    const scenario = await loadedFrom(SMALL)
    const plain = await runOf(scenario)
    const again = await runOf(await loadedFrom(SMALL))
    const judged = await runOf(scenario, 'open', { verify: true })
    const explained = await runOf(scenario, 'open', { explain: { request: 5 as RequestId } })
    const heard = await runOf(scenario, 'open', { rows: () => {}, pause: async () => {} })
    const { meta: _, ...result } = plain.result
    for (const other of [again, judged, explained, heard]) expect(other.result).toMatchObject(result)
    expect(explained.explanation!.length).toBeGreaterThan(0)
    expect(plain.result.digest).toMatch(/^[0-9a-f]{64}$/)
  })

  it('differs between seeds, between policies and between scenarios', async () => {
    const scenario = await loadedFrom(SMALL)
    const digests = [
      await runOf(scenario),
      await runOf(scenario, 'open', { seed: 2 }),
      await runOf(scenario, 'pools-afe8135'),
      await runOf(await loadedFrom({ ...SMALL, network: { one_way: '31ms' } })),
    ].map(({ result }) => result.digest)
    expect(new Set(digests).size).toBe(digests.length)
  })

  it('can be computed again from a trace file', async () => {
    const store = new TraceStore()
    const { result } = await runOf(await loadedFrom({ ...SMALL, duration: '1m' }), 'open', {
      rows: (row) => store.row(row),
    })
    const slo = { ttftBase: 5_000_000, ttftPerToken: 1_000, decodeTps: 15 }
    const run = { scenario: 'small', policy: 'open', seed: 1, digest: result.digest }
    const header = { ...run, duration_us: 60_000_000, slo, modelOfBuild: {} }
    const file = await decodeTraceFile(await encodeTraceFile(store, header))
    if (!file.ok) throw new Error(file.error)
    const digest = new TraceDigest()
    for (const row of file.value.store) digest.row(row)
    expect(digest.hex()).toBe(result.digest)
  })
})
