/** A grid that nobody could run is counted before it is made. */
import { expect, it } from 'vitest'
import { formatProblem } from '../../../sim/base/result.ts'
import { runSweep } from '../../../sim/lab/compare/experiment.ts'
import { files, GOOD } from '../../scenario/world.ts'

it('refuses a grid of a million million runs at once, and says how many they are', async () => {
  const values = Array.from({ length: 1_000 }, (_, i) => `${i + 1}`)
  const paths = ['seed', 'fleet[0].count', 'max_model_slots', 'coordinator.QUEUE_SIZE']
  const swept = await runSweep(
    {
      scenario: 's.yaml',
      settings: [],
      policies: undefined,
      seeds: undefined,
      verify: false,
      metrics: [],
      axes: paths.map((path) => ({ path, values })),
    },
    {
      files: files({ 's.yaml': GOOD }),
      runner: { run: async () => expect.unreachable('a grid that was refused does not run') },
      resolvePolicy: async (name) => ({ ok: true, value: { kind: 'builtin', name } }),
    },
    { signal: new AbortController().signal, onProgress: () => {} },
  )
  expect(swept.ok ? [] : swept.error.map(formatProblem)).toEqual([
    'the grid has 1000000000000 runs; at most 10000 are taken',
  ])
})
