/** The incidents happen again in the lab, in the direction and the size that their files claim: here in one seed, in the slow tier in all. */
import { describe, expect, it } from 'vitest'
import { complaintsAbout, scenarioPaths, tellingSeed } from './shipped-scenarios.ts'
import { isSlowTier } from './tier.ts'

describe('incidents', () => {
  it.each(scenarioPaths.filter(([name]) => name.startsWith('incidents/')))(
    '%s meets its expectations',
    async (name, path) => expect(await complaintsAbout(path, isSlowTier ? undefined : tellingSeed(name))).toEqual([]),
  )
})
