import { createHash } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { InvariantError } from '../../sim/base/assert.ts'
import type { RequestId, UserId } from '../../sim/base/ids.ts'
import type { Micros } from '../../sim/base/time.ts'
import { TraceDigest } from '../../sim/trace/digest.ts'
import type { TraceRow } from '../../sim/trace/row.ts'
import { cellsOf, LAYOUTS } from '../../sim/trace/schema.ts'
import { arbitraryRows } from './a-row.ts'

function digestOf(rows: readonly TraceRow[]): string {
  const digest = new TraceDigest()
  for (const row of rows) digest.row(row)
  return digest.hex()
}

const firstToken = (at: number, request: number, attempt = 0): TraceRow => ({
  kind: 'first_token',
  at: at as Micros,
  request: request as RequestId,
  attempt,
})

const ended = (at: number, user: number): TraceRow => ({
  kind: 'user_ended',
  at: at as Micros,
  user: user as UserId,
  outcome: 'failed',
})
const refused = (row: object) => () => new TraceDigest().row(row as TraceRow)

describe('trace digest', () => {
  it('is SHA-256 over kind, time since the row before, and cells in LEB128', () => {
    // 300 = 0xAC 0x02, 200 - 0 = 0xC8 0x01.
    const kind = LAYOUTS.findIndex((layout) => layout.kind === 'first_token')
    const expected = createHash('sha256')
      .update(Uint8Array.of(kind, 0xc8, 0x01, 0xac, 0x02, 0, kind, 0, 1, 0))
      .digest('hex')
    expect(digestOf([firstToken(200, 300), firstToken(200, 1)])).toBe(expected)
  })

  it('writes a text once and then its number', () => {
    const bytes = [1, 5, 7, 0, 6, ...new TextEncoder().encode('failed'), 1, 0, 8, 0]
    expect(digestOf([ended(5, 7), ended(5, 8)])).toBe(createHash('sha256').update(Uint8Array.from(bytes)).digest('hex'))
  })

  it('of an empty run is that of no bytes', () => {
    expect(digestOf([])).toBe(createHash('sha256').digest('hex'))
  })

  it("is the same with the machine's own SHA-256", () => {
    fc.assert(
      fc.property(arbitraryRows, (rows) => {
        const digest = new TraceDigest(createHash('sha256'))
        for (const row of rows) digest.row(row)
        expect(digest.hex()).toBe(digestOf(rows))
      }),
    )
  })

  it('differs whenever one cell differs', () => {
    fc.assert(
      fc.property(arbitraryRows, fc.nat(), fc.nat(), (rows, whichRow, whichColumn) => {
        fc.pre(rows.length > 0)
        const index = whichRow % rows.length
        const names = Object.keys(rows[index]!).filter((name) => name !== 'kind' && name !== 'at')
        const name = names[whichColumn % names.length]!
        const cell = cellsOf(rows[index]!)[name]!
        const other = typeof cell === 'string' ? `${cell}!` : typeof cell === 'boolean' ? !cell : cell === 1 ? 2 : 1
        const changed = rows.map((row, i) => (i === index ? { ...row, [name]: other } : row))
        expect(digestOf(changed)).not.toBe(digestOf(rows))
      }),
    )
  })

  it('does not depend on where the buffer was flushed', () => {
    const long = 'x'.repeat(200_000)
    const rows: TraceRow[] = [{ kind: 'timeline', at: 0 as Micros, what: long }]
    const { index } = LAYOUTS.find(({ kind }) => kind === 'timeline')!
    const header = [index, 0, 0, 0xc0, 0x9a, 0x0c]
    const bytes = Uint8Array.from([...header, ...new TextEncoder().encode(long)])
    expect(digestOf(rows)).toBe(createHash('sha256').update(bytes).digest('hex'))
  })

  it('refuses a cell that does not fit its column, naming it', () => {
    expect(refused({ ...firstToken(0, 0), attempt: 1.5 })).toThrow('INV-6 first_token.attempt = 1.5')
    expect(refused({ ...firstToken(0, 0), attempt: -1 })).toThrow(InvariantError)
    expect(refused({ ...firstToken(0, 0), attempt: undefined })).toThrow('first_token.attempt = undefined')
    expect(refused({ ...firstToken(0, 0), at: 0.5 })).toThrow('first_token.at')
    expect(refused({ kind: 'timeline', at: 0, what: 3 })).toThrow('timeline.what')
    expect(refused({ kind: 'heartbeat', at: 0, provider: 0, status: 'idle', memoryPressure: Number.NaN })).toThrow(
      'heartbeat.memoryPressure = NaN',
    )
  })
})
