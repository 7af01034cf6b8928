import * as fc from 'fast-check'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { TraceDigest } from '../../sim/trace/digest.ts'
import { decodeTraceFile, encodeTraceFile } from '../../sim/trace/file.ts'
import type { TraceRow } from '../../sim/trace/row.ts'
import { TraceStore } from '../../sim/trace/store.ts'
import { arbitraryRows } from './a-row.ts'
import { casesOf } from '../tier.ts'

const header = {
  scenario: 'smoke',
  policy: 'open',
  seed: 7,
  digest: 'abc',
  duration_us: 60_000_000,
  slo: { ttftBase: 5_000_000, ttftPerToken: 1_000, decodeTps: 15 },
  modelOfBuild: {},
  machines: ['mac-a'],
}

function digestOf(rows: Iterable<TraceRow>): string {
  const digest = new TraceDigest()
  for (const row of rows) digest.row(row)
  return digest.hex()
}

function stored(rows: readonly TraceRow[]): TraceStore {
  const store = new TraceStore()
  for (const row of rows) store.row(row)
  return store
}

describe('trace file', () => {
  it('gives back every row as it was, with the digest of the original', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryRows, async (rows) => {
        const decoded = await decodeTraceFile(await encodeTraceFile(stored(rows), header))
        if (!decoded.ok) throw new Error(decoded.error)
        expect([...decoded.value.store]).toEqual(rows)
        expect(decoded.value.header).toEqual(header)
        expect(digestOf(decoded.value.store)).toBe(digestOf(rows))
      }),
      { numRuns: casesOf(100) },
    )
  })

  it('reads back the same rows from memory, and its columns by name', () => {
    fc.assert(
      fc.property(arbitraryRows, (rows) => {
        const store = stored(rows)
        expect([...store]).toEqual(rows)
        expect(store.rows).toBe(rows.length)
        const busy = rows.filter((row) => row.kind === 'gpu_busy')
        expect(Array.from(store.column('gpu_busy', 'since'))).toEqual(busy.map((row) => row.since))
      }),
      { numRuns: casesOf(100) },
    )
  })

  it('of another version is refused, in words that say what to do', async () => {
    const bytes = await encodeTraceFile(stored([]), header)
    const of = (version: string) => decodeTraceFile(Object.assign(bytes.slice(), { 7: version.charCodeAt(0) }))
    expect(await of('1')).toMatchObject({
      ok: false,
      error: expect.stringMatching(/is of version 1, older .* reads version 2; write it anew with `fleetlab run/),
    })
    expect(await of('3')).toMatchObject({ error: expect.stringContaining('open it with a newer one') })
  })

  it('is refused with a reason when it is something else, cut off or damaged', async () => {
    const bytes = await encodeTraceFile(stored([{ kind: 'timeline', at: 5 as never, what: 'x' }]), header)
    expect(await decodeTraceFile(new Uint8Array(40))).toMatchObject({ ok: false, error: 'not a trace.fleet file' })
    expect(await decodeTraceFile(bytes.subarray(0, 30))).toMatchObject({ ok: false })
    expect(await decodeTraceFile(bytes.subarray(0, bytes.length - 12))).toMatchObject({ ok: false })
    const damaged = bytes.slice()
    damaged[20] = 0
    expect(await decodeTraceFile(damaged)).toMatchObject({ ok: false })
  })

  describe('written by somebody who means ill', () => {
    interface Index {
      rows: number
      header: { [name: string]: unknown }
      kinds: { rows: number; columns: unknown }[]
    }
    const PREAMBLE = 12

    /** The same file with its index, its rows or both exchanged. */
    async function forged(change: (index: Index) => void, body?: Uint8Array): Promise<Uint8Array> {
      const bytes = await encodeTraceFile(stored([{ kind: 'timeline', at: 5 as never, what: 'x' }]), header)
      const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(8, true)
      const index = JSON.parse(new TextDecoder().decode(bytes.subarray(PREAMBLE, PREAMBLE + length))) as Index
      change(index)
      const json = new TextEncoder().encode(JSON.stringify(index))
      const preamble = bytes.slice(0, PREAMBLE)
      new DataView(preamble.buffer).setUint32(8, json.length, true)
      return new Uint8Array(Buffer.concat([preamble, json, body ?? bytes.subarray(PREAMBLE + length)]))
    }
    const rowsOf = (index: Index, rows: number): void => {
      index.rows = rows
      for (const [i, kind] of index.kinds.entries()) kind.rows = i === 0 ? rows : 0
    }

    it.each([
      ['claims a billion rows', (index: Index) => rowsOf(index, 1e9), 'far larger than any trace of its size'],
      ['claims more rows than numbers go', (index: Index) => rowsOf(index, 1e300), 'is damaged'],
      ['claims less than no rows', (index: Index) => rowsOf(index, -1), 'is damaged'],
      ['claims other sums than parts', (index: Index) => void (index.rows += 1), 'is damaged'],
      ['claims to last for ever', (index: Index) => void (index.header['duration_us'] = 1e300), 'of which run it is'],
      ['has no kinds', (index: Index) => void (index.kinds = []), 'is damaged'],
      ['has kinds that are none', (index: Index) => void (index.kinds = [null as never]), 'is damaged'],
    ])('is refused before it is unpacked where it %s', async (_, change, reason) => {
      expect(await decodeTraceFile(await forged(change))).toMatchObject({
        ok: false,
        error: expect.stringContaining(reason),
      })
    })

    it('is left as soon as it unpacks to more than it says', async () => {
      const bomb = gzipSync(Buffer.alloc(200_000_000))
      const before = process.memoryUsage().arrayBuffers
      const opened = await decodeTraceFile(await forged(() => {}, bomb))
      expect(opened).toMatchObject({ ok: false, error: 'the trace.fleet file holds more than it says' })
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100_000_000)
    })
  })
})
