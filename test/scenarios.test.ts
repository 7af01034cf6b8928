/**
 * Every scenario the project ships is good, and does what it says: here in one seed that shows it, in the slow tier over all of the
 * file's. The headline's ten seeds take minutes: slow/headline.test.ts, and so do the worlds: slow/worlds.test.ts.
 */
import { describe, expect, it } from 'vitest'
import { formatProblem } from '../sim/base/result.ts'
import { nodeFiles } from '../sim/cli/files/files.ts'
import { loadScenario } from '../sim/scenario/index.ts'
import { complaintsAbout, scenarioPaths, tellingSeed } from './shipped-scenarios.ts'
import { isSlowTier } from './tier.ts'

/** Elsewhere: incidents.test.ts and review/, so that threads share the work. */
const checked = scenarioPaths.filter(([name]) => !/^(?:headline|incidents|review|worlds)\//.test(name))

describe('shipped scenarios', () => {
  it.each(scenarioPaths)('%s is a good file that says what it asks', async (_, path) => {
    const loaded = await loadScenario(path, nodeFiles)
    expect(loaded.ok ? [] : loaded.error.map(formatProblem)).toEqual([])
    expect(loaded.ok && loaded.value.scenario.about).toMatch(/\w{3}/)
  })

  it.each(checked)('%s meets its expectations', async (name, path) => {
    expect(await complaintsAbout(path, isSlowTier ? undefined : tellingSeed(name))).toEqual([])
  })
})
