/** A `trace.fleet` opened alone: it tells the run's own SLO, duration and models, and an older one is refused. */
import { beforeAll, describe, expect, it } from 'vitest'
import { encodeTraceFile, type TraceFileHeader } from '../../../sim/trace/file.ts'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeTraceFile } from '../../../sim/trace/file.ts'
import { openTrace } from '../../../ui/worker/open-trace.ts'
import { runInNode } from '../../browser/driving/node-run.ts'
import { type ARun, aRun } from '../a-run.ts'

const SCENARIO = 'scenarios/pools/pinned-elsewhere.yaml'
const hooks = { pause: async () => {}, onProgress() {} }
let bytes: Uint8Array
let run: ARun

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fleetlab-trace-'))
  await runInNode(SCENARIO, 'open', folder)
  bytes = new Uint8Array(readFileSync(join(folder, 'trace.fleet')))
  rmSync(folder, { recursive: true })
  run = await aRun(SCENARIO, 'open')
})

async function withHeader(change: (header: TraceFileHeader) => TraceFileHeader): Promise<Uint8Array> {
  const decoded = await decodeTraceFile(bytes)
  if (!decoded.ok) throw new Error(decoded.error)
  return encodeTraceFile(decoded.value.store, change(decoded.value.header))
}

describe('a trace.fleet opened alone', () => {
  it('gives the names and the series of the run that wrote it', async () => {
    const shares: number[] = []
    const { opened } = await openTrace(bytes.slice(), { ...hooks, onProgress: (share) => shares.push(share) })
    expect(opened.names).toEqual(run.names)
    expect(opened.series).toEqual(run.series)
    expect(opened.digest).toBe(run.result.digest)
    expect(shares).toEqual(shares.toSorted((a, b) => a - b))
  })

  it('holds goodput against the SLO of the run, not the usual one', async () => {
    const strict = await withHeader((header) => ({ ...header, slo: { ttftBase: 1, ttftPerToken: 0, decodeTps: 15 } }))
    const { opened } = await openTrace(strict, hooks)
    const goodput = Object.values(opened.series.models).flatMap((model) => model.goodput)
    expect(Math.max(...goodput.map((share) => share ?? 0))).toBe(0)
    expect(Math.max(...Object.values(run.series.models).flatMap((model) => model.goodput.map(Number)))).toBe(1)
  })

  it('of an older version is refused, and says how to have a new one', async () => {
    const old = bytes.slice()
    old[7] = '1'.charCodeAt(0)
    await expect(openTrace(old, hooks)).rejects.toThrow(/version 1, older than this fleetlab.*`fleetlab run/)
  })

  it('is refused with a reason when it is cut off', async () => {
    await expect(openTrace(bytes.subarray(0, 60), hooks)).rejects.toThrow('the trace.fleet file is cut off')
  })

  it('is refused where a number would be taken for the length of a list', async () => {
    const decoded = await decodeTraceFile(bytes)
    if (!decoded.ok) throw new Error(decoded.error)
    const { store, header } = decoded.value
    for (const [kind, column, name] of [
      ['arrived', 'request', /a request has a number beyond all rows/],
      ['registered', 'machine', /a provider is of a Mac that it does not name/],
    ] as const) {
      const values = store.column(kind, column)
      const kept = values[values.length - 1]
      values[values.length - 1] = 4_000_000_000
      const forged = await encodeTraceFile(store, header)
      values[values.length - 1] = kept
      await expect(openTrace(forged, hooks)).rejects.toThrow(name)
    }
  })
})
