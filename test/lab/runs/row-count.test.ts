/** Rows of the trace, counted for expectations. */
import { describe, expect, it } from 'vitest'
import { rowCounter } from '../../../sim/lab/runs/row-count.ts'
import type { TraceRow } from '../../../sim/trace/row.ts'

const row = (fields: object): TraceRow => ({ at: 0, ...fields }) as unknown as TraceRow
const registered = (provider: number, machine: number, serial: string): TraceRow =>
  row({ kind: 'registered', provider, machine, serial, chip: '', memory_gb: 64 })

describe('counting rows', () => {
  it('counts rows of a kind whose columns have the values', () => {
    const counter = rowCounter([
      { row: 'queued', where: { build: 'a' } },
      { row: 'queued', where: {} },
    ])
    for (const build of ['a', 'b', 'a']) counter.observe(row({ kind: 'queued', request: 1, build, depth: 1 }))
    expect(counter.counts()).toEqual([2, 3])
  })

  it('knows providers and machines by serial, also after a reconnect', () => {
    const counter = rowCounter([
      { row: 'desired_models', where: { provider: 'mac-a', alias: 'gemma' } },
      { row: 'unloaded', where: { machine: 'mac-a' } },
    ])
    counter.observe(registered(0, 0, 'mac-a'))
    counter.observe(registered(1, 1, 'mac-b'))
    counter.observe(registered(2, 0, 'mac-a'))
    for (const provider of [0, 1, 2])
      counter.observe(row({ kind: 'desired_models', provider, alias: 'gemma', desired: 'g' }))
    counter.observe(row({ kind: 'unloaded', machine: 0, build: 'g', why: 'evicted' }))
    expect(counter.counts()).toEqual([2, 1])
  })

  it('tells true from 1 and 1 from "1"', () => {
    const counter = rowCounter([
      { row: 'dispatched', where: { backup: true } },
      { row: 'dispatched', where: { attempt: 1 } },
      { row: 'dispatched', where: { attempt: '1' } },
    ])
    counter.observe(
      row({ kind: 'dispatched', request: 0, attempt: 1, provider: 0, build: 'a', slotState: 'idle', backup: true }),
    )
    expect(counter.counts()).toEqual([1, 1, 0])
  })
})
