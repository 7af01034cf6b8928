/**
 * Why the warm pool makes nearly all loads of a fleet with time to spare (docs/loads.md): the two rules it takes, in the
 * recorded answers of the real coordinator. It tells Macs to load that hold another build, and it raises the target of a
 * build whose warm Macs have nothing to do.
 */
import { describe, expect, it } from 'vitest'
import type { DecideDocument } from '../../../sim/coordinator/document/format.ts'
import { recordedStates } from '../recorded/recorded.ts'

interface RecordedLoad {
  /** The Mac held another build, resident and without work. */
  readonly displaces: boolean
  /** Warm Macs of the build there were, and none had a request. */
  readonly forIdle: boolean
}

function loadsOf({ machines, ticks = [] }: DecideDocument): RecordedLoad[] {
  return ticks.flatMap(({ plans }) =>
    plans.flatMap(({ build, warm, running, waiting, loads }) =>
      loads.map((place) => {
        const slots = machines[place]!.heartbeats.at(-1)?.capacity?.slots ?? []
        return {
          displaces: slots.some(({ model, state }) => model !== build && (state === 'idle' || state === 'running')),
          forIdle: warm > 0 && running === 0 && waiting === 0,
        }
      }),
    ),
  )
}

describe('the loads that the real warm pool planned', () => {
  const loads = (['states-rich', 'states-plain', 'states-wild'] as const)
    .flatMap((name) => recordedStates(name))
    .flatMap(loadsOf)

  it('go to Macs that hold another build in two cases of five', () => {
    expect(loads.length).toBe(190)
    expect(loads.filter(({ displaces }) => displaces).length).toBe(78)
  })

  it('are for a build whose warm Macs are all without work in two cases of five', () => {
    expect(loads.filter(({ forIdle }) => forIdle).length).toBe(74)
  })
})
