import { describe, expect, it } from 'vitest'
import type { Micros } from '../../sim/base/time.ts'
import type { TraceRow } from '../../sim/trace/row.ts'
import { Trace } from '../../sim/trace/writer.ts'

const note = (at: number): TraceRow => ({ kind: 'timeline', at: at as Micros, what: 'x' })

describe('trace', () => {
  it('hands each row to every subscriber in the order they were given', () => {
    const heard: string[] = []
    const trace = new Trace([(row) => heard.push(`a${row.at}`), (row) => heard.push(`b${row.at}`)])
    trace.emit(note(1))
    trace.emit(note(1))
    expect(heard).toEqual(['a1', 'b1', 'a1', 'b1'])
    expect(trace.rows).toBe(2)
    expect(trace.at).toBe(1)
  })

  it('refuses a row from the past (INV-5)', () => {
    const trace = new Trace([])
    trace.emit(note(5))
    expect(() => trace.emit(note(4))).toThrow('INV-5')
    expect(() => trace.emit(note(Number.NaN))).toThrow('INV-5')
  })

  it('refuses rows after the run has ended (INV-5)', () => {
    const trace = new Trace([])
    trace.emit({ kind: 'run_ended', at: 5 as Micros, inFlight: 0 })
    expect(() => trace.emit(note(5))).toThrow('after run_ended')
  })
})
