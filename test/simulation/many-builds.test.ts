/** As many builds as a scenario may have: each counts where idle capacity is told, beyond the 32nd too. */
import { describe, expect, it } from 'vitest'
import { problems } from '../scenario/world.ts'
import { loadedFrom, runOf } from './world.ts'

const buildsOf = (count: number): readonly string[] => Array.from({ length: count }, (_, i) => `b${i}`)

/** Two Macs; the second has none but the last build. */
const scenarioOf = (builds: readonly string[]) => ({
  name: 'many',
  duration: '60s',
  models: builds.map((build) => ({ build, like: 'gpt-oss-20b' })),
  fleet: [
    { count: 1, machine: { chip: 'M4 Max 40c', memory: '128GB' }, advertises: builds },
    { id: 'last', machine: { chip: 'M4 Max 40c', memory: '128GB' }, advertises: [builds.at(-1)] },
  ],
  demand: [
    {
      requests: [0, 31, 32, builds.length - 1].map((i) => ({ at: '59s', model: builds[i], prompt: 10, output: 1 })),
      patience: { enabled: false },
    },
  ],
})

describe('idle capacity', () => {
  it('is told of every one of 52 builds', async () => {
    const builds = buildsOf(52)
    const { result } = await runOf(await loadedFrom(scenarioOf(builds)), 'open', { seed: 1, verify: true })
    const idle = (build: string): number => result.fragmentation[build]!.idle_capable_s
    expect(idle('b0')).toBeGreaterThan(50)
    for (const build of ['b31', 'b32']) expect(idle(build)).toBe(idle('b0'))
    expect(idle('b51')).toBeGreaterThan(idle('b0') + 50)
  })

  it('could not be told of a 53rd, which is refused', async () => {
    expect(await problems(JSON.stringify(scenarioOf(buildsOf(53))))).toEqual([
      expect.stringContaining('models must have at most 52 entries'),
    ])
  })
})
