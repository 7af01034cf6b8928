/** Two policies, or two fleets, must face the same users: only then do their differences mean anything. */
import { describe, expect, it } from 'vitest'
import type { TraceRow, UserRequestRow } from '../../sim/trace/row.ts'
import { loadedFrom, runOf, SMALL } from './world.ts'

async function firstAttempts(document: object, policy: string, seed = 1): Promise<readonly UserRequestRow[]> {
  const seen: UserRequestRow[] = []
  const rows = (row: TraceRow): void => void (row.kind === 'user_request' && seen.push(row))
  await runOf(await loadedFrom(document), policy, { rows, seed })
  return seen
}

describe('first attempts of users', () => {
  it('do not change with the policy', async () => {
    expect(await firstAttempts(SMALL, 'pools-afe8135')).toEqual(await firstAttempts(SMALL, 'open'))
  })

  it('do not change when a Mac joins, the memory the OS takes is redrawn or a setting of the coordinator moves', async () => {
    const base = await firstAttempts(SMALL, 'open')
    const more = { ...SMALL, fleet: [...SMALL.fleet, { ...SMALL.fleet[0]!, count: 1 }] }
    expect(await firstAttempts(more, 'open')).toEqual(base)
    expect(await firstAttempts({ ...SMALL, mac: { os_memory: { apps_median: '8GiB' } } }, 'open')).toEqual(base)
    expect(await firstAttempts({ ...SMALL, coordinator: { MIN_DECODE_TPS: 0 } }, 'open')).toEqual(base)
  })

  it('change with the seed', async () => {
    expect(await firstAttempts(SMALL, 'open', 2)).not.toEqual(await firstAttempts(SMALL, 'open', 1))
  })
})
