import { describe, expect, it } from 'vitest'
import { readTimestamp } from '../../../sim/base/calendar.ts'
import { zoneNamed } from '../../../sim/cli/files/time-zone.ts'

const HOUR = 3_600_000_000
const ahead = (zone: string, local: string): number => zoneNamed(zone)!(readTimestamp(local)!.local) / HOUR

describe('a zone', () => {
  it('is an offset, or a name whose clocks follow the season', () => {
    expect(ahead('+02:00', '2026-01-01 12:00')).toBe(2)
    expect(ahead('UTC', '2026-07-01 12:00')).toBe(0)
    expect(ahead('Europe/Berlin', '2026-01-01 12:00')).toBe(1)
    expect(ahead('Europe/Berlin', '2026-07-01 12:00')).toBe(2)
    expect(ahead('America/New_York', '2026-07-01 00:30')).toBe(-4)
    expect(ahead('Asia/Kolkata', '2026-07-01 00:30')).toBe(5.5)
    expect(zoneNamed('Mars/Base')).toBeUndefined()
  })

  it('changes at its own hour', () => {
    // 29 March 2026, from 02:00 to 03:00; 25 October, from 03:00 back to 02:00.
    expect(ahead('Europe/Berlin', '2026-03-29 01:59:59')).toBe(1)
    expect(ahead('Europe/Berlin', '2026-03-29 03:00:00')).toBe(2)
    expect(ahead('Europe/Berlin', '2026-10-25 01:59:59')).toBe(2)
    expect(ahead('Europe/Berlin', '2026-10-25 02:30:00')).toBe(2)
    expect(ahead('Europe/Berlin', '2026-10-25 03:00:00')).toBe(1)
  })
})
