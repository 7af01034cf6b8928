/** The list of what changed what Macs hold: in order, by group, by the page, on the right Mac. */
import { describe, expect, it } from 'vitest'
import { fleetChanges } from '../../../../ui/data/fleet/fleet-changes.ts'
import { machineLabels } from '../../../../ui/data/fleet/machine-labels.ts'
import { aTrace, SECOND } from '../../a-trace.ts'

const index = aTrace([
  { kind: 'relabel', at: 1, provider: 1, from: '', to: 'oss', surface: 'heartbeat', request: -1 },
  { kind: 'load_started', at: 2, machine: 0, build: 'oss', cause: 'request' },
  { kind: 'timeline', at: 3, what: 'slow mac-1' },
  { kind: 'load_ended', at: 4, machine: 0, build: 'oss', ok: true, text: '', took: SECOND },
  // The second Mac comes back as a third provider.
  { kind: 'registered', at: 5, provider: 2, machine: 1, serial: 'mac-2', chip: 'M4 Max 40c' },
  { kind: 'relabel', at: 6, provider: 2, from: 'oss', to: 'gemma', surface: 'warm_pool', request: -1 },
])
const ALL = { kind: 'fleet_changes', from_us: 0, to_us: 100 * SECOND } as const

describe('changes of a fleet', () => {
  it('come in order of time, each with its Mac, whichever provider it was', () => {
    const { rows, total } = fleetChanges(index, ALL)
    expect(total).toBe(5)
    expect(rows.map(({ row, machine }) => [row.kind, machine])).toEqual([
      ['relabel', 1],
      ['load_started', 0],
      ['timeline', null],
      ['load_ended', 0],
      ['relabel', 1],
    ])
  })

  it('are counted by group in the window, whatever page or group is shown', () => {
    const page = fleetChanges(index, { ...ALL, group: 'loads', from_us: 3 * SECOND, limit: 1 })
    expect(page.counts).toMatchObject({ loads: 1, labels: 1, operator: 1, offers: 0 })
    expect(page.rows.map(({ row }) => row.kind)).toEqual(['load_ended'])
    expect(fleetChanges(index, { ...ALL, offset: 4 }).rows).toHaveLength(1)
  })

  it('of labels are one Mac’s', () => {
    const labels = machineLabels(index, { kind: 'machine_labels', machine: 1, from_us: 0, to_us: 100 * SECOND })
    expect(labels.map(({ to }) => to)).toEqual(['oss', 'gemma'])
    expect(machineLabels(index, { kind: 'machine_labels', machine: 0, from_us: 0, to_us: 100 * SECOND })).toEqual([])
  })
})
