/** Little's law, exactly, in runs that are anything but textbook queues (INV-18): the judges run behind `verify`. */
import { describe, expect, it } from 'vitest'
import type { TraceRow } from '../../sim/trace/row.ts'
import { loadedFrom, runOf, SMALL } from './world.ts'

const NEVER = '100h'

async function rowsOf(changes: object): Promise<TraceRow[]> {
  const rows: TraceRow[] = []
  await runOf(await loadedFrom({ ...SMALL, ...changes }), 'open', { verify: true, rows: (row) => rows.push(row) })
  return rows
}

const kinds = <K extends TraceRow['kind']>(rows: readonly TraceRow[], kind: K) =>
  rows.filter((row): row is Extract<TraceRow, { kind: K }> => row.kind === kind)

describe("Little's law", () => {
  it('holds per model and per Mac while Macs load, sleep, crash and lose their connection, and clients give up', async () => {
    const [entry] = SMALL.fleet
    const rows = await rowsOf({
      duration: '30m',
      network: { one_way: '30ms', jitter: '20ms' },
      fleet: [
        {
          ...entry,
          churn: {
            crashes: '15m',
            drops: '5m',
            sleeps: { every: '5m', for: '20s' },
            stalls: { every: '10m', for: '30s' },
          },
        },
      ],
    })
    expect(kinds(rows, 'model_books').map(({ model }) => model)).toEqual(['gpt-oss-20b', 'gemma-4-26b'])
    expect(kinds(rows, 'machine_state').some(({ unread }) => unread > 0)).toBe(true)
    expect(new Set(kinds(rows, 'work').map(({ outcome }) => outcome))).toContain('cancelled')
  })

  it('counts what is still under way when the run ends up to its end', async () => {
    const rows = await rowsOf({
      timeline: [{ at: '2m', stall: { machines: ['mac-1', 'mac-2', 'mac-3', 'mac-4'], for: NEVER } }],
      coordinator: { INFERENCE_TIMEOUT: NEVER },
      mac: { first_output_timeout: NEVER },
      upstream: { patience: { enabled: false } },
    })
    const unfinished = kinds(rows, 'work').filter(({ outcome }) => outcome === 'unfinished')
    const [end] = kinds(rows, 'run_ended')
    expect(unfinished.length).toBeGreaterThan(0)
    expect(end!.inFlight).toBeGreaterThanOrEqual(unfinished.length)
    const open = kinds(rows, 'model_books').reduce((sum, books) => sum + books.open, 0)
    expect(open).toBe(end!.inFlight)
  })
})
